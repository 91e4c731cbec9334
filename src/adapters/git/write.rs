//! Creating refs: always create-if-absent, so that nothing is ever moved.

use git2::{ErrorCode, ObjectType, Repository, Signature, Time};
use jiff::Timestamp;

use super::program::Program;
use super::read::{absent, id, oid};
use crate::error::{Error, Result};
use crate::model::name::CommitId;
use crate::ports::repository::Created;

/// Who tags, as git itself would say it: `GIT_COMMITTER_*`, `user.name`, `user.email`. Where git knows nobody (a fresh
/// runner), tidegate. `now` overrules git's time.
pub(super) fn tagger(program: &Program, now: Option<Timestamp>) -> Result<Signature<'static>> {
    let output = program.run_here(&["var", "GIT_COMMITTER_IDENT"])?;
    let said = String::from_utf8_lossy(&output.stdout);
    let identity = output.status.success().then(|| Identity::parse(said.trim())).flatten();
    let (name, email) = identity
        .as_ref()
        .map_or(("tidegate", "tidegate@localhost"), |identity| {
            (identity.name, identity.email)
        });
    let time = match (now, &identity) {
        (Some(now), _) => Time::new(now.as_second(), 0),
        (None, Some(identity)) => identity.time,
        (None, None) => return Ok(Signature::now(name, email)?),
    };
    Ok(Signature::new(name, email, &time)?)
}

/// `NAME <EMAIL> SECONDS ZONE`, as `git var GIT_COMMITTER_IDENT` prints it.
struct Identity<'a> {
    name: &'a str,
    email: &'a str,
    time: Time,
}

impl<'a> Identity<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (name, rest) = line.split_once(" <")?;
        let (email, date) = rest.rsplit_once("> ")?;
        let (seconds, zone) = date.split_once(' ')?;
        let digits: i32 = zone.get(1..)?.parse().ok()?;
        let minutes = digits / 100 * 60 + digits % 100;
        let offset = if zone.starts_with('-') { -minutes } else { minutes };
        Some(Self {
            name,
            email,
            time: Time::new(seconds.parse().ok()?, offset),
        })
    }
}

/// Writes an annotation; no ref leads to it yet.
pub(super) fn annotation(
    repository: &Repository,
    name: &str,
    commit: &CommitId,
    (tagger, message): (&Signature<'_>, &str),
) -> Result<CommitId> {
    check_name(&format!("refs/tags/{name}"))?;
    let target = repository.find_object(oid(commit)?, Some(ObjectType::Commit))?;
    id(repository.tag_annotation_create(name, &target, tagger, message)?)
}

/// Lets a tag lead to an object, unless there is one of that name.
pub(super) fn place_tag(repository: &Repository, name: &str, object: &CommitId, commit: &CommitId) -> Result<Created> {
    let full = format!("refs/tags/{name}");
    check_name(&full)?;
    let made = repository.reference(&full, oid(object)?, false, "tidegate: created");
    settle(repository, &full, commit, made.map(|_| ()))
}

/// The object that a tag names.
pub(super) fn object(repository: &Repository, name: &str) -> Result<Option<CommitId>> {
    let reference = absent(repository.find_reference(&format!("refs/tags/{name}")))?;
    reference.and_then(|reference| reference.target()).map(id).transpose()
}

/// Deletes a ref; one that is gone is no error.
pub(super) fn delete(repository: &Repository, full: &str) -> Result<()> {
    match absent(repository.find_reference(full))? {
        Some(mut reference) => Ok(reference.delete()?),
        None => Ok(()),
    }
}

/// The object that a ref names, where it leads to the commit.
pub(super) fn object_of(repository: &Repository, full: &str, commit: &CommitId) -> Result<Option<CommitId>> {
    let Some(reference) = absent(repository.find_reference(full))? else {
        return Ok(None);
    };
    let leads = leads_to(&reference)? == oid(commit)?;
    reference.target().filter(|_| leads).map(id).transpose()
}

/// Signs through the program, whose settings say with what and which key.
pub(super) fn create_signed_tag(
    repository: &Repository,
    program: &Program,
    name: &str,
    commit: &CommitId,
    (tagger, message): (&Signature<'_>, &str),
) -> Result<Option<Error>> {
    check_name(&format!("refs/tags/{name}"))?;
    let zone = tagger.when().offset_minutes();
    let (sign, minutes) = (tagger.when().sign(), zone.abs());
    let date = format!(
        "{} {sign}{:02}{:02}",
        tagger.when().seconds(),
        minutes / 60,
        minutes % 60
    );
    let variables = [
        (
            "GIT_COMMITTER_NAME",
            String::from_utf8_lossy(tagger.name_bytes()).into_owned(),
        ),
        (
            "GIT_COMMITTER_EMAIL",
            String::from_utf8_lossy(tagger.email_bytes()).into_owned(),
        ),
        ("GIT_COMMITTER_DATE", date),
    ];
    let arguments = [
        "tag",
        "--sign",
        "--cleanup=verbatim",
        "-m",
        message,
        name,
        commit.as_str(),
    ];
    let output = program.run_as(&arguments, &variables)?;
    if output.status.success() {
        if is_signed(repository, name)? {
            return Ok(None);
        }
        // git 2.39 makes the tag without a signature, and calls that a success, when it cannot read an SSH key.
        withdraw(repository, &format!("refs/tags/{name}"), commit)?;
    }
    Ok(Some(Error::Outside {
        operation: "signing the tag",
        target: name.to_owned(),
        cause: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        retryable: false,
        help: "git signs with `user.signingkey` in the way of `gpg.format` (openpgp, ssh, x509): check with \
               `git config --get-regexp 'gpg|signingkey'`, and that the key's agent is running"
            .to_owned(),
    }))
}

fn is_signed(repository: &Repository, name: &str) -> Result<bool> {
    let reference = repository.find_reference(&format!("refs/tags/{name}"))?;
    let Some(object) = reference.target() else {
        return Ok(false);
    };
    let objects = repository.odb()?;
    let object = objects.read(object)?;
    let mut lines = object.data().split(|byte| *byte == b'\n');
    let begins = |line: &[u8]| line.starts_with(b"-----BEGIN ") && line.ends_with(b"-----");
    Ok(object.kind() == ObjectType::Tag && lines.any(begins))
}

/// What is under a tag's name, as seen from the commit that it was made for.
pub(super) fn present(repository: &Repository, name: &str, commit: &CommitId) -> Result<Option<Created>> {
    let Ok(reference) = repository.find_reference(&format!("refs/tags/{name}")) else {
        return Ok(None);
    };
    let there = id(leads_to(&reference)?)?;
    Ok(Some(if there == *commit {
        Created::Same
    } else {
        Created::Elsewhere(there)
    }))
}

/// Moves a tag here, from where it is now.
pub(super) fn set_tag(repository: &Repository, name: &str, object: &CommitId) -> Result<()> {
    let full = format!("refs/tags/{name}");
    check_name(&full)?;
    let object = oid(object)?;
    match repository.find_reference(&full) {
        Ok(reference) if reference.target() == Some(object) => {}
        Ok(reference) => {
            let current = reference.target().unwrap_or(git2::Oid::ZERO_SHA1);
            repository.reference_matching(&full, object, true, current, "tidegate: moved")?;
        }
        Err(_) => {
            repository.reference(&full, object, false, "tidegate: created")?;
        }
    }
    Ok(())
}

pub(super) fn withdraw(repository: &Repository, full: &str, commit: &CommitId) -> Result<()> {
    match absent(repository.find_reference(full))? {
        Some(mut reference) if leads_to(&reference)? == oid(commit)? => Ok(reference.delete()?),
        _ => Ok(()),
    }
}

pub(super) fn create_branch(repository: &Repository, name: &str, commit: &CommitId) -> Result<Created> {
    let full = format!("refs/heads/{name}");
    check_name(&full)?;
    let target = repository.find_commit(oid(commit)?)?;
    let made = repository.branch(name, &target, false).map(|_| ());
    settle(repository, &full, commit, made)
}

fn check_name(full: &str) -> Result<()> {
    if git2::Reference::is_valid_name(full) {
        return Ok(());
    }
    Err(Error::usage(
        format!("git allows no ref of the name `{full}`"),
        "see git-check-ref-format(1) for the characters that a tag or a branch may have",
    ))
}

fn settle(repository: &Repository, full: &str, commit: &CommitId, made: Result<(), git2::Error>) -> Result<Created> {
    let error = match made {
        Ok(()) => return Ok(Created::New),
        Err(error) => error,
    };
    // A name that collides with another ref's folder "exists" too, but there is nothing to be found under it.
    let present = match repository.find_reference(full) {
        Ok(reference) if error.code() == ErrorCode::Exists => reference,
        _ => return Err(error.into()),
    };
    let there = id(leads_to(&present)?)?;
    Ok(if there == *commit {
        Created::Same
    } else {
        Created::Elsewhere(there)
    })
}

/// The commit that a ref leads to, or the object where it leads to none.
pub(super) fn leads_to(reference: &git2::Reference<'_>) -> Result<git2::Oid> {
    match reference.peel_to_commit() {
        Ok(commit) => Ok(commit.id()),
        Err(error) => reference.target().ok_or_else(|| error.into()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_read_as_git_prints_it() {
        let identity = Identity::parse("Release Manager 1 <one@example.com> 1700000000 -0330").unwrap();
        assert_eq!(
            (identity.name, identity.time.seconds(), identity.time.offset_minutes()),
            ("Release Manager 1", 1_700_000_000, -210)
        );
        assert!(Identity::parse("nobody").is_none());
    }
}
