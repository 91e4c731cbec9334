//! The files that a release changes: those that say its version, and its changelog.

use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::Result;
use crate::model::name::CommitId;
use crate::model::refusal::Refusal;
use crate::model::step::FileContent;
use crate::model::version_file::VersionFile;
use crate::plan::changelog::{self, Entry};
use crate::plan::tag::{Chosen, Facts};
use crate::plan::version_file::{self, Files};

/// Files by their paths, with what they are to hold.
pub type Edits = Vec<(String, Vec<u8>)>;

/// What the files hold once they say the version; those that say it already are left out.
pub fn edited(
    context: &Context,
    component: &ResolvedComponent,
    facts: &Facts<'_>,
    chosen: &Chosen,
    notes: &str,
) -> Result<Result<Vec<FileContent>, Refusal>> {
    let files = version_files(context, component, facts.target)?;
    let mut edited = match version_file::plan(&files.listed, &files.beside, &chosen.version) {
        Ok(edited) => edited,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if let Some(path) = component.changelog.as_ref().filter(|_| !chosen.version.is_prerelease()) {
        let found = context.repository.file(facts.target, path)?;
        let Ok(existing) = found.map(String::from_utf8).transpose() else {
            return Ok(Err(Refusal::new(
                format!("{path} is no UTF-8 text"),
                "save it as UTF-8",
            )));
        };
        let entry = Entry {
            version: &chosen.version,
            tag: &chosen.tag,
            previous_tag: facts.previous.map(|previous| previous.tag.name.as_str()),
            date: context.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date(),
            text: notes,
            links: context.links.as_ref(),
            mark: false,
        };
        match changelog::insert(existing.as_deref(), &entry) {
            Ok(inserted) if Some(&inserted.text) == existing.as_ref() => {}
            Ok(inserted) => edited.push((path.clone(), inserted.text.into_bytes())),
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    contents(context, facts.target, edited)
}

/// Edited files as text. Each has to be one that can be written: no link, no folder.
pub fn contents(context: &Context, target: &CommitId, edited: Edits) -> Result<Result<Vec<FileContent>, Refusal>> {
    let mut files = Vec::new();
    for (path, content) in edited {
        context.repository.is_executable(target, &path)?;
        match String::from_utf8(content) {
            Ok(content) => files.push(FileContent { path, content }),
            Err(_) => {
                return Ok(Err(Refusal::new(
                    format!("{path} is no UTF-8 text"),
                    "save it as UTF-8",
                )));
            }
        }
    }
    Ok(Ok(files))
}

/// The version files of a component as a commit has them.
pub struct VersionFiles {
    /// Those that are listed; one without content is not there.
    pub listed: Vec<(VersionFile, Option<Vec<u8>>)>,
    /// Those that may follow them.
    pub beside: Files,
}

/// Reads the version files of a component at a commit.
pub fn version_files(context: &Context, component: &ResolvedComponent, target: &CommitId) -> Result<VersionFiles> {
    let (mut listed, mut beside) = (Vec::new(), Files::new());
    if component.version_files.is_empty() {
        return Ok(VersionFiles { listed, beside });
    }
    let paths = context.repository.paths(target)?;
    for file in &component.version_files {
        let content = context.repository.file(target, &file.path)?;
        let members = content
            .as_deref()
            .map(|content| version_file::members(&file.path, content, &paths));
        for path in version_file::companions(&file.path)
            .into_iter()
            .chain(members.unwrap_or_default())
        {
            if let Some(content) = context.repository.file(target, &path)? {
                beside.insert(path, content);
            }
        }
        listed.push((file.clone(), content));
    }
    Ok(VersionFiles { listed, beside })
}
