//! What a long command says while it works: a line a step, with a spinner on a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressStyle};

use crate::model::text::plain;

/// Hears what a command does.
pub trait Progress: Send + Sync {
    /// A step begins.
    fn begin(&self, what: &str);

    /// No step is under way any more.
    fn done(&self);

    /// A line that stays.
    fn end(&self, line: &str);

    /// So many bytes of all have gone out.
    fn sent(&self, bytes: u64, of: u64);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str) {}

    fn done(&self) {}

    fn end(&self, _: &str) {}

    fn sent(&self, _: u64, _: u64) {}
}

/// How often it is told how far a transfer is where no bar shows it.
const TELL: Duration = Duration::from_secs(5);

/// Writes to stderr: lines that stay, and on a terminal a spinner for the step under way, or a bar for what is sent.
#[derive(Default)]
pub struct Lines(Mutex<Shown>);

/// What is shown of what is under way.
#[derive(Default)]
enum Shown {
    #[default]
    Nothing,
    Step(ProgressBar),
    Transfer {
        bar: ProgressBar,
        told: Instant,
    },
}

impl Shown {
    fn bar(&self) -> Option<&ProgressBar> {
        match self {
            Self::Nothing => None,
            Self::Step(bar) | Self::Transfer { bar, .. } => Some(bar),
        }
    }

    fn clear(&mut self) {
        if let Some(bar) = self.bar() {
            bar.finish_and_clear();
        }
        *self = Self::Nothing;
    }

    fn step(&mut self, what: &str) {
        match self {
            // What is sent says more than the steps that send it.
            Self::Transfer { .. } => {}
            Self::Step(bar) => bar.set_message(what.to_owned()),
            Self::Nothing => {
                let bar = ProgressBar::new_spinner().with_message(what.to_owned());
                bar.enable_steady_tick(Duration::from_millis(80));
                *self = Self::Step(bar);
            }
        }
    }

    /// Shows how much is sent; gives a line where no bar shows it and the last one is long ago.
    fn sent(&mut self, bytes: u64, of: u64) -> Option<String> {
        if !matches!(self, Self::Transfer { .. }) {
            self.clear();
            let bar = ProgressBar::new(of);
            let style = "{bytes} of {total_bytes} {wide_bar} {binary_bytes_per_sec}, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(style) {
                bar.set_style(style);
            }
            let told = Instant::now();
            *self = Self::Transfer { bar, told };
        }
        let Self::Transfer { bar, told } = self else {
            return None;
        };
        bar.set_position(bytes);
        if !bar.is_hidden() || told.elapsed() < TELL {
            return None;
        }
        *told = Instant::now();
        let rate = bytes / bar.elapsed().as_secs().max(1);
        let left = HumanDuration(Duration::from_secs(of.saturating_sub(bytes) / rate.max(1)));
        let (bytes, of, rate) = (HumanBytes(bytes), HumanBytes(of), HumanBytes(rate));
        Some(format!("sent {bytes} of {of}, {rate}/s, {left} left"))
    }
}

impl Progress for Lines {
    fn begin(&self, what: &str) {
        if std::io::stderr().is_terminal()
            && let Ok(mut shown) = self.0.lock()
        {
            shown.step(&plain(what));
        }
    }

    fn done(&self) {
        if let Ok(mut shown) = self.0.lock()
            && matches!(*shown, Shown::Step(_))
        {
            shown.clear();
        }
    }

    fn end(&self, line: &str) {
        let write = || {
            // Where nobody reads stderr any more there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "{}", plain(line));
        };
        let shown = self.0.lock();
        match shown.as_ref().ok().and_then(|shown| shown.bar()) {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn sent(&self, bytes: u64, of: u64) {
        let Ok(mut shown) = self.0.lock() else { return };
        if bytes >= of {
            shown.clear();
            return;
        }
        let line = shown.sent(bytes, of);
        drop(shown);
        if let Some(line) = line {
            self.end(&line);
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        if let Ok(mut shown) = self.0.lock() {
            shown.clear();
        }
    }
}
