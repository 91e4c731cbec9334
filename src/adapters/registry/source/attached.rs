//! What is attached to an image travels along: signatures, bills of materials, provenance.

use std::collections::BTreeSet;

use oci_spec::image::Descriptor;

use super::files::{Files, read};
use super::walk::{Names, Place, Walk};
use crate::adapters::registry::layout::tag;
use crate::adapters::registry::oci::LARGEST;
use crate::adapters::registry::referrers;
use crate::error::Result;
use crate::model::digest::Digest;
use crate::model::image::{Referrer, Tree};

impl Walk {
    /// What is attached to the manifests of a tree, and to what is attached to them.
    pub(super) async fn attached(&mut self, tree: &Tree) -> Result<Vec<Referrer>> {
        let mut known: BTreeSet<Digest> = tree.manifests().map(|part| part.digest.clone()).collect();
        let mut subjects: Vec<Digest> = known.iter().cloned().collect();
        let mut attached = Vec::new();
        while !subjects.is_empty() {
            let mut found = Vec::new();
            for (subject, entry) in self.referrers_of(&subjects).await? {
                let digest: Digest = entry.digest().as_ref().parse()?;
                if known.insert(digest.clone()) {
                    let tree = self.tree(entry).await?.tree;
                    attached.push(Referrer { subject, tree });
                    found.push(digest);
                }
            }
            subjects = found;
        }
        Ok(attached)
    }

    async fn referrers_of(&self, subjects: &[Digest]) -> Result<Vec<(Digest, Descriptor)>> {
        let registry = match &self.place {
            Place::Files(files) => return in_files(files, subjects),
            Place::Registry { registry, .. } => registry,
        };
        let asked = subjects.iter().map(|subject| registry.referrers(subject));
        let answers = futures_util::future::try_join_all(asked).await?;
        let mut found = Vec::new();
        for (subject, answer) in subjects.iter().zip(answers) {
            for entry in answer {
                found.push((subject.clone(), entry));
            }
        }
        Ok(found)
    }
}

/// Entries of a layout that are attached, or that the index with the subject's tag lists.
fn in_files(files: &Files, subjects: &[Digest]) -> Result<Vec<(Digest, Descriptor)>> {
    let mut found = Vec::new();
    for entry in files.listed() {
        if entry.size() > LARGEST {
            continue;
        }
        // What is wrong with another image is no concern of this one.
        let Ok(part) = files.part(entry) else { continue };
        let Ok(names) = Names::read(&read(&part.content, part.bytes)?) else {
            continue;
        };
        if let Some(subject) = &names.subject {
            let subject = subjects
                .iter()
                .find(|known| known.as_str() == subject.digest().as_ref());
            found.extend(subject.map(|subject| (subject.clone(), entry.clone())));
        } else if let Some(subject) = subjects
            .iter()
            .find(|subject| tag(entry) == Some(referrers::tag(subject).as_str()))
        {
            found.extend(names.manifests().map(|entry| (subject.clone(), entry.clone())));
        }
    }
    Ok(found)
}
