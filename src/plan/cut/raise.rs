//! The proposal that raises the default branch to the next version of development, once a line was cut from it.

use crate::model::commit::Through;
use crate::model::event::EventBody;
use crate::model::name::{CommitId, ComponentName};
use crate::model::pull::{Proposal, Pull};
use crate::model::step::{Action, BranchAction, FileContent, PullAction, Step};
use crate::model::version::Version;
use crate::plan::version_file::Found;

/// Whether the files are below a version, every one of them.
///
/// # Errors
/// The words for what says another thing: that version or a higher one, or none at all.
pub fn is_below(stated: &[(String, Found)], version: &Version) -> Result<(), String> {
    for (path, found) in stated {
        match &found.version {
            Some(said) if said < version => {}
            Some(_) => return Err(format!("{path} says {} already", found.text)),
            None => return Err(format!("{path} says {}, which is no version to count from", found.text)),
        }
    }
    Ok(())
}

/// What the proposal is decided from.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The component.
    pub component: &'a ComponentName,
    /// The branch of the line that was cut.
    pub cut: &'a str,
    /// The version of development.
    pub version: &'a Version,
    /// The branch that holds the proposal.
    pub head: &'a str,
    /// The branch that is to get it.
    pub base: &'a str,
    /// The commit that this is on.
    pub tip: &'a CommitId,
    /// The files, with that version.
    pub files: Vec<FileContent>,
    /// Whether the branch is there.
    pub is_there: bool,
    /// The pull requests from it; nothing where there is no forge.
    pub pulls: Option<&'a [Pull]>,
    /// Whether it was proposed before.
    pub recorded: bool,
    /// How the branch gets to the remote.
    pub through: Through,
}

/// What is left to do until it is proposed. What was proposed once is left to people.
pub fn steps(facts: &Facts<'_>) -> Vec<Step> {
    if facts.recorded {
        return Vec::new();
    }
    let (head, base, version) = (facts.head, facts.base, facts.version);
    let title = format!("chore: {version} comes after {}", facts.cut);
    let mut steps = Vec::new();
    let was_opened = facts
        .pulls
        .is_some_and(|pulls| pulls.iter().any(|pull| pull.base == base));
    if !facts.is_there && !was_opened {
        let action = BranchAction::CommitBranch {
            branch: head.to_owned(),
            parent: facts.tip.clone(),
            files: facts.files.clone(),
            message: format!("{title}\n"),
            through: facts.through,
        };
        steps.push(Step::new(
            Action::Branch(action),
            format!("what {base} builds from now on is no version of the line that was cut"),
        ));
    }
    if facts.pulls.is_some() && !was_opened {
        let proposal = Proposal {
            head: head.to_owned(),
            base: base.to_owned(),
            title,
            body: format!(
                "{} was cut, so that what {base} builds from now on leads to {}.\n\nThe version files say {version} with this. It \
                 is proposed once: closed, it stays closed.",
                facts.cut,
                version.core()
            ),
            draft: false,
            labels: Vec::new(),
        };
        let action = Action::Pull(PullAction::OpenPull { proposal });
        steps.push(Step::new(action, format!("{base} is moved by its people")));
    }
    let event = EventBody::Proposed {
        component: facts.component.clone(),
        head: head.to_owned(),
        base: base.to_owned(),
    };
    let action = Action::Record { event: Box::new(event) };
    steps.push(Step::new(action, "it is not proposed a second time"));
    steps
}
