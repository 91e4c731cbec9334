//! A person's yes or no: written once, and again only when it changes or can be proven now.

use schemars::JsonSchema;
use serde::Serialize;

use super::gate::voices::Voice;
use crate::model::event::{EventBody, Word};
use crate::model::proof::Deed;
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

    /// What is done by saying it.
    pub fn deed(self) -> Deed {
        match self {
            Self::Approved => Deed::Approve,
            Self::Rejected => Deed::Reject,
        }
    }

    /// Whether a voice, as it is proven, says this already.
    pub fn is_said(self, voice: &Voice) -> bool {
        match self {
            Self::Approved => voice.is_yes(),
            Self::Rejected => voice.is_no(),
        }
    }
}

/// The step that writes the word.
pub fn speak(choice: Choice, word: Word) -> Step {
    let event = match choice {
        Choice::Approved => EventBody::Approved(word),
        Choice::Rejected => EventBody::Rejected(word),
    };
    let event = Box::new(event);
    Step::new(
        Action::Record { event },
        "a person's word counts once it is in the ledger, proven",
    )
}
