//! `cut status`: every release branch and what it lacks.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{are_many, survey};
use crate::commands::{hotfix, picks};
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::model::commit::{Commit, Scope};
use crate::model::duration::Duration;
use crate::model::name::{CommitId, ComponentName};
use crate::model::ownership::Ownership;
use crate::model::state::ComponentState;
use crate::plan::cut::names::backport_label;
use crate::plan::cut::status::{Apart, Found, HotfixStatus, LineStatus, unported};
use crate::plan::cut::support::{Support, Window};
use crate::plan::tag::line::Line;
use crate::plan::tag::tags::{VersionTag, VersionTags};
use crate::report::document::{Document, Text};
use crate::report::{github, table};

/// The arguments of `cut status`.
#[derive(Clone, Debug, Args)]
pub struct CutStatusArgs {
    /// The component [default: all]
    #[arg(long, value_name = "NAME")]
    pub component: Option<ComponentName>,
}

/// The result of `cut status`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CutStatusDocument {
    /// When it was looked.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// The default branch.
    pub default_branch: String,
    /// The release lines that have a branch, or had one, the newest first.
    pub lines: Vec<LineStatus>,
    /// The hotfixes of lines that are maintained, the newest first.
    pub hotfixes: Vec<HotfixStatus>,
    /// What could not be found out.
    pub warnings: Vec<String>,
}

/// What is known of one component.
struct Known {
    component: ResolvedComponent,
    recorded: ComponentState,
    tags: VersionTags,
    window: Window,
    lines: BTreeMap<Line, (String, Option<CommitId>)>,
}

/// Shows release branches.
pub async fn run(context: &Context, args: &CutStatusArgs) -> Result<CutStatusDocument> {
    let components = match &args.component {
        Some(name) => vec![context.settings.component(Some(name))?],
        None => context.settings.components(),
    };
    context.repository.complete().await?;
    survey::fetch(context).await?;
    let default = survey::default_branch(context).await?;
    let branches = survey::branches(context, &components).await?;
    let view = context.ledger.open().await?;
    let mut all = Vec::new();
    for component in components {
        let recorded = view.component(&component.name)?.state;
        let tags = survey::tags(context, &component)?;
        let lines = survey::with_branches(context, &component.name, &recorded, &branches);
        all.push(Known {
            window: survey::window(context, &tags, lines.keys()),
            component,
            recorded,
            tags,
            lines,
        });
    }
    let tips = all
        .iter()
        .flat_map(|known| known.lines.values().filter_map(|(_, tip)| tip.clone()));
    let tips: Vec<CommitId> = std::iter::once(default.commit.clone()).chain(tips).collect();
    let commits = context.repository.apart(&tips)?;
    let rules = context.settings.rules();
    let brought = picks::brought(context, &commits)?;
    let apart = Apart::new(&commits, &brought, &rules);
    let mut document = CutStatusDocument {
        at: context.clock.now(),
        default_branch: default.name.clone(),
        lines: Vec::new(),
        hotfixes: Vec::new(),
        warnings: Vec::new(),
    };
    let mut place = 0;
    for known in &all {
        let mut own = Vec::new();
        for (line, (branch, tip)) in &known.lines {
            place += usize::from(tip.is_some());
            own.push(
                document
                    .line(context, known, (*line, branch, tip.as_ref()), (&apart, place))
                    .await?,
            );
        }
        document.lines.extend(own.into_iter().rev());
        let maintained = |line: Line| known.window.of(line) != Support::Closed;
        let opened = hotfix::look(context, &known.component, &known.recorded, &default, &maintained).await?;
        document.hotfixes.extend(opened);
    }
    Ok(document)
}

impl CutStatusDocument {
    /// How a line stands.
    async fn line(
        &mut self,
        context: &Context,
        known: &Known,
        (line, branch, tip): (Line, &String, Option<&CommitId>),
        (apart, place): (&Apart<'_>, usize),
    ) -> Result<LineStatus> {
        let tags: Vec<&VersionTag> = known.tags.known.iter().filter(|tag| line.holds(&tag.version)).collect();
        let asked = match known.window.of(line) {
            Support::Closed => BTreeMap::new(),
            _ => self.asked(context, known, line).await?,
        };
        let found = Found {
            component: &known.component.name,
            line,
            branch,
            tip,
            record: known.recorded.branches.get(branch),
            tags: &tags,
        };
        let mut status = LineStatus::new(&found, &known.window);
        let Some(tip) = tip else { return Ok(status) };
        let owner = Ownership::of(&known.component.paths)?;
        let own = owned(context, apart.own(place), &owner)?;
        let fixes = match status.support {
            Support::Closed => Vec::new(),
            _ => owned(context, apart.wanted(place, &asked), &owner)?,
        };
        let picks = apart.picks(place);
        let mut doubtful = apart.doubtful(&own);
        doubtful.extend(fixes.iter().flat_map(|commit| picks.doubtful(commit)));
        let patches = context.repository.patch_ids(&Vec::from_iter(doubtful))?;
        status.missing = apart.missing(&own, &patches);
        status.unported = unported(&fixes, &picks, &asked, &patches);
        status.ahead = match last_tag(context, tip, &tags)? {
            Some(tag) => {
                let scope = Scope {
                    since: Some(tag.tag.commit.clone()),
                    ..Scope::default()
                };
                context.repository.history(tip, &[scope])?.len()
            }
            None => apart.on(place, &[0]).len(),
        };
        Ok(status)
    }

    /// The merged pull requests that ask for a place on the line, by the commits that they made.
    async fn asked(&mut self, context: &Context, known: &Known, line: Line) -> Result<BTreeMap<CommitId, u64>> {
        let Some(pulls) = &context.pulls else {
            return Ok(BTreeMap::new());
        };
        let own = context.settings.file.backport.label.as_deref();
        let Ok(label) = backport_label(own, line, &known.component.name, are_many(context)) else {
            return Ok(BTreeMap::new());
        };
        match pulls.merged_with(&label).await {
            Ok(merged) => Ok(merged
                .into_iter()
                .filter_map(|pull| Some((pull.merge_commit?, pull.number)))
                .collect()),
            Err(error) => {
                self.warnings.push(format!(
                    "the pull requests with the label `{label}` are not known: {error}"
                ));
                Ok(BTreeMap::new())
            }
        }
    }
}

/// The highest version of the line that the tip reaches.
fn last_tag<'a>(context: &Context, tip: &CommitId, tags: &[&'a VersionTag]) -> Result<Option<&'a VersionTag>> {
    let list = vec![tags.iter().map(|tag| tag.tag.commit.clone()).collect()];
    let reached = context.repository.first_reached(tip, &list)?;
    Ok(reached
        .first()
        .copied()
        .flatten()
        .and_then(|place| tags.get(place).copied()))
}

/// Those of the commits that change something of the component.
fn owned<'a>(context: &Context, commits: Vec<&'a Commit>, owner: &Ownership) -> Result<Vec<&'a Commit>> {
    if owner.is_everything() {
        return Ok(commits);
    }
    let ids: Vec<CommitId> = commits.iter().map(|commit| commit.id.clone()).collect();
    let kept: BTreeSet<CommitId> = context.repository.touching(&ids, owner)?;
    Ok(commits.into_iter().filter(|commit| kept.contains(&commit.id)).collect())
}

const HEADER: [&str; 8] = [
    "branch",
    "support",
    "final",
    "candidate",
    "age",
    "ahead",
    "missing",
    "to back-port",
];

impl CutStatusDocument {
    fn cells(&self) -> Vec<Vec<String>> {
        let many = self.lines.iter().any(|line| line.component != self.lines[0].component);
        self.lines.iter().map(|line| line.cells(many, self.at)).collect()
    }

    /// What the table does not show: what the default branch lacks, what is closed and since when, what is not known.
    fn words(&self) -> Vec<String> {
        let default = &self.default_branch;
        let mut words = Vec::new();
        for line in &self.lines {
            if line.support == Support::Closed {
                words.push(line.support_reason.clone());
            }
            words.extend(
                line.missing
                    .iter()
                    .map(|one| format!("{default} lacks {} of {}", one.words(), line.branch)),
            );
        }
        for hotfix in &self.hotfixes {
            words.extend(
                hotfix
                    .missing
                    .iter()
                    .map(|one| format!("{default} lacks {} of hotfix {}", one.words(), hotfix.version)),
            );
        }
        words.extend(self.warnings.iter().cloned());
        words
    }
}

impl LineStatus {
    fn cells(&self, many: bool, now: Timestamp) -> Vec<String> {
        let or_dash = |text: Option<&String>| text.cloned().unwrap_or_else(|| "-".to_owned());
        let number = |count: usize| if count == 0 { "-".to_owned() } else { count.to_string() };
        let mut branch = match many {
            true => format!("{} {}", self.component, self.branch),
            false => self.branch.clone(),
        };
        if self.commit.is_none() {
            branch.push_str(" (gone)");
        }
        let age = self.cut_at.map(|at| Duration::from(now.duration_since(at)).rough());
        let asked = self.unported.iter().filter(|one| one.pull.is_some()).count();
        let unported = match asked {
            0 => number(self.unported.len()),
            asked => format!("{} ({asked} asked for)", self.unported.len()),
        };
        vec![
            branch,
            self.support.word().to_owned(),
            or_dash(self.finals.first()),
            or_dash(self.candidates.first()),
            or_dash(age.as_ref()),
            number(self.ahead),
            number(self.missing.len()),
            unported,
        ]
    }
}

impl Document for CutStatusDocument {
    const SCHEMA: &'static str = "tidegate.cut-status/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }

    fn text(&self) -> Text {
        Text {
            stdout: table::plain(&HEADER, &self.cells()),
            stderr: self.words().iter().map(|line| format!("{line}\n")).collect(),
        }
    }

    fn summary(&self) -> Option<String> {
        let table = table::markdown(&HEADER, &self.cells());
        let words: String = self
            .words()
            .iter()
            .map(|line| format!("- {}\n", github::markdown(line)))
            .collect();
        Some(format!("### Release branches at {}\n\n{table}\n{words}", self.at))
    }
}
