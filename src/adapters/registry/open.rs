//! Which adapter a repository needs. What was opened stays open, so that connections and tokens are used again.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::auth::Credentials;
use super::ecr::{Ecr, EcrHost};
use super::layout::LayoutRegistry;
use super::login::Login;
use super::oci::OciRegistry;
use super::transport::Transport;
use crate::error::Result;
use crate::model::image::ImageRepository;
use crate::model::secret::Secret;
use crate::ports::registry::{Registries, Registry};

/// What opening a repository needs.
pub struct RegistryAccess {
    /// The name for the registry.
    pub username: Option<String>,
    /// The password for the registry.
    pub password: Option<Secret>,
    /// Docker's configuration file, asked where name and password are not both given.
    pub docker_config: Option<PathBuf>,
    /// How registries are reached.
    pub transport: Transport,
    /// The folder that the path of an `oci:FOLDER` starts from.
    pub root: PathBuf,
}

/// Opens repositories of registries, and layout folders.
pub struct RemoteRegistries {
    access: RegistryAccess,
    opened: Mutex<BTreeMap<(ImageRepository, bool), OciRegistry>>,
}

impl RemoteRegistries {
    /// Nothing is read or asked until a repository is opened.
    pub fn new(access: RegistryAccess) -> Self {
        Self {
            access,
            opened: Mutex::default(),
        }
    }

    fn login(&self, host: &str, given: bool) -> Result<Login> {
        if let (Some(username), Some(password)) = (&self.access.username, &self.access.password)
            && given
        {
            let credentials = Credentials::new(username, password.expose());
            return Ok(Login::Given(Some(credentials)));
        }
        let kept = match &self.access.docker_config {
            Some(file) => Credentials::of_docker(file, host)?,
            None => None,
        };
        Ok(match EcrHost::parse(host) {
            Some(found) => Login::Ecr(Arc::new(Ecr::new(found)), kept),
            None => Login::Given(kept),
        })
    }

    fn open_with(&self, repository: &ImageRepository, given: bool) -> Result<Box<dyn Registry>> {
        let (host, path) = match repository {
            ImageRepository::Layout(folder) => {
                return Ok(Box::new(LayoutRegistry::new(self.access.root.join(folder))));
            }
            ImageRepository::Registry { host, path } => (host, path),
        };
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(registry) = opened.get(&(repository.clone(), given)) {
            return Ok(Box::new(registry.clone()));
        }
        let registry = OciRegistry::new(host, path, &self.access.transport, self.login(host, given)?)?;
        opened.insert((repository.clone(), given), registry.clone());
        Ok(Box::new(registry))
    }
}

impl Registries for RemoteRegistries {
    fn open(&self, repository: &ImageRepository) -> Result<Box<dyn Registry>> {
        self.open_with(repository, true)
    }

    fn open_other(&self, repository: &ImageRepository) -> Result<Box<dyn Registry>> {
        self.open_with(repository, false)
    }
}
