//! The house rules that a test can hold: decisions stay pure.

use std::path::Path;

use crate::common;

/// What a decision must not reach for: adapters, ports, runtimes, clocks, the environment, files, the network.
const FORBIDDEN: [&str; 17] = [
    "crate::adapters",
    "crate::apply",
    "crate::commands",
    "crate::context",
    "crate::report",
    "tokio",
    "async ",
    "git2",
    "reqwest",
    "hyper",
    "Timestamp::now",
    "Zoned::now",
    "SystemTime",
    "Instant",
    "std::env",
    "std::fs",
    "std::process",
];

#[test]
fn plan_and_model_are_pure() {
    let mut read = 0;
    for folder in ["src/plan", "src/model"] {
        for file in common::files_under(&common::repository().join(folder), "rs") {
            let text = std::fs::read_to_string(&file).unwrap();
            read += 1;
            for (number, line) in text.lines().enumerate() {
                let code = line.split("//").next().unwrap();
                for word in FORBIDDEN {
                    assert!(
                        !code.contains(word),
                        "{}:{}: `{word}` does not belong here",
                        file.display(),
                        number + 1
                    );
                }
            }
        }
    }
    assert!(read > 15, "the folders were found");
}

#[test]
fn only_main_and_report_write_to_the_terminal() {
    for file in common::files_under(&common::repository().join("src"), "rs") {
        let inside = |folder: &str| file.starts_with(common::repository().join(folder));
        if inside("src/report") || inside("src/main.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        for word in ["println!", "eprintln!", "print!(", "io::stdout", "io::stderr"] {
            assert!(
                !text.contains(word),
                "{}: `{word}` belongs into report/",
                file.display()
            );
        }
    }
}

#[test]
fn time_zones_are_bundled() {
    // Each of these asks the machine's own table where jiff is built to look there.
    let words = [
        "TimeZone::get",
        "TimeZone::system",
        ".in_tz(",
        "tz::db()",
        "from_env(",
        "Zoned::now",
    ];
    for file in common::files_under(&common::repository().join("src"), "rs") {
        let text = std::fs::read_to_string(&file).unwrap();
        for word in words {
            assert!(
                !text.contains(word),
                "{}: `{word}`; read a zone as `model::window::Zone`",
                file.display()
            );
        }
    }
    let window = std::fs::read_to_string(common::repository().join("src/model/window.rs")).unwrap();
    assert!(window.contains("TimeZoneDatabase::bundled()"));
}

#[test]
fn rooms_are_small() {
    for file in common::files_under(&common::repository().join("src"), "rs") {
        let lines = std::fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 400, "{} has {lines} lines; split it by 400", file.display());
        let first = std::fs::read_to_string(&file).unwrap();
        assert!(
            first.starts_with("//! "),
            "{} does not say why it exists",
            file.display()
        );
    }
    assert!(Path::new(&common::repository().join("src/main.rs")).exists());
}
