//! Every command has its page, every flag of its own is named there, and the examples are what the program prints.

use clap::{Arg, Command, CommandFactory as _};
use tidegate::cli::Cli;

use crate::common::project::Project;
use crate::common::{self, Run};

/// The page that a command is told on, where it shares one.
fn page(command: &str) -> &str {
    match command {
        "reject" => "approve",
        "thaw" => "freeze",
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
    let of_git = ["unshallow", "force-with-lease"];
    of_git.contains(&name)
        || name.chars().all(|letter| letter == '-')
        || command
            .get_arguments()
            .any(|argument| argument.get_long() == Some(name))
        || command.get_subcommands().any(|part| is_flag(part, name))
}

/// The state of the project that the examples of a page start from.
fn prepared(page: &str) -> Project {
    let project = Project::released();
    if page == "override" {
        let access = "gate.access = { override = ['user:release-manager-1'] }\ngate.approvals =";
        let text = std::fs::read_to_string(project.sandbox.work().join("tidegate.toml")).unwrap();
        let text = text.replace("gate.approvals =", access);
        project
            .sandbox
            .commit("chore: say who may", &[("tidegate.toml", &text)]);
        project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    }
    if page == "backport" {
        let sandbox = &project.sandbox;
        sandbox.commit("feat: a door", &[("door", "open\n")]);
        sandbox.git(&["push", "--quiet", "origin", "main", "main:release/1.4"]);
        sandbox.commit("fix: the door closes", &[("door", "closed\n")]);
        sandbox.git(&["push", "--quiet", "origin", "main"]);
        for (line, text) in [("1.3", "wide open\n"), ("1.2", "closed\n")] {
            sandbox.git(&["switch", "--quiet", "--create", line, "main~1"]);
            sandbox.commit("fix: another door", &[("door", text)]);
            sandbox.git(&["push", "--quiet", "origin", &format!("HEAD:release/{line}")]);
        }
        sandbox.git(&["switch", "--quiet", "main"]);
    }
    if ["rollback", "status", "ledger"].contains(&page) {
        project.run(0, &["promote", "dev"]);
    }
    if ["rollback", "status"].contains(&page) {
        project.release("1.5.0");
    }
    if page == "rollback" {
        project.run(0, &["promote", "dev"]);
    }
    project
}

/// The words of a command line; what stands in quotation marks is one.
fn arguments(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for (index, part) in line.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part);
        } else {
            words.extend(part.split_whitespace());
        }
    }
    words
}

/// A line whose times, digests, commits and blanks are all the same.
fn masked(line: &str) -> String {
    let mask = |word: &str| {
        let hexadecimal = word.len() >= 9 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hexadecimal { "HEX".to_owned() } else { word.to_owned() }
    };
    let words = line.split_whitespace().map(|word| {
        let bare = word.trim_end_matches([',', ';', ':']);
        if bare.parse::<jiff::Timestamp>().is_ok() {
            return "TIME".to_owned();
        }
        if word.contains("SHA256:") {
            return "KEY".to_owned();
        }
        let pieces = word.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric());
        let pieces = pieces.map(|piece| {
            let end = piece.trim_end_matches(|letter: char| !letter.is_ascii_alphanumeric());
            mask(end) + &piece[end.len()..]
        });
        pieces.collect()
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The commands of a page's console blocks with the lines that they print.
fn examples(text: &str) -> Vec<(&str, Vec<&str>)> {
    let mut examples: Vec<(&str, Vec<&str>)> = Vec::new();
    for block in text.split("```console\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            match line.strip_prefix("$ tidegate ") {
                Some(command) => examples.push((command, Vec::new())),
                None => examples.last_mut().unwrap().1.push(line),
            }
        }
    }
    examples
}

#[test]
fn the_examples_are_true() {
    let pages = [
        "backport", "gate", "promote", "rollback", "approve", "override", "lock", "status", "ledger", "config",
        "rehearse", "hotfix",
    ];
    for page in pages {
        let file = common::repository().join(format!("docs/commands/{page}.md"));
        let text = std::fs::read_to_string(&file).unwrap();
        let project = prepared(page);
        let examples = examples(&text);
        assert!(!examples.is_empty(), "{page} has an example");
        for (command, expected) in examples {
            let folder = match page {
                "rehearse" => common::repository(),
                _ => project.sandbox.work(),
            };
            let mut process = project.sandbox.tidegate_command(&folder, &arguments(command));
            let run = Run::of(process.output().unwrap());
            let said = format!("{}{}", run.stderr, run.stdout);
            let said = said.replace(
                project.health.url("dev").trim_end_matches("/dev"),
                "https://example.com",
            );
            let said: Vec<String> = said.lines().map(masked).filter(|line| !line.is_empty()).collect();
            let told: Vec<String> = expected.iter().map(|line| masked(line)).collect();
            if !told.contains(&"…".to_owned()) {
                assert_eq!(said, told, "{page}: tidegate {command}");
                continue;
            }
            let mut rest = said.iter();
            for line in told.iter().filter(|line| *line != "…") {
                assert!(rest.any(|found| found == line), "{page}: {line} is not in {said:#?}");
            }
        }
    }
}

/// What stands in `src/plan/gate` beside the rules.
const BESIDE_THE_RULES: [&str; 8] = [
    "entitled",
    "facts",
    "hotfix",
    "mod",
    "overrides",
    "rule",
    "verdict",
    "voices",
];

#[test]
fn every_rule_has_its_page_and_its_table_test_and_the_page_quotes_it() {
    let tests = common::repository().join("tests/integration");
    let gate = std::fs::read_to_string(common::repository().join("docs/commands/gate.md")).unwrap();
    let mut rules = 0;
    for file in common::files_under(&common::repository().join("src/plan/gate"), "rs") {
        let rule = file.file_stem().unwrap().to_str().unwrap();
        if BESIDE_THE_RULES.contains(&rule) {
            continue;
        }
        rules += 1;
        let snapshots: String = common::files_under(&tests, "snap")
            .iter()
            .map(|file| std::fs::read_to_string(file).unwrap())
            .filter(|text| text.contains(&format!(" {rule}: ")) && text.contains("\n-- "))
            .collect();
        for status in ["ok     ", "closed ", "unknown"] {
            let line = format!("  {status} {rule}: ");
            assert!(snapshots.contains(&line), "no table test of `{rule}` has {status}");
        }
        let page = common::repository().join(format!("docs/rules/{rule}.md"));
        let text = std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        assert!(
            text.starts_with(&format!("# The rule `{rule}`\n")),
            "{}",
            page.display()
        );
        assert!(
            gate.contains(&format!("(../rules/{rule}.md)")),
            "docs/commands/gate.md links to `{rule}`"
        );
        let (_, quoted) = text.split_once("```text\n").unwrap();
        let (quoted, _) = quoted.split_once("```").unwrap();
        for line in quoted.lines() {
            assert!(
                snapshots.lines().any(|said| said == line),
                "{rule}: `{line}` is in no table test"
            );
        }
    }
    assert!(rules >= 11, "{rules} rules were found");
}

#[test]
fn every_link_within_the_pages_leads_somewhere() {
    let mut links = 0;
    for file in common::files_under(&common::repository().join("docs"), "md") {
        let text = std::fs::read_to_string(&file).unwrap();
        // What stands as code is no link.
        let outside = |text: &str, mark: &str| text.split(mark).step_by(2).collect::<String>();
        let prose = outside(&outside(&text, "```"), "`");
        for after in prose.split("](").skip(1) {
            let (target, _) = after.split_once(')').unwrap();
            let path = target.split('#').next().unwrap();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            links += 1;
            assert!(
                file.parent().unwrap().join(path).exists(),
                "{target} in {}",
                file.display()
            );
        }
    }
    assert!(links > 20, "{links} links were found");
}
