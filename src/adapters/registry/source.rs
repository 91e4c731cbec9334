//! Where an image comes from: a layout folder, an archive, a daemon, or another registry.

mod archive;
mod attached;
mod daemon;
mod docker;
mod files;
mod walk;

use std::path::{Path, PathBuf};

use oci_spec::image::Descriptor;
use tempfile::TempPath;

use files::Files;
use walk::{Place, Walk};

pub use archive::{Found as ArchivePlace, names as archive_names};
pub use walk::check_manifest;

use super::descriptor::descriptor;
use super::layout::{beside, tag};
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::image::{Image, ImageRepository};
use crate::ports::registry::Registry;

/// An image that can be pushed, by where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where it is.
    pub from: From,
    chosen: Chosen,
}

/// Where an image is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// A layout folder, or an archive of docker's or of a layout.
    Path(PathBuf),
    /// A program that keeps images and saves them as an archive.
    Daemon {
        /// The program.
        program: &'static str,
        /// The image.
        image: String,
    },
    /// A repository.
    Repository(ImageRepository),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Chosen {
    Only,
    Tag(String),
    Digest(Digest),
}

impl std::fmt::Display for From {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Daemon { program, image } => write!(f, "{program}://{image}"),
            Self::Repository(repository) => repository.fmt(f),
        }
    }
}

/// An image that was read. What a daemon has saved goes with it.
pub struct Opened {
    /// The image.
    pub image: Image,
    _saved: Option<TempPath>,
}

impl Source {
    /// A path, with `:TAG` or `@sha256:…` where many images are there; `docker://IMAGE` or `podman://IMAGE`; or
    /// `HOST/PATH@sha256:…` and `HOST/PATH:TAG`. What is there under the whole name is meant as a whole.
    ///
    /// # Errors
    /// What follows `@` is no digest.
    pub fn parse(text: &str) -> Result<Self> {
        for program in ["docker", "podman"] {
            if let Some(image) = text.strip_prefix(program).and_then(|rest| rest.strip_prefix("://")) {
                let from = From::Daemon {
                    program,
                    image: image.to_owned(),
                };
                return Ok(Self {
                    from,
                    chosen: Chosen::Only,
                });
            }
        }
        let text = text.strip_prefix("oci:").unwrap_or(text);
        if Path::new(text).exists() {
            return Ok(Self::of_path(Path::new(text)));
        }
        // An archive's tags have a repository before them, and colons of their own.
        let mut colons = text.match_indices(':').map(|(place, _)| text.split_at(place));
        let archive = colons.find(|(place, _)| Path::new(place).is_file());
        let (place, chosen) = match (text.rsplit_once('@'), text.rsplit_once(':')) {
            (Some((place, digest)), _) => (place, Chosen::Digest(digest.parse()?)),
            _ if let Some((place, tag)) = archive => (place, Chosen::Tag(tag[1..].to_owned())),
            (None, Some((place, tag))) if !tag.contains('/') => (place, Chosen::Tag(tag.to_owned())),
            _ => return Ok(Self::of_path(Path::new(text))),
        };
        if Path::new(place).exists() {
            let from = From::Path(place.into());
            return Ok(Self { from, chosen });
        }
        // A name with both: the digest says which.
        let bare = match place.rsplit_once(':') {
            Some((bare, tag)) if matches!(chosen, Chosen::Digest(_)) && !tag.contains('/') => bare,
            _ => place,
        };
        let from = match bare.parse() {
            Ok(repository) => From::Repository(repository),
            Err(_) => From::Path(place.into()),
        };
        Ok(Self { from, chosen })
    }

    /// The only image at a path.
    pub fn of_path(path: &Path) -> Self {
        Self {
            from: From::Path(path.to_owned()),
            chosen: Chosen::Only,
        }
    }

    /// Reads the image: its manifests, and whether each part is there with the length that it should have.
    ///
    /// # Errors
    /// An image error for one that is missing or damaged; a usage error when it is open which is meant.
    pub async fn open(
        &self,
        open: impl Fn(&ImageRepository) -> Result<Box<dyn Registry>>,
        platform: Option<&str>,
    ) -> Result<Opened> {
        let (path, saved) = match &self.from {
            From::Path(path) => (path.clone(), None),
            From::Daemon { program, image } => {
                let saved = daemon::save(program, image).await?;
                (saved.to_path_buf(), Some(saved))
            }
            From::Repository(repository) => {
                let registry = open(repository)?;
                return Ok(Opened {
                    image: self.stored(registry, repository, platform).await?,
                    _saved: None,
                });
            }
        };
        let name = self.from.to_string();
        let files = beside(move || Files::open(&path)).await?;
        let root = self.choose(&name, files.listed())?;
        let image = Walk::new(Place::Files(files), name).image(root, platform).await?;
        Ok(Opened { image, _saved: saved })
    }

    async fn stored(
        &self,
        registry: Box<dyn Registry>,
        repository: &ImageRepository,
        platform: Option<&str>,
    ) -> Result<Image> {
        let reference = match &self.chosen {
            Chosen::Digest(digest) => digest.to_string(),
            Chosen::Tag(tag) => tag.clone(),
            Chosen::Only => String::new(),
        };
        let manifest = registry.manifest(&reference).await?.ok_or_else(|| {
            Error::usage(
                format!("{repository} has no image {reference}"),
                "look at its tags; an image that nothing names any more may have been cleaned up",
            )
        })?;
        let root = descriptor(&manifest.media_type, manifest.bytes.len() as u64, &manifest.digest())?;
        let place = Place::Registry {
            registry,
            repository: repository.clone(),
        };
        Walk::new(place, repository.to_string()).image(root, platform).await
    }

    fn choose(&self, name: &str, entries: &[Descriptor]) -> Result<Descriptor> {
        let fits = |entry: &Descriptor| match &self.chosen {
            Chosen::Only => true,
            Chosen::Tag(wanted) => tag(entry).is_some_and(|tag| tag == wanted || tag.ends_with(&format!(":{wanted}"))),
            Chosen::Digest(digest) => entry.digest().as_ref() == digest.as_str(),
        };
        let listed: Vec<String> = entries
            .iter()
            .map(|entry| match tag(entry) {
                Some(tag) => format!("{name}:{tag} ({})", entry.digest()),
                None => format!("{name}@{}", entry.digest()),
            })
            .collect();
        let mut found: Vec<&Descriptor> = entries.iter().filter(|entry| fits(entry)).collect();
        found.dedup_by(|one, other| one.digest() == other.digest());
        match (found.pop(), found.is_empty()) {
            (Some(entry), true) => Ok(entry.clone()),
            (Some(_), false) => Err(Error::usage(
                format!("{name} holds many images"),
                format!("choose one: {}", listed.join(", ")),
            )),
            (None, _) if listed.is_empty() => Err(damaged(name, "it names no image".to_owned())),
            (None, _) => Err(Error::usage(
                format!("{name} holds no such image"),
                format!("it holds {}", listed.join(", ")),
            )),
        }
    }
}

/// The repository of an image's name, without tag and digest.
pub fn repository_of(image: &str) -> Option<ImageRepository> {
    let name = image.split('@').next().unwrap_or(image);
    match name.rsplit_once(':') {
        Some((bare, tag)) if !tag.contains('/') => bare.parse().ok(),
        _ => name.parse().ok(),
    }
}

fn damaged(image: &str, message: String) -> Error {
    Error::Image {
        image: image.to_owned(),
        message,
        help: "build the image again; nothing was sent".to_owned(),
    }
}
