//! What `init` writes: a first `tidegate.toml` where there is none, and the files rendered from it.

pub mod branches;
pub mod render;
pub mod resume;
pub mod starter;
pub mod variables;
pub mod words;
pub mod workflow;

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;
use similar::TextDiff;

use crate::model::refusal::Refusal;
use crate::model::step::{Action, Step};

/// How every rendered file starts. A file that starts otherwise was written by somebody else.
pub const HEADER: &str = "# Rendered by `tidegate init`";

/// A file that should be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its path, relative to the root of the repository.
    pub path: PathBuf,
    /// What it should hold.
    pub content: String,
    /// What it holds now; nothing where it is missing.
    pub present: Option<String>,
    /// Whose it is.
    pub kind: Kind,
}

/// Whose a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Written once, then the project's own.
    Starter,
    /// Rendered, again and again.
    Rendered,
}

/// How a file stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FileStatus {
    /// It was written just now.
    Written,
    /// It is as it should be.
    Unchanged,
    /// It is missing, or differs from what would be rendered.
    Stale,
    /// It is there and was not rendered by tidegate.
    Foreign,
}

/// A file and how it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FileReport {
    /// Its path, relative to the root of the repository.
    pub path: PathBuf,
    /// How it stands.
    pub status: FileStatus,
    /// What changes in it, as a unified diff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub struct InitPlan {
    /// The files, in the order in which they are written.
    pub files: Vec<FileReport>,
    /// The steps; none where anything is refused.
    pub steps: Vec<Step>,
    /// Why nothing is done.
    pub refusal: Option<Refusal>,
}

/// Decides what becomes of each file. With `check`, anything that is not as it should be is refused.
pub fn plan(wanted: &[Wanted], check: bool) -> InitPlan {
    let files: Vec<FileReport> = wanted.iter().map(report).collect();
    let refusal = refuse(&files, check);
    let steps = match refusal {
        Some(_) => Vec::new(),
        None => wanted.iter().zip(&files).filter_map(step).collect(),
    };
    InitPlan { files, steps, refusal }
}

fn report(wanted: &Wanted) -> FileReport {
    let status = match (&wanted.present, wanted.kind) {
        (None, _) => FileStatus::Stale,
        (Some(_), Kind::Starter) => FileStatus::Unchanged,
        (Some(present), _) if *present == wanted.content => FileStatus::Unchanged,
        (Some(present), _) if present.starts_with(HEADER) => FileStatus::Stale,
        (Some(_), _) => FileStatus::Foreign,
    };
    FileReport {
        path: wanted.path.clone(),
        status,
        diff: (status == FileStatus::Stale).then(|| diff(wanted)),
    }
}

fn diff(wanted: &Wanted) -> String {
    let path = wanted.path.display();
    let present = wanted.present.as_deref().unwrap_or_default();
    let before = match wanted.present {
        Some(_) => format!("a/{path}"),
        None => "/dev/null".to_owned(),
    };
    TextDiff::from_lines(present, wanted.content.as_str())
        .unified_diff()
        .header(&before, &format!("b/{path}"))
        .to_string()
}

fn refuse(files: &[FileReport], check: bool) -> Option<Refusal> {
    let paths = |status: FileStatus| {
        let of_it = files.iter().filter(|file| file.status == status);
        let paths: Vec<String> = of_it.map(|file| file.path.display().to_string()).collect();
        (!paths.is_empty()).then(|| paths.join(", "))
    };
    if let Some(foreign) = paths(FileStatus::Foreign) {
        return Some(Refusal::new(
            format!("{foreign} was not rendered by tidegate and would be overwritten"),
            "move or delete it, then run `tidegate init` again",
        ));
    }
    let stale = paths(FileStatus::Stale).filter(|_| check)?;
    Some(Refusal::new(
        format!("not as tidegate.toml says: {stale}"),
        "run `tidegate init` and commit what it writes",
    ))
}

fn step((wanted, file): (&Wanted, &FileReport)) -> Option<Step> {
    let reason = match (file.status, &wanted.present) {
        (FileStatus::Stale, None) => "it is missing",
        (FileStatus::Stale, Some(_)) => "it is not as tidegate.toml says",
        _ => return None,
    };
    let action = Action::WriteFile {
        path: wanted.path.clone(),
        content: wanted.content.clone(),
    };
    Some(Step::new(action, reason))
}
