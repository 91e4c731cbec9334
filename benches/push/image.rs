//! Images that are pushed: an OCI layout each, in a repository whose HEAD is tagged.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tidegate::model::digest::Digest;

/// An image named `it` in the folder `image` of a repository.
pub struct Image {
    folder: tempfile::TempDir,
    /// The layers and the configuration, each with its file.
    pub blobs: Vec<(String, PathBuf)>,
}

impl Image {
    /// Layers of these lengths that no compression shortens.
    pub fn of(layers: &[u64]) -> Self {
        let mut seed = 1_u64;
        Self::made(layers.len(), |place, file| {
            let mut file = BufWriter::with_capacity(1 << 20, file);
            for _ in 0..layers[place] / 8 {
                // Xorshift.
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                file.write_all(&seed.to_le_bytes()).unwrap();
            }
            file.flush().unwrap();
        })
    }

    /// Layers that take no room on the disk: a number and zeros.
    pub fn sparse(layers: usize, length: u64) -> Self {
        Self::made(layers, |place, file| {
            file.set_len(length).unwrap();
            file.write_all_at(&(place + 1).to_le_bytes(), 0).unwrap();
        })
    }

    fn made(layers: usize, mut fill: impl FnMut(usize, &File)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        let layout = work.join("image");
        let blobs = layout.join("blobs/sha256");
        std::fs::create_dir_all(&blobs).unwrap();
        let mut image = Self {
            folder,
            blobs: Vec::new(),
        };
        let mut parts = Vec::new();
        for place in 0..layers {
            let file = blobs.join("layer");
            fill(place, &File::create(&file).unwrap());
            let part = image.keep(&file);
            parts.push(described("application/vnd.oci.image.layer.v1.tar", &part));
        }
        let write = |content: &str| {
            let file = blobs.join("part");
            std::fs::write(&file, content).unwrap();
            file
        };
        let config = write(r#"{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}"#);
        let config = described("application/vnd.oci.image.config.v1+json", &image.keep(&config));
        const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{config},"layers":[{}]}}"#,
            parts.join(",")
        );
        let manifest = described(MANIFEST, &image.keep(&write(&manifest)));
        image.blobs.pop();
        let named = manifest.replace('}', r#","annotations":{"org.opencontainers.image.ref.name":"it"}}"#);
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{named}]}}"#);
        std::fs::write(layout.join("index.json"), index).unwrap();
        std::fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        std::fs::write(work.join("tidegate.toml"), "[component.app]\nlayout = 'image'\n").unwrap();
        git(&work, &["init", "--quiet"]);
        git(&work, &["config", "user.name", "bench"]);
        git(&work, &["config", "user.email", "bench@example.com"]);
        git(&work, &["add", "tidegate.toml"]);
        git(&work, &["commit", "--quiet", "--message", "feat: it is there"]);
        git(&work, &["tag", "v1.0.0"]);
        image
    }

    /// Gives a file of the layout the name of its digest; tells both digest and length.
    fn keep(&mut self, file: &Path) -> (String, u64) {
        let said = Command::new("sha256sum").arg(file).output().unwrap().stdout;
        let hex = String::from_utf8(said).unwrap()[..64].to_owned();
        let digest: Digest = format!("sha256:{hex}").parse().unwrap();
        let kept = file.with_file_name(&hex);
        std::fs::rename(file, &kept).unwrap();
        let length = kept.metadata().unwrap().len();
        self.blobs.push((hex, kept));
        (digest.to_string(), length)
    }

    /// The repository.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work")
    }
}

fn described(media_type: &str, (digest, size): &(String, u64)) -> String {
    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}}}"#)
}

fn git(work: &Path, arguments: &[&str]) {
    let status = Command::new("git").arg("-C").arg(work).args(arguments).status();
    assert!(status.unwrap().success(), "{arguments:?}");
}
