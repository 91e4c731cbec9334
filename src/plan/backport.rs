//! What has to be done until a change is on another branch as well, or waits there to be merged.

pub mod method;
pub mod target;
pub mod text;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::commit::{Commit, Through};
use crate::model::name::CommitId;
use crate::model::pick::{Conflict, Trial};
use crate::model::pull::{Proposal, Pull, PullState};
use crate::model::refusal::Refusal;
use crate::model::step::{Action, BranchAction, PullAction, Step};
use method::Method;
use target::Target;

/// The label of a pull request that has a back-port which a person must finish.
pub const CONFLICT_LABEL: &str = "backport-conflict";

/// What marks the comment about back-ports.
const MARKER: &str = "backport";

/// How a back-port stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BackportStatus {
    /// Its branch, and on GitHub its pull request, is new; in a dry run it would be.
    Created,
    /// It was there and waits to be merged.
    Exists,
    /// It was merged.
    Merged,
    /// The target has the change already.
    Nothing,
    /// It cannot be applied as it is: a person must finish it.
    Conflict,
    /// It must not be made.
    Refused,
}

impl BackportStatus {
    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Exists => "exists",
            Self::Merged => "merged",
            Self::Nothing => "nothing",
            Self::Conflict => "conflict",
            Self::Refused => "refused",
        }
    }

    /// Whether nothing is left to do for who asked for it.
    pub fn is_done(self) -> bool {
        !matches!(self, Self::Conflict | Self::Refused)
    }
}

/// What is back-ported.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What it is called in names of branches: the number of a pull request, or the short names of commits.
    pub key: String,
    /// What it is called by whoever asked.
    pub name: String,
    /// Its title.
    pub title: String,
    /// How it was merged; nothing for a range of commits.
    pub method: Option<Method>,
    /// Its commits, the oldest first, without merges.
    pub commits: Vec<Commit>,
    /// The commit that reaches all of them.
    pub last: CommitId,
    /// The pull request that it is.
    pub pull: Option<Pull>,
}

/// The branch of a back-port.
#[derive(Clone, Debug, Default)]
pub struct Head {
    /// Its name.
    pub name: String,
    /// The commit that it is on, where it is there.
    pub tip: Option<CommitId>,
    /// Which of the commits it has, each with the one that was picked from it.
    pub traces: BTreeMap<CommitId, CommitId>,
    /// Whether it was merged into the target, as it is.
    pub merged: bool,
    /// Whether its newest commit holds conflict markers.
    pub marked: bool,
    /// The pull request from it, the open one where there are many.
    pub pull: Option<Pull>,
}

/// What a back-port is decided from.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// What is back-ported.
    pub subject: &'a Subject,
    /// Where to.
    pub target: &'a Target,
    /// The commit that the target is on.
    pub tip: &'a CommitId,
    /// The commits that the target has already, each with the one that brought it there.
    pub there: &'a BTreeMap<CommitId, CommitId>,
    /// The branch of the back-port.
    pub head: &'a Head,
    /// How branches and commits are made.
    pub through: Through,
    /// Who asks.
    pub actor: &'a str,
}

impl Facts<'_> {
    /// The commits that the target has not got.
    pub fn missing(&self) -> Vec<CommitId> {
        let commits = self.subject.commits.iter().map(|commit| commit.id.clone());
        commits.filter(|commit| !self.there.contains_key(commit)).collect()
    }
}

/// A back-port and what is left to do for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// How it stands, once the steps are done.
    pub status: BackportStatus,
    /// What is left to do.
    pub steps: Vec<Step>,
}

impl Decision {
    fn settled(status: BackportStatus) -> Self {
        Self {
            status,
            steps: Vec::new(),
        }
    }
}

/// Decides without a look at what picking would give; nothing where that is needed.
///
/// # Errors
/// A refusal for one that a person closed, and for a branch of its name that is something else.
pub fn settled(facts: &Facts<'_>) -> Result<Option<Decision>, Refusal> {
    let head = facts.head;
    let pull = head.pull.as_ref();
    if let Some(open) = pull.filter(|pull| pull.state == PullState::Open) {
        let status = match open.draft || head.marked {
            true => BackportStatus::Conflict,
            false => BackportStatus::Exists,
        };
        return Ok(Some(Decision::settled(status)));
    }
    if head.merged || pull.is_some_and(|pull| pull.state == PullState::Merged) {
        return Ok(Some(Decision::settled(BackportStatus::Merged)));
    }
    if facts.missing().is_empty() {
        return Ok(Some(Decision::settled(BackportStatus::Nothing)));
    }
    if let Some(closed) = pull {
        return Err(self::closed(closed));
    }
    match &head.tip {
        None => Ok(None),
        Some(tip) if head.traces.is_empty() => Err(Refusal::new(
            format!(
                "the branch {} is there, on commit {tip}, with something else on it",
                head.name
            ),
            "look who made it, and rename or delete it",
        )),
        Some(_) if facts.through == Through::Git => Ok(Some(Decision::settled(BackportStatus::Exists))),
        Some(_) => Ok(None),
    }
}

/// The refusal of a back-port that a person closed.
pub fn closed(pull: &Pull) -> Refusal {
    let (number, target) = (pull.number, &pull.base);
    Refusal::new(
        format!("pull request {number} for {target} was closed without being merged"),
        "reopen it there, or give --again for another one",
    )
}

/// Decides by what picking would give.
pub fn decide(facts: &Facts<'_>, trial: &Trial) -> Decision {
    let (head, conflict) = (facts.head, trial.conflict.as_ref());
    if head.tip.is_none() && trial.picked.is_empty() && conflict.is_none() {
        return Decision::settled(BackportStatus::Nothing);
    }
    if conflict.is_some() && facts.through == Through::Git {
        return Decision::settled(BackportStatus::Conflict);
    }
    let mut steps = Vec::new();
    if head.tip.is_none() {
        let mut commits = trial.picked.clone();
        commits.extend(conflict.map(|conflict| conflict.commit.clone()));
        let action = BranchAction::PickBranch {
            branch: head.name.clone(),
            onto: facts.tip.clone(),
            commits,
            through: facts.through,
        };
        let reason = match conflict {
            None => format!("{} has not got them", facts.target.branch),
            Some(_) => "the last one cannot be applied: a person goes on from its conflict markers".to_owned(),
        };
        steps.push(Step::new(Action::Branch(action), reason));
    }
    let draft = head.marked || (head.tip.is_none() && conflict.is_some());
    if facts.through == Through::Github {
        let proposal = proposal(facts, trial, draft);
        let action = Action::Pull(PullAction::OpenPull { proposal });
        steps.push(Step::new(
            action,
            format!("{} takes changes by pull requests", facts.target.branch),
        ));
    }
    Decision {
        status: if draft {
            BackportStatus::Conflict
        } else {
            BackportStatus::Created
        },
        steps,
    }
}

fn proposal(facts: &Facts<'_>, trial: &Trial, draft: bool) -> Proposal {
    Proposal {
        head: facts.head.name.clone(),
        base: facts.target.branch.clone(),
        title: text::title(facts),
        body: text::body(facts, trial.conflict.as_ref().filter(|_| draft)),
        draft,
        labels: Vec::new(),
    }
}

/// How a back-port came out.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Where to.
    pub target: Target,
    /// How it stands.
    pub status: BackportStatus,
    /// The pull request.
    pub pull: Option<Pull>,
    /// Why it is refused.
    pub refusal: Option<Refusal>,
}

/// What is written back to the pull request that was back-ported. The label that asks goes last: as long as it is there, a
/// run that was killed is finished by the next one.
pub fn write_back(pull: &Pull, outcomes: &[Outcome]) -> Vec<Step> {
    let mut steps = Vec::new();
    if outcomes.is_empty() {
        return steps;
    }
    let has = |label: &str| pull.labels.iter().any(|there| there == label);
    let number = pull.number;
    let mut push = |action, reason: &str| steps.push(Step::new(Action::Pull(action), reason));
    let comment = PullAction::Comment {
        pull: number,
        marker: MARKER.to_owned(),
        text: text::comment(outcomes),
    };
    push(comment, "whoever asked sees what came of it");
    let label = |label: String| PullAction::LabelPull { pull: number, label };
    let unlabel = |label: String| PullAction::UnlabelPull { pull: number, label };
    let conflicts = outcomes
        .iter()
        .any(|outcome| outcome.status == BackportStatus::Conflict);
    match (conflicts, has(CONFLICT_LABEL)) {
        (true, false) => push(label(CONFLICT_LABEL.to_owned()), "a person must finish a back-port"),
        (false, true) => push(unlabel(CONFLICT_LABEL.to_owned()), "no back-port waits for a person"),
        _ => {}
    }
    for outcome in outcomes.iter().filter(|outcome| outcome.status.is_done()) {
        let done = outcome.target.done();
        if !has(&done) {
            push(label(done), "the back-port is there");
        }
        for asks in outcome.target.labels.iter().filter(|asks| has(asks)) {
            push(unlabel(asks.clone()), "nothing is left to ask for");
        }
    }
    steps
}

/// The conflict in words, with the commands that finish the back-port by hand; `markers` says that its branch is there.
pub fn by_hand(facts: &Facts<'_>, conflict: &Conflict, markers: bool, remote: &str) -> Vec<String> {
    let (head, base) = (&facts.head.name, &facts.target.branch);
    let all = facts.missing();
    let left = all.iter().skip_while(|commit| markers && **commit != conflict.commit);
    let left: Vec<&str> = left.map(CommitId::as_str).collect();
    let mut commands = vec![format!("git fetch {remote}")];
    match markers {
        true => commands.extend([format!("git switch {head}"), "git reset --hard HEAD~1".to_owned()]),
        false => commands.push(format!("git checkout -b {head} {remote}/{base}")),
    }
    commands.push(format!("git cherry-pick -x {}", left.join(" ")));
    let force = if markers { " --force-with-lease" } else { "" };
    commands.push(format!("git push{force} {remote} {head}"));
    commands
}
