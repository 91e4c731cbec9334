//! Parse, run, exit.

use std::process::ExitCode;

use clap::ColorChoice;
use tidegate::cli::Cli;
use tidegate::commands::dispatch;
use tidegate::env_vars::Environment;

fn main() -> ExitCode {
    // A provider that is there already is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = Cli::read();
    let environment = Environment::read();
    let plain =
        cli.global.color == ColorChoice::Never || (cli.global.color == ColorChoice::Auto && environment.no_color);
    tidegate::report::style::set_up(plain, cli.global.verbose, environment.log.as_deref());
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        return ExitCode::FAILURE;
    };
    let code = runtime.block_on(dispatch::run(&cli, &environment));
    // What still waits, such as for a lock of another program, waits for nobody any more.
    runtime.shutdown_background();
    code.into()
}
