//! What the repository and the ledger know of the components that are to be tagged, in one pass for all of them.

use std::collections::BTreeSet;

use super::lines;
use crate::commands::tag::Request;
use crate::context::Context;
use crate::error::Result;
use crate::model::anchor::Anchor;
use crate::model::commit::{Commit, Scope, Tag};
use crate::model::name::{CommitId, ComponentName};
use crate::model::ownership::Ownership;
use crate::model::refusal::Refusal;
use crate::model::state::ComponentState;
use crate::model::version::Version;
use crate::plan::changes::{Changes, Twins, colliding, may_revert, originals, read};
use crate::plan::tag::line::Line;
use crate::plan::tag::tags::{Bases, VersionTag, VersionTags, after_cut, bases, standing, version_tags};
use crate::plan::tag::{Facts, Span};
use crate::ports::ledger::Observed;
use crate::ports::repository::Conflict;

/// What is known of one component.
pub struct Gathered {
    /// Its tags.
    pub tags: VersionTags,
    /// What is in the way of counting at all.
    pub refusal: Option<Refusal>,
    /// What was read of the ledger.
    pub observed: Observed,
    /// What the ledger knows; nothing where none is kept.
    pub recorded: Option<ComponentState>,
    /// The end of the ledger, where there is one.
    pub anchor: Option<Anchor>,
    cut: Option<Line>,
    stable: Option<VersionTag>,
    latest: Option<VersionTag>,
    previous: Option<VersionTag>,
    whole: Span,
    fresh: Option<Span>,
}

impl Gathered {
    /// What is counted from: the stable version, and the previous one where it is another.
    fn bases(&self) -> Vec<Option<CommitId>> {
        let since = |base: &Option<VersionTag>| base.as_ref().map(|base| base.tag.commit.clone());
        let mut bases = vec![since(&self.stable), since(&self.previous)];
        bases.dedup();
        bases
    }

    /// Counts from where a line was cut, whatever was released from its branch since.
    fn go_on(&mut self, found: Option<(Line, Tag)>) {
        let is_beyond = |line: &Line| {
            self.stable
                .as_ref()
                .is_some_and(|stable| line.is_below(&stable.version))
        };
        let Some((line, cut)) = found.filter(|(line, _)| !is_beyond(line)) else {
            return;
        };
        let base = after_cut(&self.tags, line, cut);
        self.cut = Some(line);
        for place in [&mut self.stable, &mut self.previous] {
            if !place.as_ref().is_some_and(|tag| line.holds(&tag.version)) {
                *place = Some(base.clone());
            }
        }
    }

    /// The facts of a decision.
    pub fn facts<'a>(&'a self, context: &'a Context, request: &'a Request, initial: &'a Version) -> Facts<'a> {
        let version = &context.settings.file.version;
        Facts {
            component: &request.component.name,
            prefix: &request.component.tag_prefix,
            wanted: &request.wanted,
            zero_major: version.zero_major,
            initial: version.initial.as_ref().unwrap_or(initial),
            line: request.line,
            hotfix: request.hotfix.as_ref(),
            maintenance: version.maintenance,
            cut: self.cut,
            target: &request.target,
            tags: &self.tags,
            stable: self.stable.as_ref(),
            latest: self.latest.as_ref(),
            previous: self.previous.as_ref(),
            whole: &self.whole,
            fresh: self.fresh.as_ref().unwrap_or(&self.whole),
        }
    }
}

/// Gathers for all of the requests, which have one target.
pub async fn gather(context: &Context, target: &CommitId, requests: &[&Request]) -> Result<Vec<Gathered>> {
    let repository = &context.repository;
    let prefixes: Vec<&str> = requests
        .iter()
        .map(|request| request.component.tag_prefix.as_str())
        .collect();
    let ours = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let (left_behind, conflicts) = fetch(context, target, &ours).await?;
    let all_tags = repository.tags_named(&|name| ours(name) && !left_behind.contains(name))?;
    let sort = |request: &&Request| version_tags(&request.component.tag_prefix, all_tags.clone());
    let sorted: Vec<VersionTags> = requests.iter().map(sort).collect();
    let found: Vec<Bases<'_>> = requests
        .iter()
        .zip(&sorted)
        .map(|(request, tags)| {
            let carried = standing(tags, target, &request.wanted, request.line.as_ref());
            bases(tags, carried, &request.wanted, request.line.as_ref())
        })
        .collect();
    let lists = found
        .iter()
        .flat_map(|bases| [&bases.stable, &bases.any, &bases.previous]);
    let commits = |tags: &Vec<&VersionTag>| tags.iter().map(|tag| tag.tag.commit.clone()).collect();
    let asked: Vec<Vec<CommitId>> = lists.map(commits).collect();
    let mut reached = repository.first_reached(target, &asked)?.into_iter();
    let mut gathered = Vec::new();
    for ((request, tags), found) in requests.iter().zip(&sorted).zip(&found) {
        let mut pick = |tags: &[&VersionTag]| {
            let place = reached.next().flatten()?;
            tags.get(place).map(|tag| (*tag).clone())
        };
        gathered.push(Gathered {
            refusal: refuse(context, &request.component.tag_prefix, &conflicts),
            observed: Observed::default(),
            recorded: None,
            anchor: None,
            cut: None,
            stable: pick(&found.stable),
            latest: pick(&found.any),
            previous: pick(&found.previous),
            whole: Span::default(),
            fresh: None,
            tags: tags.clone(),
        });
    }
    if context.settings.keeps_ledger {
        let view = context.ledger.open().await?;
        let goes_on = lines::goes_on(context)?;
        for (request, one) in requests.iter().zip(&mut gathered) {
            let read = view.component(&request.component.name)?;
            one.observed = Observed::from([(read.stream, read.sequence)]);
            if goes_on && request.line.is_none() {
                let found = lines::cut_below(context, &request.component.name, target, &read.state)?;
                one.go_on(found);
            }
            one.recorded = Some(read.state);
            one.anchor = view.head()?;
        }
    }
    spans(context, target, requests, &mut gathered).await?;
    Ok(gathered)
}

/// Fetches, and takes back what a killed run has made and nobody else has seen: nothing is counted from it. A tag of such
/// a run on the commit that is to be tagged is gone on with. Gives the tags that do not count, and those that differ.
async fn fetch(
    context: &Context,
    target: &CommitId,
    ours: &dyn Fn(&str) -> bool,
) -> Result<(BTreeSet<String>, Vec<Conflict>)> {
    let repository = &context.repository;
    let mut left_behind = BTreeSet::new();
    if !repository.has_remote() {
        return Ok((left_behind, Vec::new()));
    }
    let mut conflicts = repository.fetch().await?;
    let mut hidden = false;
    for tag in repository.unshared().await?.iter().filter(|tag| ours(&tag.name)) {
        let is_shared = tag.there.as_ref() == Some(&tag.commit);
        let goes_on = tag.there.is_none() && tag.commit == *target;
        if tag.is_here && goes_on {
            continue;
        }
        let take_back = tag.is_here && !is_shared;
        if !context.dry_run {
            repository.settle_unshared(tag, take_back)?;
        }
        if take_back {
            left_behind.insert(tag.name.clone());
            hidden |= tag.there.is_some();
        }
    }
    // The remote's tag of that name can come now.
    if hidden && !context.dry_run {
        conflicts = repository.fetch().await?;
        left_behind.clear();
    }
    conflicts.retain(|conflict| !left_behind.contains(&conflict.name));
    Ok((left_behind, conflicts))
}

/// A component's tag that is elsewhere at the remote: neither is a base to count from.
fn refuse(context: &Context, prefix: &str, conflicts: &[Conflict]) -> Option<Refusal> {
    let own = |conflict: &&Conflict| Version::from_tag(prefix, &conflict.name).is_some();
    let conflict = conflicts.iter().find(own)?;
    let remote = &context.settings.remote;
    Some(Refusal::new(
        format!(
            "{} is on commit {} at {remote} and on {} here",
            conflict.name, conflict.there, conflict.here
        ),
        format!(
            "others have the one at {remote}: if yours was never meant, run `git tag --delete {}` and this again",
            conflict.name
        ),
    ))
}

/// Reads what happened since the bases, all components in one pass over the history.
async fn spans(context: &Context, target: &CommitId, requests: &[&Request], gathered: &mut [Gathered]) -> Result<()> {
    let mut scopes = Vec::new();
    for (request, one) in requests.iter().zip(gathered.iter()) {
        for base in one.bases() {
            let own = std::iter::once(&request.component.paths);
            for paths in own.chain(request.component.dependencies.iter().map(|(_, paths)| paths)) {
                scopes.push(Scope {
                    since: base.clone(),
                    ownership: Ownership::of(paths)?,
                });
            }
        }
    }
    context.repository.complete_folders(target, &scopes).await?;
    let commits = context.repository.history(target, &scopes)?;
    let mut by_scope: Vec<Vec<&Commit>> = vec![Vec::new(); scopes.len()];
    for commit in &commits {
        for place in &commit.scopes {
            if let Some(counted) = by_scope.get_mut(*place) {
                counted.push(commit);
            }
        }
    }
    let rules = context.settings.rules();
    let alike: BTreeSet<CommitId> = by_scope.iter().flat_map(|commits| colliding(commits)).collect();
    let patches = context.repository.patch_ids(&Vec::from_iter(alike))?;
    let mut read_scopes = Vec::new();
    for (scope, commits) in scopes.iter().zip(&by_scope) {
        let twins = Twins {
            patches: patches.clone(),
            released: released(context, scope.since.as_ref(), commits)?,
        };
        read_scopes.push(read(commits, &rules, &twins));
    }
    let mut read_scopes = read_scopes.into_iter();
    for (request, one) in requests.iter().zip(gathered) {
        let dependencies = &request.component.dependencies;
        one.whole = span(dependencies, &mut read_scopes);
        one.fresh = (one.bases().len() > 1).then(|| span(dependencies, &mut read_scopes));
    }
    Ok(())
}

/// The originals of picked commits that the base reaches.
fn released(context: &Context, base: Option<&CommitId>, commits: &[&Commit]) -> Result<BTreeSet<CommitId>> {
    let mut originals = originals(commits);
    let Some(base) = base.filter(|_| !originals.is_empty()) else {
        return Ok(BTreeSet::new());
    };
    // People name commits of other repositories as well.
    originals.retain(|id| context.repository.resolve(id.as_str()).is_ok());
    let lists: Vec<Vec<CommitId>> = originals.iter().map(|id| vec![id.clone()]).collect();
    let reached = context.repository.first_reached(base, &lists)?;
    let mut released = BTreeSet::new();
    for (original, _) in originals
        .into_iter()
        .zip(reached)
        .filter(|(_, reached)| reached.is_some())
    {
        // One that was reverted before the base is brought back by its pick.
        let scope = Scope {
            since: Some(original.clone()),
            ownership: Ownership::default(),
        };
        let later = context.repository.history(base, &[scope])?;
        if !later.iter().any(|commit| may_revert(commit, &original)) {
            released.insert(original);
        }
    }
    Ok(released)
}

fn span(dependencies: &[(ComponentName, Vec<String>)], read: &mut impl Iterator<Item = Changes>) -> Span {
    let changes = read.next().unwrap_or_default();
    let names = dependencies.iter().map(|(name, _)| name.clone());
    Span {
        changes,
        dependencies: names.zip(read).collect(),
    }
}
