//! What each person says in the end. Of each source the latest word counts, and a no from any source is a no. What is not
//! proven counts nowhere; what could not be checked counts as everything that it could be.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::model::heard::{Answer, Heard};
use crate::model::policy::WordSource;
use crate::model::proof::Standing;

/// What a person says in the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Voice {
    /// Of each source, the answers that the last word could be; nothing said is `None`.
    last: BTreeMap<WordSource, BTreeSet<Option<Answer>>>,
    /// When the latest proven word of the ledger was said.
    pub latest: Option<Timestamp>,
    /// When the latest word of the ledger that could not be checked was said.
    unchecked: Option<Timestamp>,
    /// What proves the yes or no, such as `key SHA256:…`.
    pub how: Option<String>,
    /// Why words do not count, or could not be checked.
    pub asides: Vec<String>,
}

impl Voice {
    /// Whether it is a no for certain.
    pub fn is_no(&self) -> bool {
        self.any(|answers| answers.len() == 1 && answers.contains(&Some(Answer::No)))
    }

    /// Whether it could be a no.
    pub fn can_be_no(&self) -> bool {
        self.any(|answers| answers.contains(&Some(Answer::No)))
    }

    /// Whether it is a yes for certain.
    pub fn is_yes(&self) -> bool {
        !self.can_be_no() && self.any(|answers| answers.len() == 1 && answers.contains(&Some(Answer::Yes)))
    }

    /// Whether it could be a yes.
    pub fn can_be_yes(&self) -> bool {
        self.any(|answers| answers.contains(&Some(Answer::Yes)))
    }

    fn any(&self, holds: impl Fn(&BTreeSet<Option<Answer>>) -> bool) -> bool {
        self.last.values().any(holds)
    }

    fn hear(&mut self, word: &Heard) {
        let how = match &word.standing {
            Standing::Unproven { why } => {
                self.asides.push(why.clone());
                return;
            }
            Standing::Unknown { why } => {
                self.asides.push(why.clone());
                None
            }
            Standing::Proven { how } => Some(how),
        };
        if word.source == WordSource::Ledger {
            if let Some(latest) = self.latest.filter(|latest| word.at <= *latest) {
                let why = format!("a word of {} is no newer than the one of {latest}", word.at);
                self.asides.push(why);
                return;
            }
            match how {
                Some(_) => self.latest = Some(word.at),
                None => self.unchecked = self.unchecked.max(Some(word.at)),
            }
        }
        let outlives = word.source != WordSource::Ledger || self.unchecked.is_none_or(|other| other < word.at);
        let answers = self.last.entry(word.source).or_insert_with(|| BTreeSet::from([None]));
        if let Some(how) = how {
            if outlives {
                answers.clear();
            }
            self.how = Some(how.clone());
        }
        answers.insert(Some(word.said));
    }
}

/// The voice of each person, from the sources that count.
pub fn voices<'a>(words: &'a [Heard], sources: &[WordSource]) -> BTreeMap<&'a str, Voice> {
    let mut voices: BTreeMap<&str, Voice> = BTreeMap::new();
    for word in words.iter().filter(|word| sources.contains(&word.source)) {
        voices.entry(word.by.0.as_str()).or_default().hear(word);
    }
    voices
}
