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
    access: Arc<RegistryAccess>,
    /// The one host that the given login is for; all of them where there is none.
    host: Option<String>,
    opened: Mutex<BTreeMap<ImageRepository, OciRegistry>>,
}

impl RemoteRegistries {
    /// Nothing is read or asked until a repository is opened.
    pub fn new(access: RegistryAccess) -> Self {
        Self {
            access: Arc::new(access),
            host: None,
            opened: Mutex::default(),
        }
    }

    fn login(&self, host: &str) -> Result<Login> {
        if let (Some(username), Some(password)) = (&self.access.username, &self.access.password)
            && self.host.as_ref().is_none_or(|only| only == host)
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
}

impl Registries for RemoteRegistries {
    fn open(&self, repository: &ImageRepository) -> Result<Box<dyn Registry>> {
        let (host, path) = match repository {
            ImageRepository::Layout(folder) => {
                return Ok(Box::new(LayoutRegistry::new(self.access.root.join(folder))));
            }
            ImageRepository::Registry { host, path } => (host, path),
        };
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(registry) = opened.get(repository) {
            return Ok(Box::new(registry.clone()));
        }
        let registry = OciRegistry::new(host, path, &self.access.transport, self.login(host)?)?;
        opened.insert(repository.clone(), registry.clone());
        Ok(Box::new(registry))
    }

    fn with_login_for(&self, repository: &ImageRepository) -> Arc<dyn Registries> {
        let host = match repository {
            ImageRepository::Registry { host, .. } => host.clone(),
            ImageRepository::Layout(_) => String::new(),
        };
        Arc::new(Self {
            access: self.access.clone(),
            host: Some(host),
            opened: Mutex::default(),
        })
    }
}
