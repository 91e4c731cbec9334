//! The git adapter on real repositories.

use tidegate::adapters::git::GitRepository;
use tidegate::model::name::CommitId;
use tidegate::ports::repository::{Created, Repository};

use crate::common::Sandbox;

fn open(sandbox: &Sandbox, folder: &str) -> GitRepository {
    GitRepository::discover(&sandbox.path().join(folder), "origin").unwrap()
}

fn id(text: &str) -> CommitId {
    text.parse().unwrap()
}

fn second_clone(sandbox: &Sandbox) {
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
}

#[test]
fn commits_are_those_behind_the_hidden_ones_with_their_paths() {
    let sandbox = Sandbox::new("one");
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.commit("feat: a\n\nbody", &[("a/one", "1"), ("b", "1")]);
    sandbox.git(&["checkout", "--quiet", "-b", "side", &base]);
    sandbox.commit("fix: side", &[("c/d/e", "1")]);
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--no-ff", "--message", "Merge side", "side"]);
    let repository = open(&sandbox, "work");
    let head = repository.resolve("HEAD").unwrap();
    let commits = repository.commits(&[id(&base)], &head, true).unwrap();
    assert_eq!(commits.len(), 3);
    assert_eq!(commits[0].subject(), "Merge side");
    assert_eq!(
        commits[0].paths,
        ["c/d/e"],
        "a merge changes what its first parent did not have"
    );
    let feature = commits.iter().find(|commit| commit.subject() == "feat: a").unwrap();
    assert_eq!(
        (feature.message.as_str(), &feature.paths),
        ("feat: a\n\nbody\n", &vec!["a/one".to_owned(), "b".to_owned()])
    );
    assert!(
        repository
            .commits(&[], &head, false)
            .unwrap()
            .iter()
            .all(|commit| commit.paths.is_empty())
    );
    let all = repository.commits(&[], &head, true).unwrap();
    assert_eq!(
        (all.len(), all[3].paths.as_slice()),
        (4, ["tidegate.toml".to_owned()].as_slice())
    );
    assert!(repository.reaches(&head, &id(&base)).unwrap() && !repository.reaches(&id(&base), &head).unwrap());
}

#[test]
fn a_ref_is_created_once_and_never_moved() {
    let sandbox = Sandbox::new("one");
    let (first, second) = (sandbox.git(&["rev-parse", "HEAD"]), sandbox.commit("fix: a", &[]));
    let repository = open(&sandbox, "work");
    assert_eq!(
        repository.create_tag("v1.0.0", &id(&first), "one").unwrap(),
        Created::New
    );
    assert_eq!(
        repository.create_tag("v1.0.0", &id(&first), "two").unwrap(),
        Created::Same
    );
    assert_eq!(
        repository.create_tag("v1.0.0", &id(&second), "three").unwrap(),
        Created::Elsewhere(id(&first))
    );
    assert_eq!(sandbox.git(&["cat-file", "-t", "v1.0.0"]), "tag");
    assert_eq!(
        repository.create_branch("release/1.0", &id(&first)).unwrap(),
        Created::New
    );
    assert_eq!(
        repository.create_branch("release/1.0", &id(&second)).unwrap(),
        Created::Elsewhere(id(&first))
    );
    assert!(repository.create_tag("no good", &id(&first), "x").is_err());
    assert!(
        repository.create_branch("release", &id(&first)).is_err(),
        "the name collides with a folder of refs"
    );
    repository.withdraw("refs/tags/v1.0.0", &id(&second)).unwrap();
    assert_eq!(
        repository.tags().unwrap().len(),
        1,
        "a tag that leads elsewhere is left alone"
    );
    repository.withdraw("refs/tags/v1.0.0", &id(&first)).unwrap();
    repository.withdraw("refs/tags/v1.0.0", &id(&first)).unwrap();
    assert_eq!(repository.tags().unwrap(), []);
}

#[tokio::test]
async fn a_push_creates_and_never_moves_not_even_forward() {
    let sandbox = Sandbox::new("one");
    let first = sandbox.git(&["rev-parse", "HEAD"]);
    let second = sandbox.commit("fix: a", &[]);
    second_clone(&sandbox);
    let (work, other) = (open(&sandbox, "work"), open(&sandbox, "other"));
    other.create_branch("release/1.0", &id(&first)).unwrap();
    work.create_branch("release/1.0", &id(&second)).unwrap();
    let name = "refs/heads/release/1.0";
    assert_eq!(work.remote_reference(name).await.unwrap(), None);
    assert_eq!(other.push(name).await.unwrap(), Created::New);
    assert_eq!(other.push(name).await.unwrap(), Created::Same);
    assert_eq!(work.push(name).await.unwrap(), Created::Elsewhere(id(&first)));
    assert_eq!(work.remote_reference(name).await.unwrap(), Some(id(&first)));
    // Two annotations of one commit are the same release.
    other.create_tag("v1", &id(&first), "theirs").unwrap();
    work.create_tag("v1", &id(&first), "ours").unwrap();
    assert_eq!(other.push("refs/tags/v1").await.unwrap(), Created::New);
    assert_eq!(work.push("refs/tags/v1").await.unwrap(), Created::Same);
    assert_eq!(work.remote_reference("refs/tags/v1").await.unwrap(), Some(id(&first)));
}

#[tokio::test]
async fn a_fetch_brings_everything_but_the_tags_that_differ() {
    let sandbox = Sandbox::new("one");
    let first = sandbox.git(&["rev-parse", "HEAD"]);
    second_clone(&sandbox);
    let second = sandbox.commit("fix: a", &[]);
    for arguments in [["tag", "same"], ["tag", "differs"], ["tag", "new"]] {
        sandbox.git(&arguments);
    }
    sandbox.git(&["push", "--quiet", "origin", "main", "same", "differs", "new"]);
    let other = sandbox.path().join("other");
    sandbox.git_in(&other, &["tag", "differs", &first]);
    let repository = open(&sandbox, "other");
    let conflicts = repository.fetch().await.unwrap();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(
        (conflicts[0].name.as_str(), &conflicts[0].here, &conflicts[0].there),
        ("differs", &id(&first), &id(&second))
    );
    assert_eq!(repository.reference("refs/tags/new").unwrap(), Some(id(&second)));
    assert_eq!(repository.reference("refs/tags/differs").unwrap(), Some(id(&first)));
    assert_eq!(
        repository.reference("refs/remotes/origin/main").unwrap(),
        Some(id(&second))
    );
    assert_eq!(
        repository.default_branch().unwrap().as_deref(),
        Some("refs/remotes/origin/main")
    );
    sandbox.git_in(&other, &["remote", "set-url", "origin", "../gone.git"]);
    assert_eq!(u8::from(repository.fetch().await.unwrap_err().exit_code()), 6);
    assert_eq!(
        u8::from(repository.push("refs/tags/differs").await.unwrap_err().exit_code()),
        6
    );
}

#[test]
fn the_condition_of_a_repository_is_told() {
    let sandbox = Sandbox::new("one");
    let of = |folder: &str| open(&sandbox, folder).condition().unwrap();
    sandbox.write(&[("untracked", "1")]);
    assert!(of("work").dirty.is_empty() && !of("work").empty && !of("work").shallow && !of("work").bare);
    sandbox.write(&[("tidegate.toml", "two")]);
    assert_eq!(of("work").dirty, ["tidegate.toml"]);
    assert!(of("origin.git").bare);
    sandbox.commit("fix: a", &[]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let url = format!("file://{}/origin.git", sandbox.path().display());
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "--depth", "1", &url, "shallow"]);
    assert!(of("shallow").shallow);
    sandbox.git_in(
        &sandbox.path().join("shallow"),
        &["worktree", "add", "--quiet", "../tree"],
    );
    assert!(of("tree").shallow, "a work tree of a shallow clone is shallow");
    assert!(open(&sandbox, "tree").common_dir().ends_with("shallow/.git"));
    assert!(GitRepository::discover(std::path::Path::new("/"), "origin").is_err());
    let empty = Sandbox::empty();
    assert!(open(&empty, "work").condition().unwrap().empty);
}

#[test]
fn a_file_is_read_at_a_commit() {
    let sandbox = Sandbox::new("one");
    let first = id(&sandbox.git(&["rev-parse", "HEAD"]));
    sandbox.commit("fix: a", &[("tidegate.toml", "two"), ("folder/file", "x")]);
    let repository = open(&sandbox, "work");
    let head = repository.resolve("main").unwrap();
    assert_eq!(repository.file(&first, "tidegate.toml").unwrap().unwrap(), b"one");
    assert_eq!(repository.file(&head, "tidegate.toml").unwrap().unwrap(), b"two");
    assert_eq!(repository.file(&first, "folder/file").unwrap(), None);
    assert_eq!(repository.file(&head, "folder").unwrap(), None);
    assert_eq!(u8::from(repository.resolve("nothing").unwrap_err().exit_code()), 2);
}
