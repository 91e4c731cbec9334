//! Whose key is whose: git's allowed signers, as ssh-keygen(1) describes the file under "ALLOWED SIGNERS"
//! (<https://man.openbsd.org/ssh-keygen#ALLOWED_SIGNERS>). Times must end in `Z`: a policy is the same in every time zone.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use ssh_key::PublicKey;
use ssh_key::public::KeyData;

use crate::error::{Error, Result};
use crate::model::proof::NAMESPACE;

/// The lines of the file.
#[derive(Clone, Debug, Default)]
pub struct AllowedSigners(Vec<Signer>);

/// One line: people and a key of theirs.
#[derive(Clone, Debug)]
struct Signer {
    principals: String,
    namespaces: Option<String>,
    valid_after: Option<Timestamp>,
    valid_before: Option<Timestamp>,
    key: KeyData,
}

impl AllowedSigners {
    /// Reads the file; `source` names it in errors.
    ///
    /// # Errors
    /// A usage error for the first line that is wrong.
    pub fn parse(text: &str, source: &str) -> Result<Self> {
        let mut signers = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let signer = Signer::parse(line)
                .map_err(|(message, help)| Error::usage(format!("{source}, line {}: {message}", index + 1), help))?;
            signers.push(signer);
        }
        Ok(Self(signers))
    }

    /// Whether nobody is listed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a key is this person's at each of these times. Otherwise why not, as the end of a sentence.
    pub fn allows(&self, person: &str, key: &KeyData, times: &[Timestamp]) -> Result<(), String> {
        let mut why = "is by a key that the policy does not list".to_owned();
        for signer in self.0.iter().filter(|signer| signer.key == *key) {
            match signer.refuses(person, times) {
                None => return Ok(()),
                Some(reason) => why = reason,
            }
        }
        Err(why)
    }

    /// Every name that a line with this one lists, this one included.
    pub fn names(&self, of: &str) -> Vec<String> {
        let mut names = vec![of.to_owned()];
        for signer in &self.0 {
            let listed: Vec<&str> = signer.principals.split(',').collect();
            if listed.iter().any(|name| name.eq_ignore_ascii_case(of)) {
                names.extend(listed.into_iter().map(str::to_owned));
            }
        }
        names.sort();
        names.dedup();
        names
    }
}

type Problem = (String, &'static str);

impl Signer {
    fn parse(line: &str) -> Result<Self, Problem> {
        let (principals, rest) = field(line);
        let (options, key) = match PublicKey::from_openssh(rest) {
            Ok(key) => (String::new(), Ok(key)),
            Err(_) => {
                let (options, key) = field(rest);
                (options, PublicKey::from_openssh(key))
            }
        };
        let key = key.map_err(|_| {
            let help = "write the names, the options and a public key: `ann ssh-ed25519 AAAA…`";
            ("there is no public key that can be read".to_owned(), help)
        })?;
        let mut signer = Self {
            principals: principals.replace('"', ""),
            namespaces: None,
            valid_after: None,
            valid_before: None,
            key: key.key_data().clone(),
        };
        for option in options_of(&options) {
            signer.set(option)?;
        }
        Ok(signer)
    }

    fn set(&mut self, option: &str) -> Result<(), Problem> {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "namespaces" => self.namespaces = Some(value.to_owned()),
            "valid-after" => self.valid_after = Some(time(value)?),
            "valid-before" => self.valid_before = Some(time(value)?),
            "cert-authority" => {
                let help = "list each person's own key; a certificate is not followed";
                return Err(("`cert-authority` is not supported".to_owned(), help));
            }
            _ => {
                let help = "ssh-keygen(1) knows `namespaces`, `valid-after` and `valid-before`";
                return Err((format!("there is no option `{name}`"), help));
            }
        }
        Ok(())
    }

    fn refuses(&self, person: &str, times: &[Timestamp]) -> Option<String> {
        if !matches(&self.principals, person) {
            return Some(format!("is by a key of {}", self.principals));
        }
        if self.namespaces.as_ref().is_some_and(|list| !matches(list, NAMESPACE)) {
            return Some(format!(
                "is by a key that the policy does not list for the namespace {NAMESPACE}"
            ));
        }
        if let Some(before) = self.valid_before.filter(|end| times.iter().any(|at| at >= end)) {
            return Some(format!("is by a key that expired at {before}"));
        }
        if let Some(after) = self.valid_after.filter(|start| times.iter().any(|at| at < start)) {
            return Some(format!("is by a key that is not valid before {after}"));
        }
        None
    }
}

/// The first field and the rest; white space in quotation marks is a part of the field.
fn field(line: &str) -> (String, &str) {
    let mut quoted = false;
    let end = line.find(|letter: char| {
        quoted ^= letter == '"';
        letter.is_whitespace() && !quoted
    });
    let (first, rest) = line.split_at(end.unwrap_or(line.len()));
    (first.to_owned(), rest.trim_start())
}

/// The options between commas; a comma in quotation marks is a part of the option.
fn options_of(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let options = text.split(move |letter: char| {
        quoted ^= letter == '"';
        letter == ',' && !quoted
    });
    options.filter(|option| !option.is_empty())
}

/// `YYYYMMDDZ`, `YYYYMMDDHHMMZ` or `YYYYMMDDHHMMSSZ`.
fn time(text: &str) -> Result<Timestamp, Problem> {
    let wrong = || {
        let help = "write it in UTC as 20261224Z, 202612241800Z or 20261224180000Z";
        (format!("`{text}` is no time"), help)
    };
    let digits = text.strip_suffix(['Z', 'z']).ok_or_else(wrong)?;
    let whole = match digits.len() {
        8 => format!("{digits}000000"),
        12 => format!("{digits}00"),
        14 => digits.to_owned(),
        _ => return Err(wrong()),
    };
    let civil = DateTime::strptime("%Y%m%d%H%M%S", &whole).map_err(|_| wrong())?;
    let zoned = TimeZone::UTC.to_timestamp(civil);
    zoned.map_err(|_| wrong())
}

/// Whether a list of patterns matches: one does, and none after a `!` does (ssh_config(5), "PATTERNS").
fn matches(list: &str, text: &str) -> bool {
    let mut found = false;
    for pattern in list.split(',').map(str::trim) {
        match pattern.strip_prefix('!') {
            Some(not) if matches_one(not.as_bytes(), text.as_bytes()) => return false,
            Some(_) => {}
            None => found |= matches_one(pattern.as_bytes(), text.as_bytes()),
        }
    }
    found
}

fn matches_one(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => (0..=text.len()).any(|skipped| matches_one(rest, &text[skipped..])),
        ([b'?', rest @ ..], [_, others @ ..]) => matches_one(rest, others),
        ([one, rest @ ..], [other, others @ ..]) => one == other && matches_one(rest, others),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    fn allows(line: &str, person: &str, at: &str) -> Result<(), String> {
        let signers = AllowedSigners::parse(line, "signers").unwrap();
        let key = PublicKey::from_openssh(KEY).unwrap();
        signers.allows(person, key.key_data(), &[at.parse().unwrap()])
    }

    #[test]
    fn lines_as_ssh_keygen_has_them() {
        let now = "2026-03-11T10:00:00Z";
        for (line, person, fits) in [
            (format!("ann {KEY}"), "ann", true),
            (format!("ann {KEY} a comment"), "ann", true),
            (format!("ann {KEY}"), "Ann", false),
            (format!("ann,ann@example.com {KEY}"), "ann@example.com", true),
            (format!("\"ann,bob\" {KEY}"), "bob", true),
            (format!("*@example.com,!bob@example.com {KEY}"), "ann@example.com", true),
            (
                format!("*@example.com,!bob@example.com {KEY}"),
                "bob@example.com",
                false,
            ),
            (format!("an? {KEY}"), "ann", true),
            (format!("ann namespaces=\"git,tidegate\" {KEY}"), "ann", true),
            (format!("ann namespaces=\"tide*\" {KEY}"), "ann", true),
            (format!("ann namespaces=\"git\" {KEY}"), "ann", false),
            (format!("ann valid-before=\"20260311100001Z\" {KEY}"), "ann", true),
            (format!("ann valid-before=\"202603111000Z\" {KEY}"), "ann", false),
            (format!("ann valid-after=\"20260311Z\" {KEY}"), "ann", true),
            (format!("ann valid-after=\"20260312Z\" {KEY}"), "ann", false),
            (
                format!("ann valid-after=\"20260311Z\",namespaces=\"git,file\" {KEY}"),
                "ann",
                false,
            ),
            (format!("# ann {KEY}\n\nbob {KEY}"), "ann", false),
            (format!("ann valid-before=\"20250101Z\" {KEY}\nann {KEY}"), "ann", true),
        ] {
            assert_eq!(allows(&line, person, now).is_ok(), fits, "{line} {person}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (line, said) in [
            ("ann".to_owned(), "no public key"),
            ("ann ssh-ed25519 AAAA".to_owned(), "no public key"),
            (format!("ann cert-authority {KEY}"), "`cert-authority` is not supported"),
            (format!("ann valid-before=\"20250101\" {KEY}"), "`20250101` is no time"),
            (format!("ann valid-before=\"20251301Z\" {KEY}"), "is no time"),
            (format!("ann touch {KEY}"), "no option `touch`"),
        ] {
            let text = format!("# people\n{line}\n");
            let error = AllowedSigners::parse(&text, "signers").unwrap_err().to_string();
            assert!(
                error.starts_with("signers, line 2: ") && error.contains(said),
                "{error}"
            );
        }
    }

    #[test]
    fn the_names_of_a_person() {
        let signers = AllowedSigners::parse(&format!("ann,ann@example.com {KEY}"), "signers").unwrap();
        assert_eq!(
            signers.names("Ann@example.com"),
            ["Ann@example.com", "ann", "ann@example.com"]
        );
        assert_eq!(signers.names("bob"), ["bob"]);
    }
}
