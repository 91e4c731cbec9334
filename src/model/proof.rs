//! What proves who said something: a statement of everything that was said, and a signature over it, or the run it was
//! said in. A name beside a word proves nothing.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::actor::Actor;
use super::digest::Digest;
use super::name::{CommitId, ComponentName, EnvironmentName};
use super::version::Version;

/// The version of the statement's format.
pub const STATEMENT_SCHEMA: &str = "tidegate.statement/1";

/// The namespace of SSH signatures: one made for another purpose says nothing here
/// (<https://github.com/openssh/openssh-portable/blob/master/PROTOCOL.sshsig>).
pub const NAMESPACE: &str = "tidegate";

/// What a person does that needs a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Says yes.
    Approve,
    /// Says no.
    Reject,
    /// Sets rules aside.
    Override,
    /// Promotes.
    Promote,
    /// Takes a lock away, or lets a digest in again that failed.
    Unlock,
    /// Takes a no for every environment back.
    Withdraw,
    /// Opens a hotfix.
    Hotfix,
}

impl Deed {
    /// The word for it: that of its command.
    pub fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Override => "override",
            Self::Promote => "promote",
            Self::Unlock => "unlock",
            Self::Withdraw => "withdraw",
            Self::Hotfix => "hotfix",
        }
    }
}

/// What a deed is about. Two are the same subject when every part is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The project: `OWNER/NAME` where the repository is on GitHub, else the project's name.
    pub project: String,
    /// The environment; absent for the whole ladder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentName>,
    /// The component; absent where it is about none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<ComponentName>,
    /// The release, by digest; absent where it is about none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// The digest of the policy that was in force; absent for the whole ladder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Digest>,
    /// The lock, by its number; absent where it is about none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<u64>,
    /// The hotfix, by the version that it is to become; absent where it is about none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hotfix: Option<Version>,
    /// The commit that the hotfix starts at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
}

impl Subject {
    /// A project, and nothing in particular of it.
    pub fn of(project: &str) -> Self {
        Self {
            project: project.to_owned(),
            environment: None,
            component: None,
            digest: None,
            policy: None,
            lock: None,
            hotfix: None,
            commit: None,
        }
    }
}

/// Everything that a person says, as it is signed: JSON without white space, its keys in this order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    /// `tidegate.statement/1`.
    pub schema: String,
    /// What is done.
    pub deed: Deed,
    /// About what.
    pub subject: Subject,
    /// The rules that are set aside; for an override alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// When an override ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub until: Option<Timestamp>,
    /// Who.
    pub by: Actor,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Statement {
    /// A statement without rules, end or reason.
    pub fn new(deed: Deed, subject: Subject, by: Actor, at: Timestamp) -> Self {
        Self {
            schema: STATEMENT_SCHEMA.to_owned(),
            deed,
            subject,
            rules: Vec::new(),
            until: None,
            by,
            at,
            reason: None,
        }
    }

    /// The text that is signed.
    pub fn text(&self) -> String {
        // Texts, times and lists of texts: writing them cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The words that the title of a run must hold to prove this statement.
    pub fn title(&self) -> String {
        let subject = &self.subject;
        if let (Some(version), Some(component)) = (&subject.hotfix, &subject.component) {
            return format!("{} {component} {version}", self.deed.word());
        }
        let environment = subject.environment.as_ref().map_or("--all", EnvironmentName::as_str);
        let mut words = vec![self.deed.word().to_owned(), environment.to_owned()];
        words.extend(subject.digest.as_ref().map(ToString::to_string));
        words.extend(subject.lock.map(|lock| lock.to_string()));
        if !self.rules.is_empty() {
            words.push(self.rules.join(","));
        }
        words.extend(self.until.map(|until| until.to_string()));
        words.join(" ")
    }
}

/// A proof that stands beside a word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "by", rename_all = "kebab-case")]
pub enum Proof {
    /// An SSH signature.
    Ssh(Signed),
    /// An OpenPGP signature.
    Gpg(Signed),
    /// A workflow run, whose record the forge keeps.
    Run {
        /// Its number.
        run: String,
        /// The attempt, counted from 1: each has a record of its own, which a later one does not change.
        attempt: u32,
    },
}

/// A signed text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Signed {
    /// The text: a statement.
    pub statement: String,
    /// The detached signature over it, armored.
    pub signature: String,
}

impl Proof {
    /// The statement that was signed, where it can be read.
    pub fn statement(&self) -> Option<Statement> {
        match self {
            Self::Ssh(signed) | Self::Gpg(signed) => serde_json::from_str(&signed.statement).ok(),
            Self::Run { .. } => None,
        }
    }
}

/// Whether it is proven who said something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "standing", rename_all = "kebab-case")]
pub enum Standing {
    /// It is.
    Proven {
        /// By what, such as `key SHA256:…`.
        how: String,
    },
    /// It is not.
    Unproven {
        /// Why not.
        why: String,
    },
    /// It could not be found out.
    Unknown {
        /// Why not.
        why: String,
    },
}

impl Standing {
    /// It is not proven, for this reason.
    pub fn unproven(why: impl Into<String>) -> Self {
        Self::Unproven { why: why.into() }
    }
}
