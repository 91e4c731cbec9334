//! What a long command says while it works: a line a step, with a spinner on a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::model::text::plain;

/// Hears what a command does.
pub trait Progress: Send + Sync {
    /// A step begins.
    fn begin(&self, what: &str);

    /// The step has ended like this; a line that stays.
    fn end(&self, line: &str);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: &str) {}

    fn end(&self, _: &str) {}
}

/// Writes to stderr: lines that stay, and on a terminal a spinner for the step under way.
pub struct Lines {
    spinner: Mutex<ProgressBar>,
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
}

impl Drop for Lines {
    fn drop(&mut self) {
        if let Ok(spinner) = self.spinner.lock() {
            spinner.finish_and_clear();
        }
    }
}
