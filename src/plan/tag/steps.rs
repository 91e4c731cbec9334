//! What is left to do until a version is tagged, pushed and recorded.

use super::{Decision, Facts, elsewhere};
use crate::model::commit::{TagKind, Through};
use crate::model::event::EventBody;
use crate::model::name::CommitId;
use crate::model::refusal::Refusal;
use crate::model::state::ComponentState;
use crate::model::step::{Action, Step};

/// What is known about a chosen version beside the tags of this clone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Surroundings<'a> {
    /// What the remote has under the tag's name; the outer option is empty when there is no remote.
    pub remote: Option<Option<&'a CommitId>>,
    /// How the tag is made.
    pub kind: TagKind,
    /// How it gets to the remote.
    pub through: Through,
    /// The floating tags that are to be on the target, each with the commit it is on.
    pub floating: &'a [(String, Option<CommitId>)],
    /// What the ledger knows of the component; nothing where no ledger is kept.
    pub recorded: Option<&'a ComponentState>,
}

/// What is left to do until the version is tagged, pushed and recorded.
///
/// # Errors
/// A refusal when the tag or the ledger's record is on another commit.
pub fn steps(facts: &Facts<'_>, decision: &Decision, surroundings: &Surroundings<'_>) -> Result<Vec<Step>, Refusal> {
    let (chosen, new) = match decision {
        Decision::None(_) | Decision::Superseded { .. } => return Ok(Vec::new()),
        Decision::Exists(chosen) => (chosen, false),
        Decision::Create(chosen) => (chosen, true),
    };
    let target = facts.target.clone();
    let known = surroundings
        .recorded
        .and_then(|state| state.versions.get(&chosen.version));
    if let Some(record) = known.filter(|record| record.commit != target) {
        return Err(Refusal::new(
            format!(
                "the ledger has {} on commit {}; it was to go on {target}",
                chosen.version, record.commit
            ),
            "a version names one commit for ever: give a free one with --version",
        ));
    }
    let mut steps = Vec::new();
    let shared = new && surroundings.through == Through::Github;
    if shared {
        let action = Action::ShareTag {
            tag: chosen.tag.clone(),
            commit: target.clone(),
            message: (surroundings.kind == TagKind::Annotated).then(|| chosen.message.clone()),
        };
        steps.push(Step::new(action, chosen.explanation.as_str()));
    } else if new {
        let action = Action::CreateTag {
            tag: chosen.tag.clone(),
            commit: target.clone(),
            message: chosen.message.clone(),
            kind: surroundings.kind,
        };
        steps.push(Step::new(action, chosen.explanation.as_str()));
    }
    match surroundings.remote {
        Some(Some(there)) if *there != target => return Err(elsewhere(&chosen.tag, there, &target)),
        Some(None) if !shared => {
            let reference = format!("refs/tags/{}", chosen.tag);
            steps.push(Step::new(
                Action::PushRef {
                    reference,
                    commit: target.clone(),
                },
                "others count on from this tag",
            ));
        }
        _ => {}
    }
    if surroundings.recorded.is_some() && known.is_none() {
        let event = EventBody::Tagged {
            component: facts.component.clone(),
            version: chosen.version.clone(),
            tag: chosen.tag.clone(),
            commit: target,
            bump: chosen.bump,
        };
        steps.push(Step::new(
            Action::Record { event: Box::new(event) },
            "later commands find the version in the ledger",
        ));
    }
    for (tag, from) in surroundings
        .floating
        .iter()
        .filter(|(_, from)| from.as_ref() != Some(facts.target))
    {
        let action = Action::MoveTag {
            tag: tag.clone(),
            commit: facts.target.clone(),
            from: from.clone(),
        };
        steps.push(Step::new(
            action,
            format!("{} is the newest version that it stands for", chosen.tag),
        ));
    }
    Ok(steps)
}
