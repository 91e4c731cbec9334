//! The branches that releases of a rehearsal are made on: the default one, those of lines, and those of hotfixes. What is
//! proposed on the way is merged at once, as people would.

use super::deeds::words;
use super::train::Train;
use super::{RehearsedRelease, TimelineEntry};
use crate::commands::backport::{self, BackportArgs};
use crate::commands::cut::{self, CutArgs, CutStatus};
use crate::commands::hotfix::{self, HotfixArgs, HotfixDocument, HotfixState};
use crate::config::scenario::ScriptedRelease;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::name::{CommitId, ComponentName};
use crate::model::version::Version;
use crate::plan::backport::BackportStatus;
use crate::plan::rehearse::Agenda;
use crate::plan::tag::line::Line;

/// What a release is made from.
pub struct Prepared {
    /// The rehearsal with the release's branch checked out.
    pub context: Context,
    /// Its own commits, as a revision that `backport` takes; nothing when it brings none.
    pub change: Option<String>,
}

impl Train<'_> {
    /// Makes the commits of a release where they belong, and checks out the branch that it is made on.
    pub(super) async fn prepare(
        &mut self,
        scripted: &ScriptedRelease,
        timeline: &mut Vec<TimelineEntry>,
    ) -> Result<Prepared> {
        if let Some(version) = &scripted.hotfix {
            let args = hotfix_args(scripted, version, false);
            let opener = scripted.by.as_ref().map(|person| self.as_person(person));
            let opened = self
                .hotfix(opener.as_ref().unwrap_or(self.context), &args, timeline)
                .await?;
            let context = self.on(&opened.branch).await?;
            let change = self.land(scripted).await?;
            return Ok(Prepared { context, change });
        }
        let context = match &self.context.branch {
            Some(main) => self.on(main).await?,
            None => self.context.clone(),
        };
        let change = self.land(scripted).await?;
        let Some(line) = scripted.line else {
            return Ok(Prepared { context, change });
        };
        let component = self.context.settings.component(scripted.component.as_ref())?.name;
        let branch = cut::branch_name(self.context, line, &component)?;
        match (self.stage.has(&branch)?, &change) {
            (false, _) if !scripted.last_candidate => {
                let head = self.context.repository.resolve("HEAD")?;
                let agenda = self.agenda(&head);
                self.cut(&component, line, &agenda, timeline).await?;
            }
            (true, Some(change)) => self.back_port(change, (&component, &branch), timeline).await?,
            _ => {}
        }
        let context = self.on(&branch).await?;
        Ok(Prepared { context, change })
    }

    /// The rehearsal with a branch checked out as the origin has it.
    async fn on(&self, branch: &str) -> Result<Context> {
        self.stage.check_out(branch).await?;
        Ok(Context {
            branch: Some(branch.to_owned()),
            ..self.context.clone()
        })
    }

    /// Makes the commits on the branch that is checked out, and shares them. Gives them as a revision.
    async fn land(&mut self, scripted: &ScriptedRelease) -> Result<Option<String>> {
        let tip = |train: &Self| train.context.repository.resolve("HEAD");
        let before = tip(self)?;
        for commit in &scripted.commit {
            self.stage.commit(commit, self.now())?;
        }
        self.stage.push().await?;
        let after = tip(self)?;
        Ok(match scripted.commit.len() {
            0 => None,
            1 => Some(after.to_string()),
            _ => Some(format!("{before}..{after}")),
        })
    }

    /// Cuts the branch of a line at the commit that is checked out, once its checks are green where that is asked for.
    pub(super) async fn cut(
        &self,
        component: &ComponentName,
        line: Line,
        agenda: &Agenda,
        timeline: &mut Vec<TimelineEntry>,
    ) -> Result<()> {
        let args = CutArgs {
            line: Some(line.to_string()),
            component: Some(component.clone()),
            ..CutArgs::default()
        };
        let document = loop {
            self.report_checks(agenda);
            let document = cut::run(self.context, &args).await?;
            let Some(refusal) = &document.refusal else {
                break document;
            };
            match (document.status, agenda.next_check(self.now())) {
                (CutStatus::Waiting, Some(next)) => self.pass(next, None, &refusal.reason, timeline),
                _ => return Err(Error::usage(&refusal.reason, &refusal.help)),
            }
        };
        let from = document.commit.as_ref().map_or("", CommitId::short);
        let detail = match document.status {
            CutStatus::Exists => format!("{} is there, from {from}", document.branch),
            _ => format!("{} from {from}", document.branch),
        };
        self.tell(timeline, "cut", None, detail, None);
        match document.proposal {
            Some(proposal) => self.merge(&proposal.head, &proposal.base, timeline),
            None => Ok(()),
        }
    }

    /// Brings commits onto a branch, by a proposal that is merged.
    async fn back_port(
        &self,
        change: &str,
        (component, to): (&ComponentName, &str),
        timeline: &mut Vec<TimelineEntry>,
    ) -> Result<()> {
        let args = BackportArgs {
            changes: vec![change.to_owned()],
            label: false,
            to: vec![to.to_owned()],
            component: Some(component.clone()),
            again: false,
        };
        let document = backport::run(self.context, &args).await?;
        let stops = matches!(document.status, BackportStatus::Conflict | BackportStatus::Refused);
        if stops {
            return Err(Error::usage(words(&document), BACKPORT));
        }
        for one in &document.backports {
            let title = one.title.as_deref().unwrap_or(change);
            let detail = match &one.branch {
                Some(branch) => format!("{title}, to {to} by {branch}"),
                None => format!("{title}, which {to} has already"),
            };
            self.tell(timeline, "backport", None, detail, None);
            if let Some(branch) = &one.branch {
                self.merge(branch, to, timeline)?;
            }
        }
        Ok(())
    }

    fn merge(&self, proposal: &str, base: &str, timeline: &mut Vec<TimelineEntry>) -> Result<()> {
        self.stage.merge(proposal, base)?;
        self.tell(timeline, "merge", None, format!("{proposal} into {base}"), None);
        Ok(())
    }

    /// Brings a hotfix to the default branch, unless it is there; red before it, and green after.
    pub(super) async fn bring_home(
        &self,
        scripted: &ScriptedRelease,
        change: Option<&str>,
        release: &mut RehearsedRelease,
    ) -> Result<()> {
        let (Some(main), Some(version)) = (&self.context.branch, &scripted.hotfix) else {
            return Ok(());
        };
        let args = hotfix_args(scripted, version, true);
        let checked = self.hotfix(self.context, &args, &mut release.timeline).await?;
        if let Some(change) = change.filter(|_| checked.status == HotfixState::Lacking) {
            let component = release.component.clone();
            self.back_port(change, (&component, main), &mut release.timeline)
                .await?;
            self.hotfix(self.context, &args, &mut release.timeline).await?;
        }
        Ok(())
    }

    async fn hotfix(
        &self,
        context: &Context,
        args: &HotfixArgs,
        timeline: &mut Vec<TimelineEntry>,
    ) -> Result<HotfixDocument> {
        let version = args.version.as_deref().unwrap_or_default();
        let document = hotfix::run(context, args, version).await?;
        if let Some(refusal) = &document.refusal {
            return Err(Error::usage(&refusal.reason, &refusal.help));
        }
        let by = match context.actor == self.context.actor {
            true => String::new(),
            false => format!("{}: ", context.actor),
        };
        self.tell(timeline, "hotfix", None, format!("{by}{}", words(&document)), None);
        Ok(document)
    }
}

const BACKPORT: &str = "write the commits of this release so that they can be applied to both branches";

fn hotfix_args(scripted: &ScriptedRelease, version: &Version, check: bool) -> HotfixArgs {
    HotfixArgs {
        version: Some(version.to_string()),
        component: scripted.component.clone(),
        reason: None,
        check,
    }
}
