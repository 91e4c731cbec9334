//! The streams of the ledger: each event belongs to one, and each keeps the state that its events leave behind,
//! so that asking about one environment reads that environment's part alone.

use std::fmt;
use std::str::FromStr;

use super::name::{ComponentName, EnvironmentName};
use super::text::{ParseError, text_type};

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stream {
    /// A component: its tags, images and release branches.
    Component(ComponentName),
    /// A component in an environment: deployments, verifications, people's words.
    Environment(EnvironmentName, ComponentName),
    /// The lock of one environment.
    Lock(EnvironmentName),
    /// The lock of the whole ladder.
    Ladder,
    /// The branches that are frozen.
    Branches,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Component(component) => write!(f, "components/{component}"),
            Self::Environment(environment, component) => {
                write!(f, "environments/{environment}/{component}")
            }
            Self::Lock(environment) => write!(f, "locks/{environment}"),
            Self::Ladder => f.write_str("ladder"),
            Self::Branches => f.write_str("branches"),
        }
    }
}

impl FromStr for Stream {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let parts: Vec<&str> = text.split('/').collect();
        match parts.as_slice() {
            ["components", component] => Ok(Self::Component(component.parse()?)),
            ["environments", environment, component] => Ok(Self::Environment(environment.parse()?, component.parse()?)),
            ["locks", environment] => Ok(Self::Lock(environment.parse()?)),
            ["ladder"] => Ok(Self::Ladder),
            ["branches"] => Ok(Self::Branches),
            _ => Err(ParseError::new("stream of the ledger", text, "there is no such stream")),
        }
    }
}

text_type!(
    Stream,
    "Stream",
    "`components/NAME`, `environments/ENVIRONMENT/COMPONENT`, `locks/ENVIRONMENT`, `ladder` or `branches`."
);
