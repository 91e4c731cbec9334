//! A folder in the OCI image layout (OCI image specification 1.1, "Image Layout") as a repository. Many processes may
//! write into one folder: files are renamed into place whole, and `index.json` is changed under a lock.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use oci_spec::image::{ANNOTATION_REF_NAME, Descriptor, ImageIndex, ImageIndexBuilder, MediaType};
use tempfile::NamedTempFile;
use tokio_util::io::ReaderStream;

use super::descriptor::descriptor;
use super::retry::{Trouble, persist};
use super::stream::Sending;
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::image::Part;
use crate::ports::registry::{Chunks, Input, Manifest, Meter, Placed, Registry, Stored};

/// A layout folder. It is made by the first write.
#[derive(Clone, Debug)]
pub struct LayoutRegistry(PathBuf);

impl LayoutRegistry {
    /// The repository in a folder.
    pub fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The file that holds a blob.
    pub(super) fn blob(&self, digest: &Digest) -> PathBuf {
        self.0.join("blobs/sha256").join(digest.hex())
    }

    /// The entries of `index.json`; none when there is no such file.
    pub(super) fn entries(&self) -> Result<Vec<Descriptor>> {
        Ok(self.index()?.map_or_else(Vec::new, |index| index.manifests().clone()))
    }

    fn index(&self) -> Result<Option<ImageIndex>> {
        let file = self.0.join("index.json");
        let Some(bytes) = read(&file)? else {
            return Ok(None);
        };
        let index = serde_json::from_slice(&bytes);
        index.map(Some).map_err(|error| damaged(&file, error.to_string()))
    }

    fn find(&self, reference: &str) -> Result<Option<Manifest>> {
        let entries = self.entries()?;
        let (digest, entry) = match reference.parse::<Digest>() {
            Ok(digest) => {
                let entry = entries.iter().find(|entry| is(entry, &digest));
                (digest, entry)
            }
            Err(_) => match entries.iter().find(|entry| tag(entry) == Some(reference)) {
                Some(entry) => (entry.digest().as_ref().parse()?, Some(entry)),
                None => return Ok(None),
            },
        };
        let file = self.blob(&digest);
        let Some(bytes) = read(&file)? else {
            return Ok(None);
        };
        let actual = Digest::of(&bytes);
        if actual != digest {
            return Err(damaged(&file, format!("it should have {digest} and has {actual}")));
        }
        let named = entry.map(|entry| entry.media_type().to_string());
        let media_type = named.or_else(|| own_media_type(&bytes));
        Ok(media_type.map(|media_type| Manifest { media_type, bytes }))
    }

    fn prepare(&self) -> Result<()> {
        let blobs = self.0.join("blobs/sha256");
        std::fs::create_dir_all(&blobs).map_err(|error| Error::file("making a layout folder", &blobs, &error))?;
        let file = self.0.join("oci-layout");
        if !file.exists() {
            self.place(br#"{"imageLayoutVersion":"1.0.0"}"#, &file)?;
        }
        Ok(())
    }

    /// Writes a file that is there as a whole or not at all.
    fn place(&self, content: &[u8], file: &Path) -> Result<()> {
        let mut temporary = self.temporary()?;
        temporary
            .write_all(content)
            .map_err(|error| Error::file("writing", file, &error))?;
        persist_whole(temporary, file)
    }

    /// Whether a blob is there with its length.
    fn holds(&self, blob: &Part) -> bool {
        std::fs::metadata(self.blob(&blob.digest)).is_ok_and(|found| found.is_file() && found.len() == blob.bytes)
    }

    /// Where a blob is written to until it is whole.
    fn begin(&self) -> Result<NamedTempFile> {
        self.prepare()?;
        self.temporary()
    }

    fn temporary(&self) -> Result<NamedTempFile> {
        let mut builder = tempfile::Builder::new();
        // As any other file is made, and not for its owner alone.
        let readable = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        let begun = builder.prefix(".writing-").permissions(readable).tempfile_in(&self.0);
        begun.map_err(|error| Error::file("writing", &self.0, &error))
    }

    async fn copy(&self, blob: &Part, from: &Input, meter: &Meter) -> Result<(), Trouble> {
        let file = self.blob(&blob.digest);
        let failed = |error: std::io::Error| Error::file("writing", &file, &error);
        let layout = self.clone();
        let mut temporary = beside(move || layout.begin()).await?;
        let (mut chunks, reading) = Sending::open(blob, from).await?.split();
        // What ends the chunks early is told by what became of reading.
        while let Some(Ok(chunk)) = chunks.recv().await {
            meter.add(chunk.len() as u64);
            temporary.write_all(&chunk).map_err(failed)?;
        }
        Sending::ended(reading).await?;
        let place = file.clone();
        Ok(beside(move || persist_whole(temporary, &place)).await?)
    }

    fn store(&self, manifest: &Manifest, wanted: Option<&str>) -> Result<()> {
        self.prepare()?;
        let digest = manifest.digest();
        let blob = self.blob(&digest);
        if !blob.exists() {
            self.place(&manifest.bytes, &blob)?;
        }
        let lock = self.0.join(".index.lock");
        let held = File::create(&lock).and_then(|file| file.lock().map(|()| file));
        let _held = held.map_err(|error| Error::file("locking", &lock, &error))?;
        let mut index = match self.index()? {
            Some(index) => index,
            None => ImageIndexBuilder::default()
                .schema_version(2_u32)
                .media_type(MediaType::ImageIndex)
                .manifests(Vec::new())
                .build()
                .map_err(|error| Error::Internal(error.to_string()))?,
        };
        let before = index.manifests().clone();
        let mut entries = before.clone();
        enter(&mut entries, manifest, &digest, wanted)?;
        if entries == before {
            return Ok(());
        }
        index.set_manifests(entries);
        let text = serde_json::to_vec(&index).map_err(|error| Error::Internal(error.to_string()))?;
        self.place(&text, &self.0.join("index.json"))
    }
}

/// Gives a file that is written its place.
fn persist_whole(temporary: NamedTempFile, file: &Path) -> Result<()> {
    let failed = |error: std::io::Error| Error::file("writing", file, &error);
    temporary.as_file().sync_all().map_err(failed)?;
    temporary.persist(file).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Puts a manifest among the entries; its tag leaves the entry that had it.
fn enter(entries: &mut Vec<Descriptor>, manifest: &Manifest, digest: &Digest, wanted: Option<&str>) -> Result<()> {
    let Some(wanted) = wanted else {
        if !entries.iter().any(|entry| is(entry, digest)) {
            entries.push(descriptor(&manifest.media_type, manifest.bytes.len() as u64, digest)?);
        }
        return Ok(());
    };
    if entries
        .iter()
        .any(|entry| is(entry, digest) && tag(entry) == Some(wanted))
    {
        return Ok(());
    }
    if let Some(place) = entries.iter().position(|entry| tag(entry) == Some(wanted)) {
        let mut old = entries.remove(place);
        if !entries.iter().any(|entry| entry.digest() == old.digest()) {
            set_tag(&mut old, None);
            entries.insert(place, old);
        }
    }
    let untagged = entries
        .iter()
        .position(|entry| is(entry, digest) && tag(entry).is_none());
    let place = match untagged {
        Some(place) => place,
        None => {
            entries.push(descriptor(&manifest.media_type, manifest.bytes.len() as u64, digest)?);
            entries.len() - 1
        }
    };
    set_tag(&mut entries[place], Some(wanted));
    Ok(())
}

fn set_tag(entry: &mut Descriptor, tag: Option<&str>) {
    let mut annotations = entry.annotations().clone().unwrap_or_default();
    match tag {
        Some(tag) => annotations.insert(ANNOTATION_REF_NAME.to_owned(), tag.to_owned()),
        None => annotations.remove(ANNOTATION_REF_NAME),
    };
    entry.set_annotations(Some(annotations).filter(|annotations| !annotations.is_empty()));
}

/// The tag of an entry.
pub(super) fn tag(entry: &Descriptor) -> Option<&str> {
    let annotations = entry.annotations().as_ref()?;
    annotations.get(ANNOTATION_REF_NAME).map(String::as_str)
}

fn is(entry: &Descriptor, digest: &Digest) -> bool {
    entry.digest().as_ref() == digest.as_str()
}

/// The media type that a manifest gives itself, or that its content shows; nothing when it is no manifest.
pub(super) fn own_media_type(bytes: &[u8]) -> Option<String> {
    let content: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    match content.get("mediaType").and_then(serde_json::Value::as_str) {
        Some(own) => Some(own.to_owned()),
        None if content.get("manifests").is_some() => Some(MediaType::ImageIndex.to_string()),
        None if content.get("layers").is_some() => Some(MediaType::ImageManifest.to_string()),
        None => None,
    }
}

fn read(file: &Path) -> Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    match File::open(file).and_then(|mut file| file.read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("reading", file, &error)),
    }
}

fn damaged(file: &Path, message: String) -> Error {
    Error::Image {
        image: file.display().to_string(),
        message,
        help: "build the image again, or restore the folder from where it came".to_owned(),
    }
}

/// Runs what reads and writes files beside the runtime.
pub(super) async fn beside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.unwrap_or_else(|error| Err(Error::Internal(error.to_string())))
}

#[async_trait]
impl Registry for LayoutRegistry {
    async fn digest(&self, reference: &str) -> Result<Option<Digest>> {
        Ok(self.manifest(reference).await?.map(|manifest| manifest.digest()))
    }

    async fn manifest(&self, reference: &str) -> Result<Option<Manifest>> {
        let (layout, reference) = (self.clone(), reference.to_owned());
        beside(move || layout.find(&reference)).await
    }

    fn checks_references(&self) -> bool {
        false
    }

    async fn has_blobs(&self, blobs: &[&Part]) -> Result<Vec<bool>> {
        Ok(blobs.iter().map(|blob| self.holds(blob)).collect())
    }

    async fn read_blob(&self, digest: &Digest) -> Result<Chunks> {
        let file = self.blob(digest);
        let open = tokio::fs::File::open(&file).await;
        let open = open.map_err(|error| Error::file("reading a blob", &file, &error))?;
        Ok(Box::pin(ReaderStream::with_capacity(open, 256 * 1024)))
    }

    async fn put_blob(&self, blob: &Part, from: &Input, _: Option<&str>, meter: &Arc<Meter>) -> Result<Placed> {
        if !self.holds(blob) {
            persist(|| self.copy(blob, from, meter)).await?;
        }
        Ok(Placed::Uploaded)
    }

    async fn put_manifest(&self, manifest: &Manifest, tag: Option<&str>) -> Result<Stored> {
        let (layout, manifest, tag) = (self.clone(), manifest.clone(), tag.map(str::to_owned));
        beside(move || layout.store(&manifest, tag.as_deref())).await?;
        Ok(Stored::Done)
    }

    async fn tags(&self) -> Result<Option<Vec<String>>> {
        let entries = self.entries()?;
        Ok(Some(entries.iter().filter_map(tag).map(str::to_owned).collect()))
    }

    async fn referrers(&self, subject: &Digest) -> Result<Vec<Descriptor>> {
        let mut found = Vec::new();
        for entry in self.entries()? {
            let Ok(digest) = entry.digest().as_ref().parse::<Digest>() else {
                continue;
            };
            if let Some(bytes) = read(&self.blob(&digest))?
                && subject_of(&bytes).as_ref() == Some(subject)
            {
                found.push(entry);
            }
        }
        Ok(found)
    }

    async fn attach(&self, manifest: &Manifest, _: &Digest) -> Result<Stored> {
        self.put_manifest(manifest, None).await
    }
}

/// The manifest that another is attached to.
pub(super) fn subject_of(bytes: &[u8]) -> Option<Digest> {
    #[derive(serde::Deserialize)]
    struct Attached {
        subject: Option<Descriptor>,
    }
    let attached: Attached = serde_json::from_slice(bytes).ok()?;
    attached.subject?.digest().as_ref().parse().ok()
}
