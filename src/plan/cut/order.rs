//! Lines are cut in their order: the branch of a line starts below every later one, and where its versions are.

use crate::model::name::CommitId;
use crate::model::refusal::Refusal;
use crate::plan::tag::line::Line;

/// A later line that the start commit reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Later {
    /// The line.
    pub line: Line,
    /// What shows it: a branch that was cut, or a version's tag.
    pub by: String,
}

/// The highest stable version of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// Its tag.
    pub tag: String,
    /// Its commit.
    pub commit: CommitId,
    /// Whether the start commit reaches it.
    pub is_reached: bool,
}

/// Why a line cannot be cut at a commit, if it cannot.
pub fn in_the_way(line: Line, start: &CommitId, later: Option<&Later>, released: Option<&Released>) -> Option<Refusal> {
    if let Some(Later { line: beyond, by }) = later {
        return Some(Refusal::new(
            format!("commit {start} is beyond the line {line}: it reaches {by}"),
            format!(
                "versions only rise: cut {line} from a commit before that with --from, or cut a line above {beyond}"
            ),
        ));
    }
    let Released { tag, commit, .. } = released.filter(|released| !released.is_reached)?;
    Some(Refusal::new(
        format!("{tag} is released already, on commit {commit}, which commit {start} does not reach"),
        format!("let the branch go on from what was released: cut it with `--from {tag}`"),
    ))
}
