//! The git repository that is released from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use async_trait::async_trait;

use crate::error::Result;
use crate::model::commit::{Commit, Person, Scope, Tag, TagKind};
use crate::model::fact::BranchTip;
use crate::model::name::CommitId;
use crate::model::ownership::Ownership;
use crate::ports::picks::Picks;

/// What a repository is like, before anything is done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// It has no work tree.
    pub bare: bool,
    /// It has no commit.
    pub empty: bool,
    /// A part of its history was left out (`git clone --depth`).
    pub shallow: bool,
    /// The filter that left objects out of it (`git clone --filter`), such as `blob:none`.
    pub filter: Option<String>,
    /// Tracked files that differ from `HEAD`, at most ten.
    pub dirty: Vec<String>,
}

/// Whether a ref could be created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is new.
    New,
    /// It was there already, on that commit.
    Same,
    /// It is there on another commit.
    Elsewhere(CommitId),
    /// The remote refuses it, in its own words.
    Refused(String),
}

/// What became of a tag that was to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// It moved, or is new.
    Done,
    /// It was on the commit already.
    Same,
    /// It is not where it was expected: on this commit, or gone.
    Lost(Option<CommitId>),
    /// The remote refuses it, in its own words.
    Refused(String),
}

/// A ref of the remote that is to change together with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// What it will be: a local ref by its full name, or a commit.
    pub from: String,
    /// Its full name.
    pub reference: String,
    /// The commit that it is on now, which the new one has to descend from; nothing when it must not be there.
    pub expected: Option<CommitId>,
}

/// What became of refs that were to change together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// They changed, all of them.
    Done,
    /// They were like that already, all of them.
    Same,
    /// None changed: these are not where they were expected.
    Lost(Vec<String>),
    /// None changed: the remote refuses it, in its own words.
    Refused(String),
}

/// A tag that was made here and may not have reached the remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unshared {
    /// Its name, without `refs/tags/`.
    pub name: String,
    /// The object that was made: the annotation, or the commit.
    pub object: CommitId,
    /// What it leads to.
    pub commit: CommitId,
    /// Whether the name still leads to that object here.
    pub is_here: bool,
    /// The commit that the name leads to at the remote.
    pub there: Option<CommitId>,
}

/// A tag that is on one commit here and on another at the remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Its name, without `refs/tags/`.
    pub name: String,
    /// The commit here.
    pub here: CommitId,
    /// The commit there.
    pub there: CommitId,
}

/// The default branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultTip {
    /// Its name, without `refs/heads/`.
    pub name: String,
    /// The commit that it is on.
    pub commit: CommitId,
}

/// Which branches to look at, by their names without `refs/heads/`.
pub type BranchFilter<'a> = dyn Fn(&str) -> bool + Send + Sync + 'a;

/// A git repository and its remote.
#[async_trait]
pub trait Repository: Picks {
    /// The root of the work tree, or the git folder of a bare repository.
    fn root(&self) -> PathBuf;

    /// The git folder that all work trees of this clone share.
    fn common_dir(&self) -> PathBuf;

    /// What it is like.
    fn condition(&self) -> Result<Condition>;

    /// The commit that a revision names (gitrevisions(7)).
    ///
    /// # Errors
    /// A usage error when there is no such commit.
    fn resolve(&self, revision: &str) -> Result<CommitId>;

    /// Every tag that leads to a commit.
    fn tags(&self) -> Result<Vec<Tag>>;

    /// Every tag that leads to a commit and whose name is kept; the others are not looked into.
    fn tags_named(&self, keep: &dyn Fn(&str) -> bool) -> Result<Vec<Tag>>;

    /// The commits that `to` reaches and that count in at least one of the scopes, children before their parents: one
    /// pass over the history, however many scopes there are.
    fn history(&self, to: &CommitId, scopes: &[Scope]) -> Result<Vec<Commit>>;

    /// For each list the place of its first commit that `from` reaches (a commit reaches itself). One walk serves all
    /// lists, and it goes no further back than the answers need.
    fn first_reached(&self, from: &CommitId, lists: &[Vec<CommitId>]) -> Result<Vec<Option<usize>>>;

    /// The commits that one of the tips reaches and another does not, children before their parents, each with the places
    /// of the tips that reach it as its scopes. What merges brought is told by the first tip's line of first parents. One
    /// walk serves all tips.
    fn apart(&self, tips: &[CommitId]) -> Result<Vec<Commit>>;

    /// Those of the commits that change something of an owner, against their first parents.
    fn touching(&self, commits: &[CommitId], owner: &Ownership) -> Result<BTreeSet<CommitId>>;

    /// Who wrote a commit: its author, and those whom `Co-authored-by` names.
    ///
    /// # Errors
    /// An outside error when the commit is not in this clone.
    fn authors(&self, commit: &CommitId) -> Result<Vec<Person>>;

    /// The commit of a local or remote-tracking branch, by its full ref name.
    fn reference(&self, name: &str) -> Result<Option<CommitId>>;

    /// The branch that is checked out, without `refs/heads/`.
    fn branch(&self) -> Option<String>;

    /// The message of a tag of this clone; nothing for a lightweight one, or where there is none of that name.
    fn tag_message(&self, name: &str) -> Result<Option<String>>;

    /// The default branch of the remote as it is now, asked over the network, or of this repository where there is no
    /// remote. Its tip is fetched where it is not here; no ref moves. Nothing where there is no branch at all.
    ///
    /// # Errors
    /// A usage error when there are branches and none is known to be the default one.
    async fn default_tip(&self) -> Result<Option<DefaultTip>>;

    /// The same as this clone has fetched it last; nothing where it does not know.
    fn known_default_tip(&self) -> Result<Option<DefaultTip>>;

    /// A file at a commit.
    fn file(&self, commit: &CommitId, path: &str) -> Result<Option<Vec<u8>>>;

    /// What the commits change, as one identifier each: two that bring the same patch have the same one, whatever they
    /// are based on. Merges, commits that change no file, and those whose files are not in this clone have none.
    fn patch_ids(&self, commits: &[CommitId]) -> Result<BTreeMap<CommitId, String>>;

    /// Creates a tag, unless there is one of that name. A lightweight one has no message.
    ///
    /// # Errors
    /// An outside error when it cannot be signed.
    fn create_tag(&self, name: &str, commit: &CommitId, message: &str, kind: TagKind) -> Result<Created>;

    /// Writes a commit that gives files of its parent, by their paths, another content. Nothing leads to it yet.
    fn commit_files(&self, parent: &CommitId, files: &[(String, Vec<u8>)], message: &str) -> Result<CommitId>;

    /// Lets the checked-out branch, the index and the files that changed follow a release's commit, where the branch is at
    /// its parent and the files are as that has them. Gives whether they did.
    fn follow(&self, parent: &CommitId, commit: &CommitId) -> Result<bool>;

    /// Lets the files follow a branch that a killed run has moved, where they are as they were before it.
    fn catch_up(&self) -> Result<()>;

    /// Whether a file of a commit can be run.
    ///
    /// # Errors
    /// A usage error for a link or a folder.
    fn is_executable(&self, commit: &CommitId, path: &str) -> Result<bool>;

    /// Every file of a commit, by its path.
    fn paths(&self, commit: &CommitId) -> Result<Vec<String>>;

    /// Moves a branch of this clone forward from one commit to another. Where it is checked out, its files follow, unless
    /// they differ from the commit.
    fn advance_branch(&self, name: &str, from: &CommitId, to: &CommitId) -> Result<Moved>;

    /// Creates a branch, unless there is one of that name.
    fn create_branch(&self, name: &str, commit: &CommitId) -> Result<Created>;

    /// The tags that a run before this one has made here and has not noted as shared: it was killed.
    async fn unshared(&self) -> Result<Vec<Unshared>>;

    /// Takes the note of such a tag away, and the tag where nobody has seen it and nobody else has made it since.
    fn settle_unshared(&self, tag: &Unshared, take_back: bool) -> Result<()>;

    /// Takes back a local ref that this run created and nobody has seen, by its full name. One that is gone or leads to
    /// another commit by now is left alone.
    fn withdraw(&self, reference: &str, commit: &CommitId) -> Result<()>;

    /// Whether there is a remote to push to.
    fn has_remote(&self) -> bool;

    /// The commit that a ref of the remote leads to, asked over the network.
    async fn remote_reference(&self, name: &str) -> Result<Option<CommitId>>;

    /// The branches of the remote, or of this repository where there is none, that are kept, with their tips. It asks the
    /// network and fetches the tips that are missing; it moves no ref.
    async fn branches(&self, keep: &BranchFilter<'_>) -> Result<Vec<(String, CommitId)>>;

    /// The branches of the remote, or of this repository where there is none, that are kept, each with whether it reaches
    /// the commit. It asks the network and fetches what is missing for the answer; it moves no ref.
    ///
    /// # Errors
    /// A usage error when a part of the history is missing and no branch is known to reach the commit.
    async fn branches_with(&self, commit: &CommitId, keep: &BranchFilter<'_>) -> Result<Vec<BranchTip>>;

    /// Brings the history that the clone was made without.
    ///
    /// # Errors
    /// A usage error when it stays incomplete.
    async fn complete(&self) -> Result<()>;

    /// Brings the folders that `history` will compare for these scopes, where the clone was made without them.
    ///
    /// # Errors
    /// A usage error when they cannot be had.
    async fn complete_folders(&self, to: &CommitId, scopes: &[Scope]) -> Result<()>;

    /// Fetches the remote's tags and branches, without touching local branches. Tags that are on another commit here
    /// stay as they are, and are told. Those that lost their annotation here get it back.
    async fn fetch(&self) -> Result<Vec<Conflict>>;

    /// Creates a ref at the remote from the local one of that name, which leads to that commit, never by force, and never
    /// moves one that is there: `Elsewhere` when the remote has it on another commit, even on one that could be moved
    /// forward, or when the local one is not on the commit any more.
    async fn push(&self, reference: &str, commit: &CommitId) -> Result<Created>;

    /// Moves a tag, lightweight, at the remote and here: only when the remote has it on the commit that is expected, or
    /// has none where none is expected. Without a remote, the one here decides.
    async fn move_tag(&self, name: &str, commit: &CommitId, expected: Option<&CommitId>) -> Result<Moved>;

    /// Changes several refs of the remote at once, or none of them.
    ///
    /// # Errors
    /// A usage error when a ref would not go forward.
    async fn push_together(&self, updates: &[Update]) -> Result<Pushed>;

    /// Who git says works here (`user.name`).
    fn user(&self) -> Option<String>;
}
