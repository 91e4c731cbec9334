//! Every command has its page, and every flag of its own is named there.

use clap::{Arg, Command, CommandFactory as _};
use tidegate::cli::Cli;

use crate::common;

/// The page that a command is told on, where it shares one.
fn page(command: &str) -> &str {
    match command {
        "reject" => "approve",
        "unlock" => "lock",
        other => other,
    }
}

fn flags(command: &Command) -> Vec<String> {
    let own = command.get_arguments().filter(|argument| !argument.is_global_set());
    let mut names: Vec<String> = own.filter_map(Arg::get_long).map(|long| format!("--{long}")).collect();
    names.extend(command.get_subcommands().flat_map(flags));
    names
}

#[test]
fn every_command_and_flag_has_its_page() {
    let mut cli = Cli::command();
    cli.build();
    let mut known = vec![];
    for command in cli.get_subcommands().filter(|command| command.get_name() != "help") {
        let name = page(command.get_name());
        let file = common::repository().join(format!("docs/commands/{name}.md"));
        let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        assert!(
            text.contains(&format!("`tidegate {}", command.get_name())),
            "{}",
            file.display()
        );
        for part in command.get_subcommands().filter(|part| part.get_name() != "help") {
            let call = format!("tidegate {} {}", command.get_name(), part.get_name());
            assert!(text.contains(&call), "{call} in {}", file.display());
        }
        for flag in flags(command) {
            let help = flag == "--help" || flag == "--version";
            assert!(
                help || text.contains(&format!("`{flag}")),
                "{flag} in {}",
                file.display()
            );
        }
        known.push(file);
    }
    for file in common::files_under(&common::repository().join("docs/commands"), "md") {
        assert!(known.contains(&file), "{} is about no command", file.display());
        let text = std::fs::read_to_string(&file).unwrap();
        let words = text.split(|letter: char| letter.is_whitespace() || "`|,;.()".contains(letter));
        for flag in words.filter(|word| word.starts_with("--")) {
            let name = flag.trim_start_matches("--").split('=').next().unwrap();
            assert!(
                is_flag(&cli, name),
                "{flag} in {} is no flag of tidegate",
                file.display()
            );
        }
    }
}

fn is_flag(command: &Command, name: &str) -> bool {
    // git's own, where a page tells what to do with git.
    let of_git = ["unshallow"];
    of_git.contains(&name)
        || name.chars().all(|letter| letter == '-')
        || command
            .get_arguments()
            .any(|argument| argument.get_long() == Some(name))
        || command.get_subcommands().any(|part| is_flag(part, name))
}
