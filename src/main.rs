//! Parse, run, exit.

fn main() {
    use clap::Parser as _;
    let _ = tidegate::cli::Cli::parse();
}
