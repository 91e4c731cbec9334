//! How a release of a rehearsal is made: its tag, and its image in the registry.

use std::path::PathBuf;

use super::branches::Prepared;
use super::train::Train;
use super::{RehearsedRelease, ReleaseOutcome, TimelineEntry};
use crate::adapters::rehearsal::synthetic;
use crate::commands::cut::candidate;
use crate::commands::push::{self, PushArgs};
use crate::commands::tag::document::TagDocument;
use crate::commands::tag::{self, TagArgs};
use crate::config::scenario::ScriptedRelease;
use crate::config::settings::ResolvedComponent;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::duration::Duration;
use crate::model::name::CommitId;
use crate::model::version::Version;

impl Train<'_> {
    /// Tags each component that has something to release. On a line that is a candidate, as the first one is.
    pub(super) async fn tag(
        &self,
        scripted: &ScriptedRelease,
        context: &Context,
    ) -> Result<Vec<(ResolvedComponent, TagDocument)>> {
        let chosen = |component: &ResolvedComponent| match &scripted.component {
            Some(name) => component.name == *name,
            None => true,
        };
        let channel = match (&scripted.line, &context.branch) {
            (Some(_), Some(branch)) if !scripted.last_candidate => candidate::channel(context, branch)?,
            _ => None,
        };
        let mut tagged = Vec::new();
        for component in context.settings.components().into_iter().filter(chosen) {
            let args = TagArgs {
                component: Some(component.name.clone()),
                commit: "HEAD".to_owned(),
                channel: channel.clone(),
                last_candidate: scripted.last_candidate,
                ..TagArgs::default()
            };
            let document = tag::run(context, &args).await?;
            if let Some(refusal) = &document.refusal {
                return Err(Error::usage(&refusal.reason, &refusal.help));
            }
            if document.tag.is_some() {
                tagged.push((component, document));
            }
        }
        Ok(tagged)
    }

    /// Pushes the image of what was tagged: that of the last candidate, where it becomes final.
    pub(super) async fn make(
        &mut self,
        scripted: &ScriptedRelease,
        prepared: &Prepared,
        (component, tagged): (&ResolvedComponent, TagDocument),
        mut timeline: Vec<TimelineEntry>,
    ) -> Result<RehearsedRelease> {
        let (Some(version), Some(tag)) = (tagged.version, tagged.tag) else {
            return Err(Error::Internal("a tag without a version".to_owned()));
        };
        let commit = tagged.commit;
        let was = match scripted.last_candidate {
            true => self.candidate(component, &version, &commit)?,
            false => String::new(),
        };
        self.tell(
            &mut timeline,
            "tag",
            None,
            format!("{tag} on {}{was}", commit.short()),
            None,
        );
        let source = self.image(scripted, component, &commit)?;
        let to = component
            .image
            .as_ref()
            .map_or_else(|| vec!["oci:image".to_owned()], |_| Vec::new());
        let args = PushArgs {
            source: Some(source.display().to_string()),
            component: Some(component.name.clone()),
            to,
            release: Some(version.to_string()),
            timeout: Duration::from_secs(3600),
            ..PushArgs::default()
        };
        let pushed = push::run(&prepared.context, &args).await?;
        if let Some(refusal) = &pushed.refusal {
            return Err(Error::usage(&refusal.reason, &refusal.help));
        }
        let digest = pushed.digest;
        self.tell(
            &mut timeline,
            "push",
            None,
            format!("{} as {}", pushed.repositories[0].repository, digest.short()),
            None,
        );
        if let Some(fault) = &scripted.fault {
            self.world.inject(digest.clone(), fault.clone());
        }
        Ok(RehearsedRelease {
            component: component.name.clone(),
            version,
            tag,
            commit,
            branch: prepared.context.branch.clone(),
            digest,
            up_to: scripted.up_to.clone(),
            outcome: ReleaseOutcome::Live,
            timeline,
        })
    }

    /// The candidate on the commit that becomes final, in words.
    fn candidate(&self, component: &ResolvedComponent, version: &Version, commit: &CommitId) -> Result<String> {
        let tags = self.context.repository.tags()?;
        let here = tags.iter().filter(|tag| tag.commit == *commit);
        let versions = here.filter_map(|tag| Version::from_tag(&component.tag_prefix, &tag.name));
        let candidates = versions.filter(|found| found.is_prerelease() && found.core() == *version);
        let last = candidates.max_by(|one, other| one.0.cmp_precedence(&other.0));
        Ok(last.map_or(String::new(), |last| {
            format!(", which was {}", last.tag(&component.tag_prefix))
        }))
    }

    /// The image of a commit, as an OCI layout: the one that the scenario names, the one that was pushed before for that
    /// commit, or one that is made here.
    fn image(
        &mut self,
        scripted: &ScriptedRelease,
        component: &ResolvedComponent,
        commit: &CommitId,
    ) -> Result<PathBuf> {
        let key = (component.name.clone(), commit.clone());
        let image = match (&scripted.image, self.images.get(&key)) {
            (Some(image), _) => self.project.join(image),
            (None, Some(known)) => known.clone(),
            (None, None) if scripted.last_candidate => {
                return Err(Error::usage(
                    format!("no image of commit {} was pushed in this rehearsal", commit.short()),
                    "let a release above make the candidate that becomes final",
                ));
            }
            (None, None) => {
                let layout = self.stage.images().join(key.0.as_str()).join(commit.as_str());
                synthetic::write(&layout, &key.0, commit)?;
                layout
            }
        };
        self.images.insert(key, image.clone());
        Ok(image)
    }
}
