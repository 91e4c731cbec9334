//! OpenPGP signatures, checked by the `gpg` program in a home of its own that holds the policy's keys and nothing else, so
//! that no key or trust of this machine counts.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use tokio::process::Command;

use crate::model::proof::{Signed, Standing};

/// The keys of a policy and whose they are.
#[derive(Clone, Debug)]
pub struct Keyring {
    /// The public keys, armored.
    pub keys: Vec<u8>,
    /// The fingerprints of each person's keys: hexadecimal digits; blanks and case do not matter.
    pub people: BTreeMap<String, Vec<String>>,
}

impl Keyring {
    /// Whether a signature is good and by a key of this person's, which is neither expired nor revoked.
    pub async fn check(&self, person: &str, signed: &Signed) -> Standing {
        match self.status(signed).await {
            Ok(status) => judge(&status, self.people.get(person).map(Vec::as_slice).unwrap_or_default()),
            Err(why) => Standing::Unknown { why },
        }
    }

    /// What gpg says in its status lines (<https://github.com/gpg/gnupg/blob/master/doc/DETAILS>).
    async fn status(&self, signed: &Signed) -> Result<String, String> {
        let home = tempfile::tempdir().map_err(|error| error.to_string())?;
        let file = |name: &str| home.path().join(name);
        for (name, content) in [
            ("keys.asc", self.keys.as_slice()),
            ("statement", signed.statement.as_bytes()),
            ("signature.asc", signed.signature.as_bytes()),
        ] {
            std::fs::write(file(name), content).map_err(|error| error.to_string())?;
        }
        let keys = file("keys.asc").display().to_string();
        let imported = gpg(home.path(), &["--import", &keys]).await?;
        if !imported.status.success() {
            return Err(format!(
                "the policy's keyring cannot be read: {}",
                String::from_utf8_lossy(&imported.stderr).trim()
            ));
        }
        let (signature, statement) = (file("signature.asc"), file("statement"));
        let (signature, statement) = (signature.display().to_string(), statement.display().to_string());
        // A bad signature is an answer as well.
        let verified = gpg(home.path(), &["--status-fd", "1", "--verify", &signature, &statement]).await?;
        Ok(String::from_utf8_lossy(&verified.stdout).into_owned())
    }
}

async fn gpg(home: &Path, arguments: &[&str]) -> Result<Output, String> {
    let mut command = Command::new("gpg");
    command
        .arg("--homedir")
        .arg(home)
        .args(["--batch", "--no-tty", "--no-autostart", "--no-auto-key-locate"])
        .args(arguments)
        .kill_on_drop(true);
    let output = command.output().await;
    output.map_err(|error| format!("the program `gpg` cannot be run: {error}"))
}

fn judge(status: &str, listed: &[String]) -> Standing {
    let lines = || status.lines().filter_map(|line| line.strip_prefix("[GNUPG:] "));
    let has = |word: &str| lines().any(|line| line.split(' ').next() == Some(word));
    for (word, why) in [
        ("EXPKEYSIG", "the signature is by a key that expired"),
        ("EXPSIG", "the signature expired"),
        ("REVKEYSIG", "the signature is by a key that was revoked"),
        ("BADSIG", "the signature does not fit what was said"),
        ("NO_PUBKEY", "the signature is by a key that the policy does not list"),
    ] {
        if has(word) {
            return Standing::unproven(why);
        }
    }
    let valid = lines().find_map(|line| line.strip_prefix("VALIDSIG "));
    let Some(valid) = valid.filter(|_| has("GOODSIG")) else {
        return Standing::unproven("the signature cannot be read");
    };
    let bare = |text: &str| text.replace(' ', "").to_ascii_uppercase();
    let fields: Vec<&str> = valid.split(' ').collect();
    // The key that signed, and the one that it belongs to.
    let made = [fields.first(), fields.get(9)];
    let found = made
        .into_iter()
        .flatten()
        .find(|key| listed.iter().any(|one| bare(one) == **key));
    match found {
        Some(key) => Standing::Proven {
            how: format!("key {key}"),
        },
        None => Standing::unproven("the signature is by a key that the policy does not list for this person"),
    }
}
