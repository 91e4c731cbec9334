//! What is back-ported and where to: pull requests with their labels, or commits.

use super::BackportArgs;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::commit::{Commit, Scope};
use crate::model::name::{CommitId, ComponentName};
use crate::model::pull::{Pull, PullState};
use crate::model::refusal::Refusal;
use crate::plan::backport::Subject;
use crate::plan::backport::method::{Method, copies};
use crate::plan::backport::target::{Names, Target};
use crate::plan::changes::telling;
use crate::ports::pulls::Pulls;

/// Something to back-port, with its targets.
pub(super) struct Request {
    /// What; or what it is called and why it cannot be.
    pub(super) subject: Result<Subject, (String, Refusal)>,
    /// The targets that are asked for.
    pub(super) wanted: Vec<Target>,
    /// Those that its labels say are done.
    pub(super) done: Vec<Target>,
}

/// Everything that is asked for.
pub(super) async fn requests(context: &Context, args: &BackportArgs) -> Result<Vec<Request>> {
    let file = &context.settings.file;
    let components: Vec<ComponentName> = file.component.keys().cloned().collect();
    if args.component.is_some() {
        context.settings.component(args.component.as_ref())?;
    }
    let names = Names {
        branch: file.cut.branch.as_deref(),
        label: file.backport.label.as_deref(),
        components: &components,
        chosen: args.component.as_ref(),
    };
    let asker = Asker { context, names };
    let to = asker.to(args)?;
    let mut requests = Vec::new();
    if args.label {
        for pull in asker.labelled().await? {
            requests.extend(asker.pull(pull, &to).await?);
        }
    }
    for text in &args.changes {
        let number = text.strip_prefix('#').unwrap_or(text);
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        if is_number {
            let pull = asker.find(number).await?;
            requests.extend(asker.pull(pull, &to).await?);
        } else {
            requests.push(asker.revision(text, &to).await?);
        }
    }
    Ok(requests)
}

fn not_merged(pull: &Pull) -> Refusal {
    let number = pull.number;
    match pull.state {
        PullState::Closed => Refusal::new(
            format!("pull request {number} was closed without being merged"),
            "only what is in its base is brought elsewhere: reopen and merge it, or give commits, with --to",
        ),
        _ => Refusal::new(
            format!("pull request {number} is not merged"),
            "merge it first: only what is in its base is brought elsewhere",
        ),
    }
}

struct Asker<'a> {
    context: &'a Context,
    names: Names<'a>,
}

impl Asker<'_> {
    fn filled<T>(&self, named: Result<T, String>) -> Result<T> {
        named.map_err(|cause| {
            Error::usage(
                format!(
                    "`branch` under `[cut]` or `label` under `[backport]` in {} cannot be filled in: {cause}",
                    self.context.settings.source
                ),
                "they may use {{{major}}}, {{{minor}}} and {{{component}}}",
            )
        })
    }

    fn to(&self, args: &BackportArgs) -> Result<Vec<Target>> {
        let mut targets: Vec<Target> = Vec::new();
        for text in &args.to {
            let named = self.filled(self.names.named(text))?;
            if named.len() > 1 {
                let branches: Vec<&str> = named.iter().map(|target| target.branch.as_str()).collect();
                return Err(Error::usage(
                    format!("`{text}` is a line of many components: {}", branches.join(", ")),
                    "choose one with --component, or give the branch",
                ));
            }
            for target in named {
                if !targets.contains(&target) {
                    targets.push(target);
                }
            }
        }
        Ok(targets)
    }

    fn pulls(&self, what: &str) -> Result<&dyn Pulls> {
        self.context.pulls.as_deref().ok_or_else(|| {
            Error::usage(
                format!("{what} needs the forge, and no token opens it"),
                "set GITHUB_TOKEN and, outside of a clone from GitHub, GITHUB_REPOSITORY; elsewhere give a commit, a merge or \
                 a range, with --to",
            )
        })
    }

    /// The merged pull requests that labels ask back-ports of, the oldest first.
    async fn labelled(&self) -> Result<Vec<Pull>> {
        let pulls = self.pulls("--label")?;
        let mut found: Vec<Pull> = Vec::new();
        for label in pulls.labels().await? {
            if !self.filled(self.names.asked(&label.name))?.is_empty() {
                found.extend(pulls.merged_with(&label.name).await?);
            }
        }
        found.sort_by_key(|pull| pull.number);
        found.dedup_by_key(|pull| pull.number);
        Ok(found)
    }

    async fn find(&self, number: &str) -> Result<Pull> {
        let pulls = self.pulls(&format!("pull request {number}"))?;
        let found = match number.parse() {
            Ok(number) => pulls.pull(number).await?,
            Err(_) => None,
        };
        found.ok_or_else(|| {
            Error::usage(
                format!("there is no pull request {number}, or the token does not see it"),
                "check the number and GITHUB_REPOSITORY; in a workflow, give the job `permissions: pull-requests: write`",
            )
        })
    }

    /// Nothing where no label asks for anything.
    async fn pull(&self, pull: Pull, to: &[Target]) -> Result<Option<Request>> {
        let (mut wanted, mut done) = (to.to_vec(), Vec::new());
        for label in &pull.labels {
            if to.is_empty() {
                wanted.extend(self.filled(self.names.asked(label))?);
            }
            done.extend(self.filled(self.names.done(label))?);
        }
        wanted.dedup();
        done.retain(|target| !wanted.contains(target));
        let name = format!("#{}", pull.number);
        let merged = pull.merge_commit.clone().filter(|_| pull.state == PullState::Merged);
        let subject = match merged {
            None => Err((name, not_merged(&pull))),
            Some(_) if wanted.is_empty() => return Ok(None),
            Some(merged) => Ok(self.merged(name, pull, merged).await?),
        };
        Ok(Some(Request { subject, wanted, done }))
    }

    async fn merged(&self, name: String, pull: Pull, merged: CommitId) -> Result<Subject> {
        self.bring(&merged, &pull.base).await?;
        let (method, commits) = match self.own_commits(&merged)? {
            Some(commits) => (Method::Merge, commits),
            None => {
                let originals = self.pulls(&name)?.pull_commits(pull.number).await?;
                let newest = self.newest(&merged, originals.len())?;
                let count = copies(&newest, &originals);
                let method = if count > 0 { Method::Rebase } else { Method::Squash };
                let mut commits: Vec<Commit> = newest.into_iter().take(count.max(1)).collect();
                commits.reverse();
                (method, commits)
            }
        };
        Ok(Subject {
            key: pull.number.to_string(),
            name,
            title: pull.title.clone(),
            method: Some(method),
            commits,
            last: merged,
            pull: Some(pull),
        })
    }

    /// Brings the commit here, without moving a ref.
    async fn bring(&self, merged: &CommitId, base: &str) -> Result<()> {
        let repository = &self.context.repository;
        if repository.resolve(merged.as_str()).is_err() {
            let head = repository.resolve("HEAD")?;
            repository.branches_with(&head, &|name| name == base).await?;
        }
        repository.resolve(merged.as_str()).map_err(|_| {
            Error::usage(
                format!("{merged}, which brought the pull request in, is not on {base}"),
                "fetch it, or give the commits that are to be picked, with --to",
            )
        })?;
        Ok(())
    }

    /// What a merge brought; nothing where it is none.
    fn own_commits(&self, merge: &CommitId) -> Result<Option<Vec<Commit>>> {
        match self.context.repository.parents(merge)?.as_slice() {
            [first, _, ..] => self.range(Some(first.clone()), merge).map(Some),
            _ => Ok(None),
        }
    }

    /// The commits that `to` reaches and `from` does not, the oldest first, without merges.
    fn range(&self, from: Option<CommitId>, to: &CommitId) -> Result<Vec<Commit>> {
        let scope = Scope {
            since: from,
            ..Scope::default()
        };
        let mut commits = self.context.repository.history(to, &[scope])?;
        commits.retain(|commit| !commit.merge);
        commits.reverse();
        Ok(commits)
    }

    /// The newest commits, at most as many as there are originals, and at least one.
    fn newest(&self, tip: &CommitId, originals: usize) -> Result<Vec<Commit>> {
        let repository = &self.context.repository;
        let mut below = Some(tip.clone());
        for _ in 0..originals.max(1) {
            below = match below {
                Some(commit) => repository.parents(&commit)?.into_iter().next(),
                None => None,
            };
        }
        let scope = Scope {
            since: below,
            ..Scope::default()
        };
        repository.history(tip, &[scope])
    }

    async fn revision(&self, text: &str, to: &[Target]) -> Result<Request> {
        if to.is_empty() {
            return Err(Error::usage(
                format!("nobody said where `{text}` is to go"),
                "give --to with a release line such as 1.4, or with a branch",
            ));
        }
        let repository = &self.context.repository;
        let (key, commits, method, last) = match text.split_once("..") {
            Some((from, last)) => {
                let (from, last) = (repository.resolve(from)?, repository.resolve(last)?);
                let key = format!("{}-{}", from.short(), last.short());
                (key, self.range(Some(from), &last)?, None, last)
            }
            None => {
                let last = repository.resolve(text)?;
                let key = last.short().to_owned();
                match self.own_commits(&last)? {
                    Some(commits) => (key, commits, Some(Method::Merge), last),
                    None => (key, self.newest(&last, 1)?, None, last),
                }
            }
        };
        let Some(telling) = telling(&commits, &self.context.settings.rules()) else {
            return Err(Error::usage(
                format!("`{text}` holds no commit to pick"),
                "give A..B with B above A, where something but merges is between them",
            ));
        };
        let title = telling.subject().to_owned();
        let subject = Subject {
            key,
            name: text.to_owned(),
            title,
            method,
            commits,
            last,
            pull: None,
        };
        let subject = self.shared(subject).await?;
        Ok(Request {
            subject,
            wanted: to.to_vec(),
            done: Vec::new(),
        })
    }

    /// What the forge is to pick it must have.
    async fn shared(&self, subject: Subject) -> Result<Result<Subject, (String, Refusal)>> {
        if self.context.forge.is_none() {
            return Ok(Ok(subject));
        }
        let branches = self.context.repository.branches_with(&subject.last, &|_| true).await?;
        Ok(match branches.iter().any(|branch| branch.holds) {
            true => Ok(subject),
            false => {
                let reason = format!("{} is on no branch of the remote", subject.last);
                let help = "push it, or merge it, first";
                Err((subject.name, Refusal::new(reason, help)))
            }
        })
    }
}
