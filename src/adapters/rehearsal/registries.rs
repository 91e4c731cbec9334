//! Every registry of a rehearsal: folders under one, a repository each.

use std::path::PathBuf;
use std::sync::Arc;

use crate::adapters::registry::LayoutRegistry;
use crate::error::Result;
use crate::model::image::ImageRepository;
use crate::ports::registry::{Registries, Registry};

/// Opens any repository as an OCI layout in a folder of the stage.
#[derive(Clone)]
pub struct FolderRegistries(PathBuf);

impl FolderRegistries {
    /// Repositories under `root`.
    pub fn new(root: PathBuf) -> Self {
        Self(root)
    }
}

impl Registries for FolderRegistries {
    fn open(&self, repository: &ImageRepository) -> Result<Box<dyn Registry>> {
        let name = match repository {
            ImageRepository::Registry { host, path } => format!("{}/{path}", host.replace(':', "+")),
            ImageRepository::Layout(folder) => format!("layout/{}", folder.display().to_string().replace('/', "+")),
        };
        Ok(Box::new(LayoutRegistry::new(self.0.join(name))))
    }

    fn with_login_for(&self, _: &ImageRepository) -> Arc<dyn Registries> {
        Arc::new(self.clone())
    }
}
