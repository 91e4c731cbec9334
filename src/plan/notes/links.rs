//! Where a change, a comparison and a person are found on GitHub or a GitHub Enterprise server.

use crate::model::commit::Person;
use crate::model::name::CommitId;

/// A repository on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Links {
    /// The server, such as `https://github.com`.
    pub server: String,
    /// The repository, such as `owner/name`.
    pub repository: String,
}

impl Links {
    fn page(&self, rest: &str) -> String {
        let server = self.server.trim_end_matches('/');
        format!("{}/{}/{rest}", encoded(server), encoded(&self.repository))
    }

    /// The page of a commit.
    pub fn commit(&self, commit: &CommitId) -> String {
        self.page(&format!("commit/{commit}"))
    }

    /// The page of a pull request.
    pub fn pull_request(&self, number: u64) -> String {
        self.page(&format!("pull/{number}"))
    }

    /// What lies between two tags; without a first one, all that leads to the second.
    pub fn compare(&self, previous: Option<&str>, tag: &str) -> String {
        match previous {
            Some(previous) => self.page(&format!("compare/{}...{}", encoded(previous), encoded(tag))),
            None => self.page(&format!("commits/{}", encoded(tag))),
        }
    }

    /// The page of a release.
    pub fn release(&self, tag: &str) -> String {
        self.page(&format!("releases/tag/{}", encoded(tag)))
    }

    /// A person's page.
    pub fn profile(&self, login: &str) -> String {
        let server = encoded(self.server.trim_end_matches('/'));
        match login.strip_suffix("[bot]") {
            Some(app) => format!("{server}/apps/{app}"),
            None => format!("{server}/{login}"),
        }
    }

    /// The login that GitHub wrote into a person's address: `1234+login@users.noreply.github.com`, or without the number
    /// as it was until 2017. A GitHub Enterprise server has its own name there.
    pub fn login<'a>(&self, person: &'a Person) -> Option<&'a str> {
        let host = self
            .server
            .split_once("://")
            .map_or(self.server.as_str(), |(_, host)| host);
        let (local, domain) = person.email.split_once('@')?;
        let domain = domain.strip_prefix("users.noreply.")?;
        if !domain.eq_ignore_ascii_case(host.trim_end_matches('/')) {
            return None;
        }
        let login = local.split_once('+').map_or(local, |(_, login)| login);
        let name = login.strip_suffix("[bot]").unwrap_or(login);
        let fits = name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        (fits && (1..=39).contains(&name.len())).then_some(login)
    }
}

/// A part of an address, slashes included: nothing in it can end a Markdown link or start a query.
pub(crate) fn encoded(text: &str) -> String {
    let mut address = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b':' => {
                address.push(byte.into())
            }
            other => address.push_str(&format!("%{other:02X}")),
        }
    }
    address
}
