//! The files that a release changes: those that say its version, and its changelog.

use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::Result;
use crate::model::name::CommitId;
use crate::model::refusal::Refusal;
use crate::model::step::FileContent;
use crate::plan::changelog::{self, Entry};
use crate::plan::tag::{Chosen, Facts};
use crate::plan::version_file::{self, Files};

/// Files by their paths, with what they are to hold.
type Edits = Vec<(String, Vec<u8>)>;

/// What the files hold once they say the version; those that say it already are left out.
pub fn edited(
    context: &Context,
    component: &ResolvedComponent,
    facts: &Facts<'_>,
    chosen: &Chosen,
    notes: &str,
) -> Result<Result<Vec<FileContent>, Refusal>> {
    let mut edited = match versions(context, component, facts.target, chosen)? {
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
    let mut files = Vec::new();
    for (path, content) in edited {
        context.repository.is_executable(facts.target, &path)?;
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

fn versions(
    context: &Context,
    component: &ResolvedComponent,
    target: &CommitId,
    chosen: &Chosen,
) -> Result<Result<Edits, Refusal>> {
    let mut listed = Vec::new();
    let mut beside = Files::new();
    if component.version_files.is_empty() {
        return Ok(Ok(Vec::new()));
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
    Ok(version_file::plan(&listed, &beside, &chosen.version))
}
