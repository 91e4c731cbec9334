//! The git adapter on real repositories.

use tidegate::adapters::git::GitRepository;
use tidegate::model::commit::{Scope, TagKind};
use tidegate::model::name::CommitId;
use tidegate::model::ownership::Ownership;
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
fn one_pass_over_the_history_answers_many_scopes() {
    let sandbox = Sandbox::new("one");
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    let feature = sandbox.commit("feat: a\n\nbody", &[("a/one", "1"), ("b", "1")]);
    sandbox.git(&["checkout", "--quiet", "-b", "side", &base]);
    let side = sandbox.commit("fix: side", &[("c/d/e", "1")]);
    sandbox.git(&["checkout", "--quiet", "main"]);
    sandbox.git(&["merge", "--quiet", "--no-ff", "--message", "Merge side", "side"]);
    let repository = open(&sandbox, "work");
    let head = repository.resolve("HEAD").unwrap();
    let scope = |since: Option<&str>, paths: &[&str]| Scope {
        since: since.map(id),
        ownership: Ownership::of(&paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>()).unwrap(),
    };
    let scopes = [
        scope(Some(&base), &[]),
        scope(None, &["c/**"]),
        scope(Some(&feature), &["a", "tidegate.toml"]),
        scope(None, &["tidegate.toml"]),
    ];
    let commits = repository.history(&head, &scopes).unwrap();
    let counted = |subject: &str| {
        let found = commits.iter().find(|commit| commit.subject() == subject);
        found.map(|commit| commit.scopes.clone()).unwrap_or_default()
    };
    assert_eq!(commits.len(), 4);
    assert_eq!(commits[0].subject(), "Merge side", "children come before their parents");
    assert!(commits[0].merge);
    assert_eq!(
        counted("Merge side"),
        [0, 1],
        "a merge changes what its first parent did not have"
    );
    assert_eq!(counted("feat: a"), [0]);
    assert_eq!(counted("fix: side"), [0, 1]);
    assert_eq!(counted("chore: set up"), [3], "a root changes all that it brings");
    let written = commits.iter().find(|commit| commit.subject() == "feat: a").unwrap();
    assert_eq!(written.message, "feat: a\n\nbody\n");
    assert_eq!(written.author.name, "maintainer");
    let lists = [vec![id(&side), id(&base)], vec![id(&feature)], vec![]];
    assert_eq!(
        repository.first_reached(&id(&feature), &lists).unwrap(),
        [Some(1), Some(0), None]
    );
}

#[test]
fn a_ref_is_created_once_and_never_moved() {
    let sandbox = Sandbox::new("one");
    let (first, second) = (sandbox.git(&["rev-parse", "HEAD"]), sandbox.commit("fix: a", &[]));
    let repository = open(&sandbox, "work");
    assert_eq!(
        repository
            .create_tag("v1.0.0", &id(&first), "one", TagKind::Annotated)
            .unwrap(),
        Created::New
    );
    assert_eq!(
        repository
            .create_tag("v1.0.0", &id(&first), "two", TagKind::Annotated)
            .unwrap(),
        Created::Same
    );
    assert_eq!(
        repository
            .create_tag("v1.0.0", &id(&second), "three", TagKind::Annotated)
            .unwrap(),
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
    assert!(
        repository
            .create_tag("no good", &id(&first), "x", TagKind::Annotated)
            .is_err()
    );
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
    assert_eq!(other.push(name, &id(&first)).await.unwrap(), Created::New);
    assert_eq!(other.push(name, &id(&first)).await.unwrap(), Created::Same);
    assert_eq!(
        work.push(name, &id(&second)).await.unwrap(),
        Created::Elsewhere(id(&first))
    );
    assert_eq!(work.remote_reference(name).await.unwrap(), Some(id(&first)));
    // Two annotations of one commit are the same release.
    other
        .create_tag("v1", &id(&first), "theirs", TagKind::Annotated)
        .unwrap();
    work.create_tag("v1", &id(&first), "ours", TagKind::Annotated).unwrap();
    assert_eq!(other.push("refs/tags/v1", &id(&first)).await.unwrap(), Created::New);
    assert_eq!(work.push("refs/tags/v1", &id(&first)).await.unwrap(), Created::Same);
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
        repository
            .default_tip()
            .await
            .unwrap()
            .map(|tip| (tip.name, tip.commit)),
        Some(("main".to_owned(), id(&second)))
    );
    sandbox.git_in(&other, &["remote", "set-url", "origin", "../gone.git"]);
    assert_eq!(u8::from(repository.fetch().await.unwrap_err().exit_code()), 6);
    assert_eq!(
        u8::from(
            repository
                .push("refs/tags/differs", &id(&first))
                .await
                .unwrap_err()
                .exit_code()
        ),
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
