//! Keys: their files are beside the configuration, and fingerprints are whole.

use super::Checker;
use crate::config::document::Path;

impl Checker<'_> {
    pub(super) fn identity(&mut self) {
        let at = Path::of(&["identity"]);
        let identity = &self.file.identity;
        for (key, file) in [
            ("allowed-signers", &identity.allowed_signers),
            ("gpg-keyring", &identity.gpg_keyring),
        ] {
            let Some(file) = file else { continue };
            let leaves = file.is_empty() || file.starts_with('/') || file.split('/').any(|part| part == "..");
            if leaves {
                let message = format!("`{file}` is no path from this file's folder downwards");
                let help = "the keys are read at the commit of the policy: keep them in the repository, beside it";
                self.find(&at.key(key), message, help, "here");
            }
        }
        if identity.gpg.is_empty() == identity.gpg_keyring.is_some() {
            let (key, help) = match identity.gpg_keyring {
                Some(_) => (
                    "gpg-keyring",
                    "say whose they are: gpg = { \"NAME\" = [\"FINGERPRINT\"] }",
                ),
                None => ("gpg", "name the file that holds the keys: gpg-keyring = \"keys.asc\""),
            };
            self.find(
                &at.key(key),
                "keys and people belong together".to_owned(),
                help,
                "alone",
            );
        }
        for (name, prints) in &identity.gpg {
            for (index, print) in prints.iter().enumerate() {
                let digits = print.replace(' ', "");
                let whole = [40, 64].contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
                if !whole {
                    let message = format!("`{print}` is no fingerprint");
                    let help =
                        "write all 40 hexadecimal digits that `gpg --fingerprint` shows; a shorter one can be forged";
                    self.find(&at.key("gpg").key(name).index(index), message, help, "here");
                }
            }
        }
        for (name, team) in &self.file.team {
            let Some(slug) = &team.github else { continue };
            let parts: Vec<&str> = slug.split('/').collect();
            if parts.len() != 2 || parts.iter().any(|part| part.is_empty()) {
                let message = format!("`{slug}` is no team of an organisation");
                let path = Path::of(&["team", name, "github"]);
                self.find(&path, message, "write it as ORGANISATION/SLUG", "here");
            }
        }
    }
}
