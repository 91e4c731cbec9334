//! What a long command says while it works: a line a step, with a spinner on a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::model::text::plain;

/// Hears what a command does.
pub trait Progress: Send + Sync {
    /// A step begins.
    fn begin(&self, what: &str);

    /// The step has ended like this; a line that stays.
    fn end(&self, line: &str);

    /// So many bytes of all have gone out.
    fn sent(&self, bytes: u64, of: u64);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str) {}

    fn end(&self, _: &str) {}

    fn sent(&self, _: u64, _: u64) {}
}

/// How often it is told how far a transfer is where no bar shows it.
const TELL: Duration = Duration::from_secs(5);

/// Writes to stderr: lines that stay, and on a terminal a spinner for the step under way and a bar for what is sent.
pub struct Lines {
    spinner: Mutex<ProgressBar>,
    transfer: Mutex<Option<Transfer>>,
}

/// What is being sent.
struct Transfer {
    bar: ProgressBar,
    told: Instant,
}

impl Transfer {
    fn begin(of: u64) -> Self {
        let bar = match std::io::stderr().is_terminal() {
            true => ProgressBar::new(of),
            false => ProgressBar::with_draw_target(Some(of), ProgressDrawTarget::hidden()),
        };
        let style = "{bytes} of {total_bytes} {wide_bar} {binary_bytes_per_sec}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        let told = Instant::now();
        Self { bar, told }
    }

    /// A line, when the last one is long ago.
    fn line(&mut self) -> Option<String> {
        if !self.bar.is_hidden() || self.told.elapsed() < TELL {
            return None;
        }
        self.told = Instant::now();
        let (sent, of) = (HumanBytes(self.bar.position()), HumanBytes(self.bar.length()?));
        let left = HumanDuration(self.bar.eta());
        // The rate has no unit of its own here.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rate = HumanBytes(self.bar.per_sec() as u64);
        Some(format!("sent {sent} of {of}, {rate}/s, {left} left"))
    }
}

impl Default for Lines {
    fn default() -> Self {
        let spinner = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new_spinner();
            bar.set_style(ProgressStyle::default_spinner());
            bar.enable_steady_tick(Duration::from_millis(80));
            bar
        } else {
            ProgressBar::hidden()
        };
        Self {
            spinner: Mutex::new(spinner),
            transfer: Mutex::default(),
        }
    }
}

impl Progress for Lines {
    fn begin(&self, what: &str) {
        if let Ok(spinner) = self.spinner.lock() {
            spinner.set_message(plain(what));
        }
    }

    fn end(&self, line: &str) {
        if let Ok(spinner) = self.spinner.lock() {
            spinner.suspend(|| {
                // Where nobody reads stderr any more there is nobody to tell.
                let _ = writeln!(std::io::stderr(), "{}", plain(line));
            });
        }
    }

    fn sent(&self, bytes: u64, of: u64) {
        let Ok(mut transfer) = self.transfer.lock() else { return };
        if bytes >= of {
            if let Some(ended) = transfer.take() {
                ended.bar.finish_and_clear();
            }
            return;
        }
        let transfer = transfer.get_or_insert_with(|| Transfer::begin(of));
        transfer.bar.set_position(bytes);
        let line = transfer.line();
        if let Some(line) = line {
            self.end(&line);
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if let Ok(spinner) = self.spinner.lock() {
            spinner.finish_and_clear();
        }
    }
}
