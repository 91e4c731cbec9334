//! `cut --sync`: moves a release branch forward with the default branch.

use schemars::JsonSchema;
use serde::Serialize;

use super::start::{FAR, judge};
use super::{CutArgs, branch_name, survey, through};
use crate::commands::gate::opened::holding;
use crate::commands::shared_ref::{self, Outcome, carry_out};
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::name::{CommitId, ComponentName};
use crate::model::refusal::Refusal;
use crate::model::step::Step;
use crate::model::verdict::RuleStatus;
use crate::plan::cut::sync::{Decision, Facts, Pause, decide};
use crate::plan::tag::line::Line;
use crate::ports::ledger::{Observed, View};
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::github::markdown;
use crate::report::steps;

/// The label of issues that pause it where the configuration has none.
const LABEL: &str = "cut";

/// How `cut --sync` ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SyncStatus {
    /// The branch has moved; in a dry run it would.
    Moved,
    /// It is where the default branch is.
    Current,
    /// Something holds it for a time.
    Paused,
    /// It follows no more.
    Ended,
    /// There is nothing to move, or it may not be moved.
    Refused,
}

impl SyncStatus {
    fn word(self) -> &'static str {
        match self {
            Self::Moved => "moved",
            Self::Current => "current",
            Self::Paused => "paused",
            Self::Ended => "ended",
            Self::Refused => "refused",
        }
    }
}

/// The result of `cut --sync`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CutSyncDocument {
    /// How it ended.
    pub status: SyncStatus,
    /// The component.
    pub component: ComponentName,
    /// The branch.
    pub branch: String,
    /// The commit that it is on now; in a dry run, that it would be on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitId>,
    /// The commit that it was on before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<CommitId>,
    /// What holds it.
    pub pauses: Vec<Pause>,
    /// Why it follows no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Why it is not moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// Whether the steps were only planned.
    pub dry_run: bool,
    /// What was left to do.
    pub steps: Vec<Step>,
}

/// Moves a release branch forward.
pub async fn run(context: &Context, args: &CutArgs) -> Result<CutSyncDocument> {
    let component = context.settings.component(args.component.as_ref())?;
    let line = args.line()?;
    let branch = branch_name(context, line, &component.name)?;
    shared_ref::check(context, true).await?;
    let mut made = None;
    for _ in 0..shared_ref::ROUNDS {
        let (mut document, observed) = plan(context, &component, line, &branch).await?;
        if document.status == SyncStatus::Current && made.is_some() {
            document.status = SyncStatus::Moved;
        }
        document.from = made.clone().or(document.from);
        if context.dry_run {
            return Ok(document);
        }
        match carry_out(context, &document.steps, &observed).await? {
            Outcome::Done | Outcome::Committed(_) => return Ok(document),
            Outcome::Refused(refusal) => return Ok(document.refused(refusal)),
            Outcome::Again { made: true } => made = document.from,
            Outcome::Again { made: false } => {}
        }
    }
    let document = CutSyncDocument::new(context, &component.name, &branch);
    Ok(document.refused(shared_ref::outrun("the branch")))
}

async fn plan(
    context: &Context,
    component: &ResolvedComponent,
    line: Line,
    branch: &str,
) -> Result<(CutSyncDocument, Observed)> {
    let repository = &context.repository;
    survey::fetch(context).await?;
    let view = context.ledger.open().await?;
    let default = survey::default_branch(context).await?;
    let keep = |name: &str| name == branch;
    let tip = repository.branches(&keep).await?.pop().map(|(_, tip)| tip);
    let follows = match &tip {
        Some(tip) => repository.first_reached(&default.commit, &[vec![tip.clone()]])? == [Some(0)],
        None => false,
    };
    let tags = survey::tags(context, component)?;
    let mut finals = tags
        .known
        .iter()
        .rev()
        .filter(|tag| line.holds(&tag.version) && !tag.version.is_prerelease());
    let (mut pauses, observed) = pauses(context, view.as_ref(), branch).await?;
    let mut head = default.commit.clone();
    if let Some(tip) = tip.as_ref().filter(|tip| follows && **tip != head) {
        match green(context, tip, &default.commit).await? {
            Ok(commit) => head = commit,
            Err(pause) => pauses.push(pause),
        }
    }
    let facts = Facts {
        branch,
        tip: tip.as_ref(),
        default: &default.name,
        head: &head,
        follows,
        last: finals.next().map(|tag| tag.tag.name.as_str()),
        pauses: &pauses,
        through: through(context),
    };
    let decided = decide(&facts);
    let document = CutSyncDocument {
        commit: tip.clone(),
        ..CutSyncDocument::new(context, &component.name, branch)
    };
    let document = match decided {
        Err(refusal) => document.refused(refusal),
        Ok(Decision::Current) => document.ends(SyncStatus::Current),
        Ok(Decision::Ended(why)) => CutSyncDocument {
            ended: Some(why),
            ..document.ends(SyncStatus::Ended)
        },
        Ok(Decision::Paused(pauses)) => CutSyncDocument {
            pauses,
            ..document.ends(SyncStatus::Paused)
        },
        Ok(Decision::Move(step)) => CutSyncDocument {
            from: tip,
            commit: Some(head.clone()),
            steps: vec![step],
            ..document.ends(SyncStatus::Moved)
        },
    };
    Ok((document, observed))
}

/// The newest commit of the default branch beyond the tip whose checks are green; where there is none, what is the matter
/// with the newest one.
async fn green(context: &Context, tip: &CommitId, head: &CommitId) -> Result<Result<CommitId, Pause>> {
    let Some(checks) = &context.settings.file.cut.checks else {
        return Ok(Ok(head.clone()));
    };
    let rule = checks.rule();
    let mut newest = None;
    for back in 0..FAR {
        let Ok(commit) = context.repository.resolve(&format!("{head}~{back}")) else {
            break;
        };
        // Where the default branch merged, its line of first parents may pass the tip by.
        let is_beyond = commit != *tip && context.repository.first_reached(&commit, &[vec![tip.clone()]])? == [Some(0)];
        if !is_beyond {
            break;
        }
        let outcome = judge(context, &rule, &commit).await;
        if outcome.status == RuleStatus::Pass {
            return Ok(Ok(commit));
        }
        newest.get_or_insert(outcome);
    }
    let pause = newest.map(|outcome| Pause {
        reason: format!("no newer commit has {}: {}", outcome.needs, outcome.saw),
        opens: outcome.opens,
    });
    Ok(pause.map_or_else(|| Ok(head.clone()), Err))
}

/// What holds a release branch where it is: a lock of the whole ladder, a freeze of the branch, and open issues with the
/// label.
async fn pauses(context: &Context, view: &dyn View, branch: &str) -> Result<(Vec<Pause>, Observed)> {
    let lock = view.lock(None)?;
    let held = holding(context, None, None, &lock.state).await?;
    let mut pauses: Vec<Pause> = held
        .iter()
        .map(|lock| Pause {
            reason: format!(
                "the ladder was locked by {} at {} (lock {}): {}",
                lock.by, lock.at, lock.number, lock.reason
            ),
            opens: format!("`tidegate unlock --all --lock {}`", lock.number),
        })
        .collect();
    if let Some(freeze) = view.branches()?.state.holding(branch, context.clock.now()) {
        pauses.push(Pause {
            reason: format!(
                "{branch} was frozen by {} at {}: {}",
                freeze.by, freeze.at, freeze.reason
            ),
            opens: format!("`tidegate thaw {branch}`"),
        });
    }
    if let Some(pulls) = &context.pulls {
        let label = context.settings.file.cut.pause_label.as_deref().unwrap_or(LABEL);
        let issues = pulls.issues(label).await?;
        pauses.extend(issues.iter().map(|issue| Pause {
            reason: format!(
                "issue {} with the label `{label}` is open: {}",
                issue.number, issue.title
            ),
            opens: format!("closing {}", issue.url),
        }));
    }
    Ok((pauses, Observed::from([(lock.stream, lock.sequence)])))
}

impl CutSyncDocument {
    fn new(context: &Context, component: &ComponentName, branch: &str) -> Self {
        Self {
            status: SyncStatus::Refused,
            component: component.clone(),
            branch: branch.to_owned(),
            commit: None,
            from: None,
            pauses: Vec::new(),
            ended: None,
            refusal: None,
            dry_run: context.dry_run,
            steps: Vec::new(),
        }
    }

    fn ends(self, status: SyncStatus) -> Self {
        Self { status, ..self }
    }

    fn refused(self, refusal: Refusal) -> Self {
        Self {
            refusal: Some(refusal),
            steps: Vec::new(),
            ..self.ends(SyncStatus::Refused)
        }
    }

    fn said(&self) -> String {
        let short = |commit: &Option<CommitId>| commit.as_ref().map(CommitId::short).unwrap_or_default().to_owned();
        match self.status {
            SyncStatus::Moved => {
                let verb = if self.dry_run { "would move" } else { "moved" };
                format!(
                    "{} {verb} forward from {} to {}",
                    self.branch,
                    short(&self.from),
                    short(&self.commit)
                )
            }
            SyncStatus::Current => format!("{} is at {} already", self.branch, short(&self.commit)),
            SyncStatus::Paused => {
                let reasons: Vec<&str> = self.pauses.iter().map(|pause| pause.reason.as_str()).collect();
                format!(
                    "{} stays at {}: {}",
                    self.branch,
                    short(&self.commit),
                    reasons.join("; ")
                )
            }
            SyncStatus::Ended => self.ended.clone().unwrap_or_default(),
            SyncStatus::Refused => self
                .refusal
                .as_ref()
                .map_or(String::new(), |refusal| refusal.reason.clone()),
        }
    }

    fn opens(&self) -> String {
        let opens: Vec<&str> = self.pauses.iter().map(|pause| pause.opens.as_str()).collect();
        opens.join(" and ")
    }
}

impl Document for CutSyncDocument {
    const SCHEMA: &'static str = "tidegate.cut-sync/1";

    fn exit_code(&self) -> ExitCode {
        match self.status {
            SyncStatus::Refused => ExitCode::Refused,
            SyncStatus::Paused => ExitCode::Waiting,
            _ => ExitCode::Done,
        }
    }

    fn text(&self) -> Text {
        if let Some(refusal) = &self.refusal {
            return Text {
                stdout: String::new(),
                stderr: format!("refused: {}\n{}\n", refusal.reason, refusal.help),
            };
        }
        let mut stderr = format!("{}\n", self.said());
        if self.status == SyncStatus::Paused {
            stderr.push_str(&format!("  what ends it: {}\n", self.opens()));
        }
        stderr.push_str(&steps::text(if self.dry_run { &self.steps } else { &[] }));
        Text {
            stdout: format!("{}\n", self.branch),
            stderr,
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        let commit = self.commit.as_ref().map(ToString::to_string).unwrap_or_default();
        vec![
            ("status", self.status.word().to_owned()),
            ("branch", self.branch.clone()),
            ("commit", commit),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        let (level, help) = match (&self.refusal, self.status) {
            (Some(refusal), _) => (Level::Error, refusal.help.clone()),
            (None, SyncStatus::Paused) => (Level::Notice, self.opens()),
            _ => return None,
        };
        Some(Annotation {
            level,
            title: format!("{} {}", self.branch, self.status.word()),
            message: format!("{}\n{help}", self.said()),
        })
    }

    fn summary(&self) -> Option<String> {
        Some(format!(
            "### tidegate cut --sync\n\n**{}**: {}",
            self.status.word(),
            markdown(&self.said())
        ))
    }
}
