//! A person's yes or no: written once, and again only when it changes.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::actor::Actor;
use crate::model::event::{EventBody, Word};
use crate::model::state::{EnvironmentState, Said};
use crate::model::step::{Action, Step};

/// Yes or no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// Yes.
    Approved,
    /// No.
    Rejected,
}

impl Choice {
    /// The word itself.
    pub fn word(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    fn event(self, word: Word) -> EventBody {
        match self {
            Self::Approved => EventBody::Approved(word),
            Self::Rejected => EventBody::Rejected(word),
        }
    }
}

/// What a person says.
#[derive(Clone, Debug)]
pub struct Spoken<'a> {
    /// Who.
    pub by: &'a Actor,
    /// Yes or no.
    pub choice: Choice,
    /// About what.
    pub word: Word,
}

/// The step that writes the word, or none when this person's latest word on it says the same.
pub fn speak(state: &EnvironmentState, spoken: &Spoken<'_>) -> Vec<Step> {
    let word = &spoken.word;
    let same = |said: &Said| match spoken.choice {
        Choice::Approved => *said == Said::Approved,
        Choice::Rejected => *said == Said::Rejected,
    };
    let mut earlier = state.words.iter().rev();
    let last = earlier.find(|said| {
        let on_this = said.digest == word.digest && said.policy == word.policy;
        on_this && said.by == *spoken.by && !matches!(said.said, Said::Overridden { .. })
    });
    if last.is_some_and(|last| same(&last.said)) {
        return Vec::new();
    }
    let event = Box::new(spoken.choice.event(word.clone()));
    vec![Step::new(
        Action::Record { event },
        "a person's word counts once it is in the ledger",
    )]
}
