//! Real keys for people: one each, made by ssh-keygen, and the file that says whose they are.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the keys of a sandbox are.
pub fn folder(sandbox: &Path) -> PathBuf {
    sandbox.join("keys")
}

/// Makes a key of that kind without a passphrase, unless it is there, and gives its public half.
pub fn make(sandbox: &Path, name: &str, kind: &[&str]) -> String {
    let file = folder(sandbox).join(name);
    if !file.exists() {
        std::fs::create_dir_all(folder(sandbox)).unwrap();
        let mut keygen = Command::new("ssh-keygen");
        keygen
            .args(["-q", "-N", "", "-C", "", "-t"])
            .args(kind)
            .arg("-f")
            .arg(&file);
        let output = keygen.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    std::fs::read_to_string(file.with_extension("pub"))
        .unwrap()
        .trim()
        .to_owned()
}

/// The allowed signers of these people, each with a key of their own.
pub fn allowed_signers(sandbox: &Path, people: &[&str]) -> String {
    let line = |person: &&str| format!("{person} {}\n", make(sandbox, person, &["ed25519"]));
    people.iter().map(line).collect()
}

/// git's settings, as variables (git-config(1), `GIT_CONFIG_COUNT`), that sign with a key.
pub fn signing_with(key: &str, format: &str) -> Vec<(&'static str, String)> {
    vec![
        ("GIT_CONFIG_COUNT", "2".to_owned()),
        ("GIT_CONFIG_KEY_0", "gpg.format".to_owned()),
        ("GIT_CONFIG_VALUE_0", format.to_owned()),
        ("GIT_CONFIG_KEY_1", "user.signingkey".to_owned()),
        ("GIT_CONFIG_VALUE_1", key.to_owned()),
    ]
}
