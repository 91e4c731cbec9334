//! Who had a hand in a release, and so may not approve it.

use std::collections::BTreeSet;

use crate::commands::subject::Subject;
use crate::context::Context;
use crate::model::commit::Person;
use crate::model::fact::FactState;
use crate::model::heard::{Involved, Part};
use crate::model::record::PullRecord;

/// Who had a hand in the release: by the forge's record where there is one, and by what git and the ledger name.
pub(super) fn involved(
    context: &Context,
    subject: &Subject,
    pulls: Option<&FactState<Vec<PullRecord>>>,
) -> FactState<Vec<Involved>> {
    let mut hands = BTreeSet::new();
    let mut add = |part: Part, name: &str| {
        for name in context.identity.names(name) {
            hands.insert(Involved { name, part });
        }
    };
    let Some(requester) = subject.requested_by.as_ref().map(|actor| actor.0.as_str()) else {
        let reason = format!(
            "who asked for {} was lost with the ledger; the next version has somebody again",
            subject.release.version
        );
        return FactState::Unavailable { reason };
    };
    add(Part::Requester, requester);
    let pulls = match pulls {
        None | Some(FactState::Absent) => &[],
        Some(FactState::Known { value }) => value.as_slice(),
        Some(FactState::Forbidden { reason }) => return FactState::Forbidden { reason: reason.clone() },
        Some(FactState::Unavailable { reason }) => return FactState::Unavailable { reason: reason.clone() },
    };
    for pull in pulls {
        pull.authors
            .iter()
            .chain([&pull.author])
            .for_each(|name| add(Part::Author, name));
        pull.last_pusher.iter().for_each(|name| add(Part::Pusher, name));
        // A bot asks for nobody: the person is the one who merged, or who opened the pull request where a bot merged too.
        if is_bot(requester) {
            let merger = pull.merged_by.as_deref().filter(|name| !is_bot(name));
            add(Part::Requester, merger.unwrap_or(&pull.author));
        }
    }
    match context.repository.authors(&subject.release.commit) {
        Ok(authors) => authors
            .iter()
            .flat_map(names_of)
            .for_each(|name: String| add(Part::Author, &name)),
        // Of a commit that is not in this clone the forge's record tells the authors.
        Err(_) if !pulls.is_empty() => {}
        Err(error) => {
            let commit = subject.release.commit.short();
            let reason = format!("the authors of {commit} cannot be read here: {error}");
            return FactState::Unavailable { reason };
        }
    }
    FactState::Known {
        value: hands.into_iter().collect(),
    }
}

/// GitHub's bots have names of their own kind.
fn is_bot(name: &str) -> bool {
    name.ends_with("[bot]")
}

/// The names that an author goes by; GitHub's private addresses hold the login
/// (<https://docs.github.com/en/account-and-profile/reference/email-addresses-reference>).
fn names_of(author: &Person) -> Vec<String> {
    let mut names = vec![author.name.clone(), author.email.clone()];
    let login = author.email.strip_suffix("@users.noreply.github.com");
    names.extend(login.map(|login| login.rsplit('+').next().unwrap_or(login).to_owned()));
    names
}
