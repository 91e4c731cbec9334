//! temp
#![allow(missing_docs)]
use crate::error::{Error, Result};
use crate::model::digest::Digest;
use crate::model::image::ImageRepository;
use crate::ports::registry::{Manifest, Registries, Registry};
use async_trait::async_trait;
use std::path::{Path, PathBuf};
pub struct RegistryAccess {
    pub username: Option<String>,
    pub password: Option<String>,
    pub docker_config: Option<PathBuf>,
    pub root: PathBuf,
}
pub struct RemoteRegistries(RegistryAccess);
impl RemoteRegistries {
    pub fn new(a: RegistryAccess) -> Self {
        Self(a)
    }
}
impl Registries for RemoteRegistries {
    fn open(&self, r: &ImageRepository) -> Result<Box<dyn Registry>> {
        match r {
            ImageRepository::Layout(p) => Ok(Box::new(LayoutRegistry::new(self.0.root.join(p)))),
            _ => Err(Error::usage("no", "no")),
        }
    }
}
pub struct LayoutRegistry(PathBuf);
impl LayoutRegistry {
    pub fn new(p: PathBuf) -> Self {
        Self(p)
    }
}
#[async_trait]
impl Registry for LayoutRegistry {
    async fn manifest(&self, r: &str) -> Result<Option<Manifest>> {
        let d: Digest = match r.parse() {
            Ok(d) => d,
            Err(_) => match std::fs::read_to_string(self.0.join(format!("tag-{r}"))) {
                Ok(t) => t.parse()?,
                Err(_) => return Ok(None),
            },
        };
        Ok(std::fs::read(self.0.join("blobs/sha256").join(d.hex()))
            .ok()
            .map(|bytes| Manifest {
                media_type: String::new(),
                bytes,
            }))
    }
    async fn has_blob(&self, d: &Digest) -> Result<bool> {
        Ok(self.0.join("blobs/sha256").join(d.hex()).exists())
    }
    async fn put_blob(&self, d: &Digest, f: &Path) -> Result<()> {
        let t = self.0.join("blobs/sha256");
        std::fs::create_dir_all(&t).unwrap();
        std::fs::copy(f, t.join(d.hex())).unwrap();
        Ok(())
    }
    async fn put_manifest(&self, m: &Manifest, tag: Option<&str>) -> Result<()> {
        let t = self.0.join("blobs/sha256");
        std::fs::create_dir_all(&t).unwrap();
        std::fs::write(t.join(m.digest().hex()), &m.bytes).unwrap();
        if let Some(tag) = tag {
            std::fs::write(self.0.join(format!("tag-{tag}")), m.digest().as_str()).unwrap();
        }
        Ok(())
    }
}
