//! Clones that were made without a part of the history, and refs that are shared with others.

use std::path::PathBuf;

use tidegate::adapters::git::GitRepository;
use tidegate::model::commit::{Scope, TagKind};
use tidegate::model::name::CommitId;
use tidegate::model::ownership::Ownership;
use tidegate::ports::repository::{Created, Moved, Pushed, Repository, Update};

use crate::common::{self, Sandbox};

fn open(sandbox: &Sandbox, folder: &str) -> GitRepository {
    GitRepository::discover(&sandbox.path().join(folder), "origin").unwrap()
}

fn id(text: &str) -> CommitId {
    text.parse().unwrap()
}

/// An origin with three commits and an annotated tag on the first; it serves partial clones.
fn origin() -> Sandbox {
    let sandbox = Sandbox::new("one");
    sandbox.git(&["tag", "--annotate", "--message", "x", "v1.0.0"]);
    sandbox.commit("feat: a", &[("a/deep/one", "1")]);
    sandbox.commit("feat: b", &[("b/one", "1")]);
    sandbox.git(&["push", "--quiet", "origin", "main", "v1.0.0"]);
    sandbox.git_in(
        &sandbox.path().join("origin.git"),
        &["config", "uploadpack.allowFilter", "true"],
    );
    sandbox
}

fn clone(sandbox: &Sandbox, folder: &str, options: &[&str]) -> GitRepository {
    let url = format!("file://{}/origin.git", sandbox.path().display());
    let arguments = [&["clone", "--quiet"], options, &[&url, folder]].concat();
    sandbox.git_in(sandbox.path(), &arguments);
    open(sandbox, folder)
}

fn since(base: &str, paths: &[&str]) -> Scope {
    Scope {
        since: Some(id(base)),
        ownership: Ownership::of(&paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>()).unwrap(),
    }
}

#[tokio::test]
async fn a_shallow_clone_is_made_whole_or_refused() {
    let sandbox = origin();
    let base = sandbox.git(&["rev-parse", "v1.0.0^{commit}"]);
    let repository = clone(&sandbox, "shallow", &["--depth", "1"]);
    let head = repository.resolve("HEAD").unwrap();
    assert!(repository.condition().unwrap().shallow);
    let error = repository.history(&head, &[Scope::default()]).unwrap_err();
    assert_eq!(u8::from(error.exit_code()), 2, "{error}");
    assert!(error.to_string().contains("is missing in this clone"), "{error}");
    repository.complete().await.unwrap();
    assert!(!repository.condition().unwrap().shallow);
    repository.fetch().await.unwrap();
    assert_eq!(repository.reference("refs/tags/v1.0.0").unwrap(), Some(id(&base)));
    assert_eq!(repository.history(&head, &[since(&base, &[])]).unwrap().len(), 2);
    repository.complete().await.unwrap();
    // The remote of this one has no more than it has itself.
    sandbox.git_in(
        sandbox.path(),
        &[
            "clone",
            "--quiet",
            "--depth",
            "1",
            "--bare",
            &format!("file://{}/origin.git", sandbox.path().display()),
            "cut.git",
        ],
    );
    let url = format!("file://{}/cut.git", sandbox.path().display());
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", &url, "below"]);
    let error = open(&sandbox, "below").complete().await.unwrap_err();
    assert_eq!(u8::from(error.exit_code()), 2, "{error}");
    sandbox.git_in(&sandbox.path().join("below"), &["remote", "remove", "origin"]);
    let error = open(&sandbox, "below").complete().await.unwrap_err();
    assert!(error.to_string().contains("there is no remote `origin`"), "{error}");
}

#[tokio::test]
async fn a_partial_clone_gets_what_is_asked_of_it() {
    let sandbox = origin();
    let base = sandbox.git(&["rev-parse", "v1.0.0^{commit}"]);
    for (filter, folder, lacks_folders) in [("blob:none", "blobless", false), ("tree:0", "treeless", true)] {
        let repository = clone(&sandbox, folder, &["--no-checkout", "--filter", filter]);
        let head = repository.resolve("HEAD").unwrap();
        assert_eq!(repository.condition().unwrap().filter.as_deref(), Some(filter));
        let all = [since(&base, &[])];
        repository.complete_folders(&head, &all).await.unwrap();
        assert_eq!(repository.history(&head, &all).unwrap().len(), 2);
        let scopes = [since(&base, &["a/deep"]), since(&base, &["b", "c"])];
        match repository.history(&head, &scopes) {
            Err(error) => {
                assert!(lacks_folders, "{filter}");
                assert_eq!(u8::from(error.exit_code()), 2, "{error}");
            }
            Ok(_) => assert!(!lacks_folders, "{filter}"),
        }
        repository.complete_folders(&head, &scopes).await.unwrap();
        let found = repository.history(&head, &scopes).unwrap();
        let counted: Vec<_> = found
            .iter()
            .map(|commit| (commit.subject(), commit.scopes.clone()))
            .collect();
        assert_eq!(counted, [("feat: b", vec![1]), ("feat: a", vec![0])], "{filter}");
        assert_eq!(
            repository.file(&head, "a/deep/one").unwrap().as_deref(),
            Some(&b"1"[..])
        );
        assert_eq!(repository.file(&head, "a/deep").unwrap(), None);
        assert_eq!(repository.file(&head, "a/none").unwrap(), None);
    }
    let treeless = clone(&sandbox, "alone", &["--no-checkout", "--filter", "tree:0"]);
    sandbox.git_in(
        &sandbox.path().join("alone"),
        &["remote", "set-url", "origin", "/nowhere"],
    );
    let head = treeless.resolve("HEAD").unwrap();
    let error = treeless
        .complete_folders(&head, &[since(&base, &["a"])])
        .await
        .unwrap_err();
    assert_eq!(u8::from(error.exit_code()), 2, "{error}");
}

#[tokio::test]
async fn a_tag_that_lost_its_annotation_gets_it_back() {
    let sandbox = origin();
    let repository = clone(&sandbox, "other", &[]);
    let other = sandbox.path().join("other");
    let object = sandbox.git(&["rev-parse", "v1.0.0"]);
    // What actions/checkout does: the ref is at the commit, and the annotation is not even here.
    sandbox.git_in(&other, &["tag", "--force", "v1.0.0", "v1.0.0^{commit}"]);
    sandbox.git_in(&other, &["gc", "--quiet", "--prune=now"]);
    assert_eq!(sandbox.git_in(&other, &["cat-file", "-t", "v1.0.0"]), "commit");
    assert_eq!(repository.fetch().await.unwrap(), []);
    assert_eq!(sandbox.git_in(&other, &["rev-parse", "v1.0.0"]), object);
    assert_eq!(repository.fetch().await.unwrap(), []);
}

#[tokio::test]
async fn a_floating_tag_moves_from_where_it_is_expected() {
    let sandbox = origin();
    let first = id(&sandbox.git(&["rev-parse", "v1.0.0^{commit}"]));
    let (second, third) = (
        id(&sandbox.git(&["rev-parse", "HEAD~1"])),
        id(&sandbox.git(&["rev-parse", "HEAD"])),
    );
    let (work, other) = (open(&sandbox, "work"), clone(&sandbox, "other", &[]));
    // It was made by hand and annotated.
    sandbox.git(&["tag", "--annotate", "--message", "x", "v1", first.as_str()]);
    sandbox.git(&["push", "--quiet", "origin", "v1"]);
    assert_eq!(
        work.move_tag("v1", &second, None).await.unwrap(),
        Moved::Lost(Some(first.clone()))
    );
    assert_eq!(work.move_tag("v1", &second, Some(&first)).await.unwrap(), Moved::Done);
    assert_eq!(work.reference("refs/tags/v1").unwrap(), Some(second.clone()));
    assert_eq!(
        other.remote_reference("refs/tags/v1").await.unwrap(),
        Some(second.clone())
    );
    assert_eq!(
        other.move_tag("v1", &third, Some(&first)).await.unwrap(),
        Moved::Lost(Some(second.clone()))
    );
    assert_eq!(
        other.reference("refs/tags/v1").unwrap(),
        None,
        "nothing was changed here"
    );
    assert_eq!(other.move_tag("v1", &second, Some(&first)).await.unwrap(), Moved::Same);
    assert_eq!(other.reference("refs/tags/v1").unwrap(), Some(second.clone()));
    assert_eq!(other.move_tag("v1.0", &third, None).await.unwrap(), Moved::Done);
    assert_eq!(
        other.move_tag("v1", &third, None).await.unwrap(),
        Moved::Lost(Some(second.clone()))
    );
    // Six race for one step: it is taken, and nobody is told that it was lost.
    let racers = (0..6).map(|_| {
        let (other, from, to) = (open(&sandbox, "other"), second.clone(), third.clone());
        tokio::spawn(async move { other.move_tag("v1", &to, Some(&from)).await })
    });
    for racer in racers.collect::<Vec<_>>() {
        match racer.await.unwrap() {
            Ok(Moved::Lost(lost)) => panic!("{lost:?}"),
            // A lock that another one holds at the same moment is an error that a second run is safe after.
            Ok(Moved::Done | Moved::Same | Moved::Refused(_)) | Err(_) => {}
        }
    }
    assert_eq!(
        work.remote_reference("refs/tags/v1").await.unwrap(),
        Some(third.clone())
    );
    sandbox.git(&["remote", "remove", "origin"]);
    assert_eq!(work.move_tag("v9", &second, None).await.unwrap(), Moved::Done);
    assert_eq!(
        work.move_tag("v9", &third, None).await.unwrap(),
        Moved::Lost(Some(second.clone()))
    );
    assert_eq!(work.move_tag("v9", &third, Some(&second)).await.unwrap(), Moved::Done);
    assert_eq!(work.reference("refs/tags/v9").unwrap(), Some(third));
}

#[tokio::test]
async fn a_commit_of_files_and_its_tag_are_pushed_together_or_not_at_all() {
    let sandbox = origin();
    let parent = id(&sandbox.git(&["rev-parse", "HEAD"]));
    let work = open(&sandbox, "work");
    let files = [
        ("VERSION".to_owned(), b"1.1.0\n".to_vec()),
        ("b/one".to_owned(), b"2".to_vec()),
    ];
    let commit = |parent: &CommitId, files: &[(String, Vec<u8>)], message: &str| {
        let made = work.commit_files(parent, files, message).unwrap();
        work.follow(parent, &made).unwrap();
        made
    };
    let made = commit(&parent, &files, "chore: release 1.1.0\n");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), made.as_str(), "the branch follows");
    assert_eq!(
        sandbox.git(&["status", "--porcelain"]),
        "",
        "so do the index and the files"
    );
    assert_eq!(
        std::fs::read_to_string(sandbox.work().join("VERSION")).unwrap(),
        "1.1.0\n"
    );
    assert_eq!(
        sandbox.git(&["diff", "--name-only", parent.as_str(), "HEAD"]),
        "VERSION\nb/one"
    );
    assert_eq!(sandbox.git(&["log", "-1", "--format=%s"]), "chore: release 1.1.0");
    // Neither a file that somebody works on nor another branch is touched.
    sandbox.write(&[("VERSION", "mine")]);
    let aside = commit(&made, &files[1..], "fix: b");
    assert_ne!(aside, made, "b/one is the same, the commit is not");
    assert_eq!(
        sandbox.git(&["rev-parse", "HEAD"]),
        aside.as_str(),
        "VERSION is no part of it"
    );
    let other = [("VERSION".to_owned(), b"1.2.0\n".to_vec())];
    let kept = commit(&aside, &other, "fix: c");
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), aside.as_str());
    assert_eq!(std::fs::read_to_string(sandbox.work().join("VERSION")).unwrap(), "mine");
    assert_ne!(commit(&parent, &[("x".to_owned(), vec![])], "fix: d"), kept);
    assert_eq!(sandbox.git(&["rev-parse", "HEAD"]), aside.as_str());

    assert_eq!(
        work.create_tag("v1.1.0", &made, "x", TagKind::Annotated).unwrap(),
        Created::New
    );
    let branch = |from: &CommitId, expected: &CommitId| Update {
        from: from.to_string(),
        reference: "refs/heads/main".to_owned(),
        expected: Some(expected.clone()),
    };
    let tag = Update {
        from: "refs/tags/v1.1.0".to_owned(),
        reference: "refs/tags/v1.1.0".to_owned(),
        expected: None,
    };
    let updates = [branch(&made, &parent), tag.clone()];
    assert_eq!(work.push_together(&updates).await.unwrap(), Pushed::Done);
    assert_eq!(work.push_together(&updates).await.unwrap(), Pushed::Same);
    assert_eq!(
        work.remote_reference("refs/heads/main").await.unwrap(),
        Some(made.clone())
    );
    assert_eq!(
        work.remote_reference("refs/tags/v1.1.0").await.unwrap(),
        Some(made.clone())
    );
    let stale = [
        branch(&aside, &parent),
        Update {
            from: aside.to_string(),
            reference: "refs/tags/v2".to_owned(),
            expected: None,
        },
    ];
    assert_eq!(
        work.push_together(&stale).await.unwrap(),
        Pushed::Lost(vec!["refs/heads/main".to_owned()])
    );
    assert_eq!(
        work.remote_reference("refs/tags/v2").await.unwrap(),
        None,
        "nothing of it came through"
    );
    let error = work.push_together(&[branch(&parent, &made)]).await.unwrap_err();
    assert_eq!(u8::from(error.exit_code()), 2, "{error}");
}

#[test]
fn a_patch_keeps_its_identifier_on_another_branch() {
    let sandbox = Sandbox::new("one");
    let base = sandbox.git(&["rev-parse", "HEAD"]);
    let empty = sandbox.commit("chore: nothing", &[]);
    let fix = sandbox.commit("fix: a", &[("a", "1\n")]);
    let other = sandbox.commit("fix: b", &[("a", "2\n")]);
    sandbox.git(&["checkout", "--quiet", "-b", "release", &base]);
    sandbox.git(&["cherry-pick", &fix]);
    let picked = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.git(&[
        "merge",
        "--quiet",
        "--no-ff",
        "-s",
        "ours",
        "--message",
        "Merge",
        "main",
    ]);
    let merge = sandbox.git(&["rev-parse", "HEAD"]);
    let all = [&base, &empty, &fix, &other, &picked, &merge].map(|commit| id(commit));
    let ids = open(&sandbox, "work").patch_ids(&all).unwrap();
    assert_eq!(ids.len(), 4);
    assert_eq!(ids[&id(&fix)], ids[&id(&picked)]);
    assert_ne!(ids[&id(&fix)], ids[&id(&other)]);
    assert!(ids.contains_key(&id(&base)));
}

/// Sets the clone up to sign, in a way that `git verify-tag` can check.
fn ssh(sandbox: &Sandbox) {
    let key = sandbox.path().join("key");
    let made = sandbox
        .command("ssh-keygen", sandbox.path())
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(&key)
        .status()
        .unwrap();
    assert!(made.success());
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let allowed = sandbox.path().join("allowed");
    std::fs::write(&allowed, format!("maintainer@example.com {public}")).unwrap();
    sandbox.git(&["config", "gpg.format", "ssh"]);
    sandbox.git(&["config", "gpg.ssh.allowedSignersFile", allowed.to_str().unwrap()]);
    sandbox.git(&["config", "user.signingkey", key.to_str().unwrap()]);
}

/// The same with a key of GnuPG, whose home has to have a short path.
fn openpgp(sandbox: &Sandbox) -> PathBuf {
    let home = sandbox.path().join(".gnupg");
    std::fs::create_dir(&home).unwrap();
    let made = sandbox.command("chmod", &home).args(["700", "."]).status().unwrap();
    assert!(made.success());
    let output = sandbox
        .command("gpg", sandbox.path())
        .args([
            "--batch",
            "--quiet",
            "--passphrase",
            "",
            "--quick-generate-key",
            "maintainer <maintainer@example.com>",
        ])
        .args(["ed25519", "sign", "never"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    home
}

fn sign_and_verify(sandbox: &Sandbox, name: &str) {
    let head = id(&sandbox.git(&["rev-parse", "HEAD"]));
    let repository = open(sandbox, "work");
    let message = "app 1.0.0\n\n# not a comment\n";
    assert_eq!(
        repository.create_tag(name, &head, message, TagKind::Signed).unwrap(),
        Created::New
    );
    assert_eq!(
        repository.create_tag(name, &head, message, TagKind::Signed).unwrap(),
        Created::Same
    );
    sandbox.git(&["verify-tag", name]);
    assert!(sandbox.git(&["cat-file", "-p", name]).contains("# not a comment"));
    let other = id(&sandbox.commit("fix: a", &[]));
    assert_eq!(
        repository.create_tag(name, &other, message, TagKind::Signed).unwrap(),
        Created::Elsewhere(head)
    );
}

#[test]
fn a_tag_is_signed_with_ssh() {
    if !common::has("ssh-keygen", "apt-get install openssh-client") {
        return;
    }
    let sandbox = Sandbox::new("one");
    sandbox.git(&["config", "user.name", "maintainer"]);
    sandbox.git(&["config", "user.email", "maintainer@example.com"]);
    ssh(&sandbox);
    sign_and_verify(&sandbox, "v1.0.0");
    sandbox.git(&["config", "user.signingkey", "/nowhere/key"]);
    let head = id(&sandbox.git(&["rev-parse", "HEAD"]));
    let repository = open(&sandbox, "work");
    let error = repository
        .create_tag("v2.0.0", &head, "x", TagKind::Signed)
        .unwrap_err();
    assert!(
        error.to_string().contains("signing the tag failed for v2.0.0"),
        "{error}"
    );
    assert_eq!(repository.reference("refs/tags/v2.0.0").unwrap(), None);
    assert_eq!(
        repository
            .create_tag("v2.0.0", &head, "x", TagKind::Lightweight)
            .unwrap(),
        Created::New
    );
    assert_eq!(sandbox.git(&["cat-file", "-t", "v2.0.0"]), "commit");
}

#[test]
fn a_tag_is_signed_with_openpgp() {
    if !common::has("gpg", "apt-get install gnupg") {
        return;
    }
    let sandbox = Sandbox::new("one");
    sandbox.git(&["config", "user.name", "maintainer"]);
    sandbox.git(&["config", "user.email", "maintainer@example.com"]);
    let home = openpgp(&sandbox);
    // git runs this instead of `gpg`, so that the key is found without the environment of this process.
    let wrapper = sandbox.path().join("gpg-here");
    std::fs::write(
        &wrapper,
        format!("#!/bin/sh\nexec gpg --homedir '{}' \"$@\"\n", home.display()),
    )
    .unwrap();
    let made = sandbox
        .command("chmod", sandbox.path())
        .args(["+x", "gpg-here"])
        .status()
        .unwrap();
    assert!(made.success());
    sandbox.git(&["config", "gpg.program", wrapper.to_str().unwrap()]);
    sign_and_verify(&sandbox, "v1.0.0");
    sandbox
        .command("gpgconf", sandbox.path())
        .args(["--homedir", home.to_str().unwrap(), "--kill", "gpg-agent"])
        .status()
        .unwrap();
}
