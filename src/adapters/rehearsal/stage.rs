//! The stage of a rehearsal: a temporary folder with an origin, a clone of it, and a registry. A project that is a
//! git repository is cloned; any other folder is copied and gets a history of its own.

use std::path::{Path, PathBuf};

use git2::{IndexAddOption, Repository, RepositoryInitOptions, Signature, Time};
use jiff::Timestamp;

use crate::adapters::git::program::{Program, failure};
use crate::config::scenario::ScriptedCommit;
use crate::error::{Error, Result};

/// The remote of the clone.
pub const REMOTE: &str = "origin";

/// A temporary folder, gone when this is dropped.
pub struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    /// Sets the stage for a project. `ledger` is the branch that is left out, since a rehearsal has its own.
    pub async fn set(project: &Path, ledger: &str, at: Timestamp) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("tidegate-rehearsal-")
            .tempdir()
            .map_err(|error| Error::file("creating a temporary folder", &std::env::temp_dir(), &error))?;
        let stage = Self { folder };
        if project.join(".git").exists() {
            stage.clone_from(project, ledger).await?;
        } else {
            stage.copy_from(project, at)?;
            stage.push().await?;
            stage.name_default()?;
        }
        Ok(stage)
    }

    /// The clone that the release is made from.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// The folder whose sub-folders are the repositories of the registry.
    pub fn registry(&self) -> PathBuf {
        self.folder.path().join("registry")
    }

    /// A folder for images that the rehearsal makes itself.
    pub fn images(&self) -> PathBuf {
        self.folder.path().join("images")
    }

    /// The origin that everything is shared through.
    pub fn origin(&self) -> PathBuf {
        self.folder.path().join("origin.git")
    }

    async fn clone_from(&self, project: &Path, ledger: &str) -> Result<()> {
        let project = std::fs::canonicalize(project).map_err(|error| Error::file("reading", project, &error))?;
        let (project, origin) = (project.display().to_string(), self.origin().display().to_string());
        self.git(&["clone", "--quiet", "--bare", &project, &origin]).await?;
        let bare = Repository::open(self.origin())?;
        if let Ok(mut reference) = bare.find_reference(&format!("refs/heads/{ledger}")) {
            reference.delete()?;
        }
        let work = self.work().display().to_string();
        self.git(&["clone", "--quiet", &origin, &work]).await?;
        self.sign_as_rehearsal(&Repository::open(self.work())?)
    }

    fn copy_from(&self, project: &Path, at: Timestamp) -> Result<()> {
        let mut options = RepositoryInitOptions::new();
        options.bare(true).initial_head("main");
        Repository::init_opts(self.origin(), &options)?;
        copy(project, &self.work())?;
        let mut options = RepositoryInitOptions::new();
        options.initial_head("main");
        let repository = Repository::init_opts(self.work(), &options)?;
        repository.remote(REMOTE, &self.origin().display().to_string())?;
        self.sign_as_rehearsal(&repository)?;
        let first = ScriptedCommit {
            message: "chore: set up the project".to_owned(),
            files: std::collections::BTreeMap::new(),
            tag: None,
        };
        self.commit(&first, at)
    }

    /// Hooks and signing keys of the person at work have no part in a rehearsal.
    fn sign_as_rehearsal(&self, repository: &Repository) -> Result<()> {
        let mut config = repository.config()?;
        config.set_str("user.name", "rehearsal")?;
        config.set_str("user.email", "rehearsal@tidegate.invalid")?;
        config.set_str("core.hooksPath", "/dev/null")?;
        config.set_bool("commit.gpgSign", false)?;
        config.set_bool("tag.gpgSign", false)?;
        Ok(())
    }

    /// Writes the files of a commit and makes it, dated `at`; with its tag, where it has one.
    pub fn commit(&self, scripted: &ScriptedCommit, at: Timestamp) -> Result<()> {
        let repository = Repository::open(self.work())?;
        for (path, content) in &scripted.files {
            self.write(path, content)?;
        }
        let mut index = repository.index()?;
        index.add_all(["*"], IndexAddOption::DEFAULT, None)?;
        index.write()?;
        let tree = repository.find_tree(index.write_tree()?)?;
        let signature = Signature::new("rehearsal", "rehearsal@tidegate.invalid", &Time::new(at.as_second(), 0))?;
        let parent = repository.head().ok().map(|head| head.peel_to_commit()).transpose()?;
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        let id = repository.commit(Some("HEAD"), &signature, &signature, &scripted.message, &tree, &parents)?;
        if let Some(tag) = &scripted.tag {
            let target = repository.find_object(id, None)?;
            repository.tag(tag, &target, &signature, tag, false)?;
        }
        Ok(())
    }

    /// Writes a file of the project, wherever its links lead, and none elsewhere.
    fn write(&self, path: &Path, content: &str) -> Result<()> {
        let file = self.work().join(path);
        let folder = file.parent().unwrap_or(&file);
        let failed = |error| Error::file("writing", &file, &error);
        std::fs::create_dir_all(folder).map_err(failed)?;
        let inside = folder.canonicalize().map_err(failed)?;
        if file.is_symlink() || !inside.starts_with(self.work().canonicalize().map_err(failed)?) {
            return Err(Error::usage(
                format!("`{}` is no file of the project: a link leads to it", path.display()),
                "name the file itself in the scenario",
            ));
        }
        std::fs::write(&file, content).map_err(failed)
    }

    /// Pushes the branch and its tags to the stage's own origin.
    pub async fn push(&self) -> Result<()> {
        let work = self.work().display().to_string();
        self.git(&[
            "-C",
            &work,
            "push",
            "--quiet",
            "--set-upstream",
            "--follow-tags",
            REMOTE,
            "HEAD",
        ])
        .await
    }

    /// Notes in the clone that the branch which is checked out is the default one, as a clone of it would have it.
    fn name_default(&self) -> Result<()> {
        let repository = Repository::open(self.work())?;
        let head = repository.head()?;
        let branch = head.shorthand().unwrap_or("main");
        let name = format!("refs/remotes/{REMOTE}/HEAD");
        let target = format!("refs/remotes/{REMOTE}/{branch}");
        repository.reference_symbolic(&name, &target, true, "tidegate: rehearsal")?;
        Ok(())
    }

    /// Whether the origin has a branch.
    pub fn has(&self, branch: &str) -> Result<bool> {
        let origin = Repository::open(self.origin())?;
        let found = origin.find_reference(&format!("refs/heads/{branch}"));
        Ok(found.is_ok())
    }

    /// Checks a branch out as the origin has it.
    pub async fn check_out(&self, branch: &str) -> Result<()> {
        if !self.has(branch)? {
            return Err(Error::usage(
                format!("there is no branch {branch} in the rehearsal"),
                "let a release before this one make it",
            ));
        }
        let (work, there) = (self.work().display().to_string(), format!("{REMOTE}/{branch}"));
        self.git(&["-C", &work, "fetch", "--quiet", "--tags", REMOTE]).await?;
        self.git(&["-C", &work, "checkout", "--quiet", "-B", branch, &there])
            .await
    }

    /// Merges a proposal in the origin, as a person does at a forge, and deletes its branch. In a rehearsal nothing else
    /// comes between, so that the base goes forward.
    pub fn merge(&self, proposal: &str, base: &str) -> Result<()> {
        let origin = Repository::open(self.origin())?;
        let mut proposed = origin.find_reference(&format!("refs/heads/{proposal}"))?;
        let tip = proposed.peel_to_commit()?.id();
        let mut reference = origin.find_reference(&format!("refs/heads/{base}"))?;
        if !origin.graph_descendant_of(tip, reference.peel_to_commit()?.id())? {
            return Err(Error::Internal(format!("{proposal} does not go on from {base}")));
        }
        reference.set_target(tip, "tidegate: rehearsal")?;
        proposed.delete()?;
        Ok(())
    }

    async fn git(&self, arguments: &[&str]) -> Result<()> {
        let output = Program::new(self.folder.path().to_owned()).run(arguments).await?;
        if output.status.success() {
            return Ok(());
        }
        Err(failure("setting the stage of a rehearsal", arguments[0], &output))
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    let fails = |error: std::io::Error| Error::file("copying", from, &error);
    std::fs::create_dir_all(to).map_err(fails)?;
    for entry in std::fs::read_dir(from).map_err(fails)? {
        let entry = entry.map_err(fails)?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type().map_err(fails)?;
        if kind.is_dir() {
            copy(&entry.path(), &target)?;
        } else if kind.is_file() {
            std::fs::copy(entry.path(), &target).map_err(fails)?;
        }
    }
    Ok(())
}
