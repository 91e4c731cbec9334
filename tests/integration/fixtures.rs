//! The fixtures: their files are well-formed, their images are what the script makes, and `docs/seeds.md` knows every
//! environment of theirs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::de::DeserializeOwned;
use tidegate::config::scenario::Scenario;
use tidegate::config::schema::File;

use crate::common;

const FIXTURES: [&str; 5] = ["churnistic", "empacts", "pcw", "quckchat", "quikapp"];

/// Text with each `${NAME:-default}` replaced by its default.
fn with_defaults(text: &str) -> String {
    let mut parts = text.split("${");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (variable, rest) = part.split_once('}').unwrap();
        let (_, default) = variable.split_once(":-").unwrap();
        whole.push_str(default);
        whole.push_str(rest);
    }
    whole
}

fn read<T: DeserializeOwned>(file: &Path) -> T {
    let text = with_defaults(&std::fs::read_to_string(file).unwrap());
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn config(name: &str) -> File {
    read(&common::fixture(name).join("tidegate.toml"))
}

fn scenario(name: &str) -> Scenario {
    read(&common::fixture(name).join("rehearsal.toml"))
}

/// Runs a program and gives what it printed.
fn output(command: &mut Command) -> String {
    let run = common::Run::of(command.output().unwrap());
    assert_eq!(run.code, 0, "{command:?}: {}{}", run.stdout, run.stderr);
    run.stdout
}

/// Every file under a folder, by its path in it.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn every_fixture_is_there_and_reads() {
    for name in FIXTURES {
        let file = config(name);
        assert_eq!(file.project.name, name);
        let scenario = scenario(name);
        assert_eq!(
            scenario.release.len(),
            3,
            "{name}: one that goes through, one that fails, one that mends it"
        );
        assert!(scenario.release[0].fault.is_none() && scenario.release[2].fault.is_none());
        let fault = scenario.release[1].fault.as_ref().unwrap();
        assert!(
            file.environment.contains_key(&fault.environment),
            "{name}: {}",
            fault.environment
        );
        for release in &scenario.release {
            let layout = common::fixture(name)
                .join(release.image.as_ref().unwrap())
                .join("oci-layout");
            assert!(layout.is_file(), "{}", layout.display());
        }
    }
}
