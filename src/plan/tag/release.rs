//! The commit that a release brings where files say its version.

use super::{Chosen, Facts};
use crate::model::commit::{TagKind, Through};
use crate::model::name::CommitId;
use crate::model::refusal::Refusal;
use crate::model::step::{Action, FileContent, Step};

/// The subject of the commit. It asks for no release itself.
pub fn release_subject(tag: &str) -> String {
    format!("chore(release): {tag}")
}

/// How the target stands to the branch at the remote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is its newest commit.
    There,
    /// It is above that.
    Ahead,
    /// It is below, or beside.
    Elsewhere,
}

/// The step that commits the files on top of the target. `there` is where the remote has the branch, seen from the target;
/// the outer option is empty when there is no remote.
///
/// # Errors
/// A refusal when no branch is worked on, or when others have gone on with it.
pub fn commit_release(
    facts: &Facts<'_>,
    chosen: &Chosen,
    (kind, through): (TagKind, Through),
    branch: Option<&str>,
    there: Option<Option<(&CommitId, Standing)>>,
    files: Vec<FileContent>,
) -> Result<Step, Refusal> {
    let Some(branch) = branch else {
        return Err(Refusal::new(
            format!(
                "{} needs a commit for its files, and no branch is checked out to take it",
                chosen.tag
            ),
            "check the branch out: `git switch BRANCH`; in a workflow, run on a push to the branch",
        ));
    };
    let target = facts.target;
    match there {
        Some(None) => {
            return Err(Refusal::new(
                format!(
                    "{} needs a commit for its files, and the remote has no branch {branch}",
                    chosen.tag
                ),
                format!("push it first: `git push origin {branch}`"),
            ));
        }
        Some(Some((tip, Standing::Ahead))) => {
            return Err(Refusal::new(
                format!(
                    "{} needs a commit for its files, and {branch} at the remote, on {tip}, has not got {target} yet",
                    chosen.tag
                ),
                format!("push it first: `git push origin {branch}`"),
            ));
        }
        Some(Some((tip, Standing::Elsewhere))) => {
            return Err(Refusal::new(
                format!(
                    "{} needs a commit on top of {target}, and {branch} is on {tip} at the remote",
                    chosen.tag
                ),
                "run it on the newest commit of the branch; its run releases what is here as well",
            ));
        }
        _ => {}
    }
    let action = Action::CommitRelease {
        tag: chosen.tag.clone(),
        kind,
        message: chosen.message.clone(),
        through,
        branch: branch.to_owned(),
        parent: target.clone(),
        files,
        commit_message: format!("{}\n", release_subject(&chosen.tag)),
    };
    Ok(Step::new(action, chosen.explanation.as_str()))
}
