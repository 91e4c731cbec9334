//! How prose looks: colours where they are wanted, and how much is logged.

use miette::{GraphicalReportHandler, GraphicalTheme};
use tracing_subscriber::EnvFilter;

/// Sets up colours and logging for the whole process; only the first call counts.
pub fn set_up(plain: bool, verbose: u8, filter: Option<&str>) {
    if plain {
        let handler = || GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_links(false);
        let _ = miette::set_hook(Box::new(move |_| Box::new(handler())));
    }
    let level = match verbose {
        0 => "warn",
        1 => "tidegate=info",
        _ => "tidegate=trace",
    };
    let filter = EnvFilter::try_new(filter.unwrap_or(level)).unwrap_or_else(|_| EnvFilter::new(level));
    let logging = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let _ = logging.with_ansi(false).without_time().try_init();
}
