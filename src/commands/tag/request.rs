//! What is asked for one component, and the plan that it comes to.

use std::path::PathBuf;

use super::document::TagDocument;
use super::gather::Gathered;
use super::preflight::{preflight, waiting_workflows};
use super::release::files as files_of_release;
use super::{files, notes};
use crate::commands::cut::survey;
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::Result;
use crate::model::commit::Scope;
use crate::model::name::CommitId;
use crate::model::ownership::Ownership;
use crate::model::refusal::Refusal;
use crate::model::state::ComponentState;
use crate::model::step::{Action, Step};
use crate::model::version::Version;
use crate::plan::tag::floating::{floating, is_floating};
use crate::plan::tag::hotfix::{reserved, stray};
use crate::plan::tag::line::Line;
use crate::plan::tag::release::{Standing, commit_release, release_subject};
use crate::plan::tag::steps::{Surroundings, steps};
use crate::plan::tag::tags::VersionTag;
use crate::plan::tag::{Decision, Facts, Wanted, decide, rivals, settle};

/// What is asked for one component.
pub struct Request {
    /// The component.
    pub component: ResolvedComponent,
    /// What is asked for.
    pub wanted: Wanted,
    /// The release line of the branch.
    pub line: Option<Line>,
    /// The hotfix that the branch is for.
    pub hotfix: Option<Version>,
    /// The commit to tag.
    pub target: CommitId,
    /// Whether the branch is only planned, to start at that commit.
    pub is_new_branch: bool,
    /// The file for the notes.
    pub notes: Option<PathBuf>,
    /// The files that were given for the release, where one is to be published.
    pub release: Option<Vec<PathBuf>>,
}

/// What a look at the repository came to.
pub enum Planned {
    /// A plan, or its refusal.
    Document(Box<TagDocument>),
    /// The release has a commit of its own by now: plan for that one.
    On(CommitId),
    /// Others changed the remote while it was looked at: look again.
    Again,
}

/// What a release brings beside its tag.
enum Brings {
    Nothing,
    Commit(Box<Step>),
    /// A run before this one brought the commit, and was killed before it was tagged.
    On(CommitId),
    /// The branch has moved since it was fetched.
    Moved,
}

/// Whether a version is free.
enum Settled {
    Yes(Decision),
    No(Refusal),
    On(CommitId),
}

impl Request {
    /// A document about it, before anything is decided.
    pub fn document(&self, context: &Context) -> TagDocument {
        TagDocument::new(self.component.name.clone(), self.target.clone(), context.dry_run)
    }

    /// Decides. What was found stands in the document, also when it is refused.
    pub async fn plan(&self, context: &Context, gathered: &Gathered) -> Result<Planned> {
        let initial = Version::new(0, 1, 0);
        let facts = gathered.facts(context, self, &initial);
        let mut document = self.document(context);
        document.previous_tag = facts.previous.map(|previous| previous.tag.name.clone());
        let floats = !context.settings.file.tag.floating.is_empty();
        let meant = |name: &&String| !(floats && is_floating(&self.component.tag_prefix, name));
        document.ignored_tags = gathered.tags.ignored.iter().filter(meant).cloned().collect();
        let decided = match &gathered.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => decide(&facts),
        };
        let settled = match decided {
            Ok(decision) => self.settle(context, &facts, decision)?,
            Err(refusal) => Settled::No(refusal),
        };
        if let Settled::Yes(decision) = &settled
            && let Some(refusal) = self.kept_back(context, gathered, decision).await?
        {
            return Ok(Planned::Document(Box::new(document.refused(refusal))));
        }
        let mut decision = match settled {
            Settled::Yes(decision) => decision,
            Settled::No(refusal) => return Ok(Planned::Document(Box::new(document.refused(refusal)))),
            Settled::On(commit) => return Ok(Planned::On(commit)),
        };
        if let Decision::Create(chosen) | Decision::Exists(chosen) = &mut decision {
            let told = notes::tell(context, &facts, chosen)?;
            chosen.message = match &gathered.anchor {
                Some(anchor) => format!("{}\n\n{}\n", told.message.trim_end(), anchor.trailer()),
                None => told.message,
            };
            document.notes = Some(told.markdown);
            document.notes_file.clone_from(&self.notes);
        }
        document.tell(&decision);
        if let Some(own) = self.release.as_ref().filter(|_| document.version.is_some()) {
            files_of_release(context, &self.component, own)?;
        }
        let steps = match self.brings(context, &facts, &decision, &document).await? {
            Ok(Brings::Commit(step)) => Ok(vec![*step]),
            Ok(Brings::On(commit)) => return Ok(Planned::On(commit)),
            Ok(Brings::Moved) => return Ok(Planned::Again),
            Ok(Brings::Nothing) => self.steps(context, gathered, &facts, &decision).await?,
            Err(refusal) => Err(refusal),
        };
        let steps = match steps {
            Ok(steps) => preflight(context, &steps).await?.map_or(Ok(steps), Err),
            refused => refused,
        };
        Ok(Planned::Document(Box::new(match steps {
            Ok(steps) => TagDocument {
                waiting_workflows: waiting_workflows(context, &self.target, &steps)?,
                steps: self.write_notes(&document).chain(steps).collect(),
                ..document
            },
            Err(refusal) => document.refused(refusal),
        })))
    }

    /// Why a version is not given here: its line is closed, or it is a hotfix's.
    async fn kept_back(&self, context: &Context, gathered: &Gathered, decision: &Decision) -> Result<Option<Refusal>> {
        let (Decision::Create(chosen) | Decision::Exists(chosen)) = decision else {
            return Ok(None);
        };
        let none = ComponentState::default();
        let recorded = gathered.recorded.as_ref().unwrap_or(&none);
        let (version, new) = (&chosen.version, matches!(decision, Decision::Create(_)));
        if new && let Some(refusal) = survey::closed(context, &self.component, recorded, Line::of(version)).await? {
            return Ok(Some(refusal));
        }
        let is_made = recorded.versions.get(version).is_some_and(|record| record.made);
        let Some(hotfix) = recorded.hotfix(version).filter(|_| !is_made) else {
            return Ok(None);
        };
        // What was made as a hotfix's candidate becomes final wherever it is tagged from.
        if new
            && self.wanted != Wanted::Final
            && let Some(refusal) = reserved(version, hotfix, context.branch.as_deref())
        {
            return Ok(Some(refusal));
        }
        let own = |name: &str| name == hotfix.1.branch;
        let branches = context.repository.branches_with(&self.target, &own).await?;
        let asked = [vec![hotfix.1.commit.clone()]];
        let reached = context.repository.first_reached(&self.target, &asked)?;
        let comes = reached.first().is_some_and(Option::is_some);
        Ok(stray(hotfix, &self.target, branches.first(), recorded, comes))
    }

    /// The commit that a release brings, where files have to say its version first. The last candidate's commit stays as
    /// it was tested.
    async fn brings(
        &self,
        context: &Context,
        facts: &Facts<'_>,
        decision: &Decision,
        document: &TagDocument,
    ) -> Result<Result<Brings, Refusal>> {
        let Decision::Create(chosen) = decision else {
            return Ok(Ok(Brings::Nothing));
        };
        if self.wanted == Wanted::Final {
            return Ok(Ok(Brings::Nothing));
        }
        let notes = document.notes.as_deref().unwrap_or_default();
        let files = match files::edited(context, &self.component, facts, chosen, notes)? {
            Ok(files) if files.is_empty() => return Ok(Ok(Brings::Nothing)),
            Ok(files) => files,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let there = match (&context.branch, context.repository.has_remote()) {
            (Some(_), true) if self.is_new_branch => Some(Some(self.target.clone())),
            (Some(branch), true) => Some(
                context
                    .repository
                    .remote_reference(&format!("refs/heads/{branch}"))
                    .await?,
            ),
            // One that is checked out follows with its files; where another is meant, it is here.
            (Some(branch), false) if context.repository.branch().as_ref() != Some(branch) => {
                context.repository.reference(&format!("refs/heads/{branch}"))?.map(Some)
            }
            _ => None,
        };
        let branch = context.branch.as_deref();
        let (kind, through) = (context.settings.file.tag.kind, context.settings.file.tag.through);
        let stands = |tip: &CommitId| match context.repository.first_reached(&self.target, &[vec![tip.clone()]]) {
            _ if *tip == self.target => Standing::There,
            Ok(reached) if reached.first().is_some_and(Option::is_some) => Standing::Ahead,
            _ => Standing::Elsewhere,
        };
        if let Some(Some(tip)) = &there {
            if context.repository.resolve(tip.as_str()).is_err() {
                return Ok(Ok(Brings::Moved));
            }
            let reached = context.repository.first_reached(tip, &[vec![self.target.clone()]]);
            let is_above = *tip != self.target && reached.is_ok_and(|reached| reached.first() == Some(&Some(0)));
            if is_above && self.is_release_commit(context, &chosen.tag, tip)? {
                return Ok(Ok(Brings::On(tip.clone())));
            }
        }
        let there = there.as_ref().map(|tip| tip.as_ref().map(|tip| (tip, stands(tip))));
        let step = commit_release(facts, chosen, (kind, through), branch, there, files);
        Ok(step.map(|step| Brings::Commit(Box::new(step))))
    }

    /// The floating tags that the version has a claim to, each with the commit that it is on.
    async fn floating(
        &self,
        context: &Context,
        facts: &Facts<'_>,
        decision: &Decision,
    ) -> Result<Vec<(String, Option<CommitId>)>> {
        let (Decision::Create(chosen) | Decision::Exists(chosen)) = decision else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for tag in floating(facts, &chosen.version, &context.settings.file.tag.floating) {
            let reference = format!("refs/tags/{tag}");
            let there = match context.repository.has_remote() {
                true => context.repository.remote_reference(&reference).await?,
                false => context.repository.reference(&reference)?,
            };
            found.push((tag, there));
        }
        Ok(found)
    }

    fn write_notes(&self, document: &TagDocument) -> impl Iterator<Item = Step> + use<> {
        let file = self.notes.clone().zip(document.notes.clone());
        let write = |(path, content)| Step::new(Action::WriteFile { path, content }, "people read what changed");
        file.map(write).into_iter()
    }

    fn settle(&self, context: &Context, facts: &Facts<'_>, decision: Decision) -> Result<Settled> {
        let rivals = rivals(facts, &decision);
        let mut above: Vec<&VersionTag> = Vec::new();
        for rival in &rivals {
            let asked = [vec![self.target.clone()]];
            let reached = context.repository.first_reached(&rival.tag.commit, &asked)?;
            if reached.first().is_none_or(Option::is_none) {
                continue;
            }
            if self.is_release_commit(context, &rival.tag.name, &rival.tag.commit)? {
                return Ok(Settled::On(rival.tag.commit.clone()));
            }
            above.push(rival);
        }
        Ok(match settle(facts, decision, &rivals, &above) {
            Ok(decision) => Settled::Yes(decision),
            Err(refusal) => Settled::No(refusal),
        })
    }

    /// Whether a run before this one has made that commit for a release of this very target.
    fn is_release_commit(&self, context: &Context, tag: &str, commit: &CommitId) -> Result<bool> {
        if self.component.version_files.is_empty() && self.component.changelog.is_none() {
            return Ok(false);
        }
        let scope = Scope {
            since: Some(self.target.clone()),
            ownership: Ownership::default(),
        };
        let commits = context.repository.history(commit, &[scope])?;
        Ok(matches!(commits.as_slice(), [commit] if commit.subject() == release_subject(tag)))
    }

    async fn steps(
        &self,
        context: &Context,
        gathered: &Gathered,
        facts: &Facts<'_>,
        decision: &Decision,
    ) -> Result<Result<Vec<Step>, Refusal>> {
        let there = match decision {
            _ if !context.repository.has_remote() => None,
            Decision::Exists(chosen) => {
                let reference = format!("refs/tags/{}", chosen.tag);
                Some(context.repository.remote_reference(&reference).await?)
            }
            // The fetch brought every tag of the remote; whoever is faster from here on is met by the push.
            _ => Some(None),
        };
        let floating = self.floating(context, facts, decision).await?;
        let surroundings = Surroundings {
            floating: &floating,
            remote: there.as_ref().map(Option::as_ref),
            kind: context.settings.file.tag.kind,
            through: context.settings.file.tag.through,
            recorded: gathered.recorded.as_ref(),
        };
        Ok(steps(facts, decision, &surroundings))
    }
}
