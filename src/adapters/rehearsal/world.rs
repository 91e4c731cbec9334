//! The world of a rehearsal: what runs in which environment, and what goes wrong there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::server::Health;
use crate::config::scenario::{Fault, FaultKind};
use crate::model::digest::Digest;
use crate::model::environment::Environment;
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::release::Release;
use crate::ports::target::{Deployment, Target};

/// What runs where. It stands in for every cluster at once.
#[derive(Clone, Default)]
pub struct World(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    running: BTreeMap<(EnvironmentName, ComponentName), Running>,
    faults: Vec<(Digest, Fault)>,
}

struct Running {
    release: Release,
    url: String,
    status: u16,
    version: Option<String>,
}

impl World {
    /// From now on this goes wrong with the release of that digest.
    pub fn inject(&self, digest: Digest, fault: Fault) {
        self.state().faults.push((digest, fault));
    }

    /// How the release that answers at `url` is.
    pub fn health(&self, url: &str) -> Option<Health> {
        let state = self.state();
        let mut all = state.running.iter();
        let ((environment, _), running) = all.find(|(_, running)| running.url == url)?;
        if state.is_faulty(environment, &running.release.digest, FaultKind::Unhealthy) {
            return Some(Health {
                status: 503,
                body: serde_json::json!({ "status": "unhealthy", "error": "injected by the rehearsal" }).to_string(),
            });
        }
        let mut body = serde_json::json!({ "status": "healthy", "digest": running.release.digest });
        if let Some(pointer) = &running.version {
            place(&mut body, pointer, running.release.version.to_string());
        }
        Some(Health {
            status: running.status,
            body: body.to_string(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn is_faulty(&self, environment: &EnvironmentName, digest: &Digest, kind: FaultKind) -> bool {
        let mut faults = self.faults.iter();
        faults.any(|(of, fault)| of == digest && fault.environment == *environment && fault.kind == kind)
    }
}

/// The address that verification asks in an environment.
fn health_url(environment: &Environment) -> String {
    let base = environment.url.as_deref().unwrap_or_default();
    format!("{}{}", base.trim_end_matches('/'), environment.verify.path)
}

/// Puts a value where a JSON Pointer (RFC 6901) points, making the objects on the way.
fn place(body: &mut serde_json::Value, pointer: &str, value: String) {
    let mut at = body;
    for key in pointer.split('/').skip(1) {
        let key = key.replace("~1", "/").replace("~0", "~");
        if !at.is_object() {
            *at = serde_json::json!({});
        }
        at = &mut at[key];
    }
    *at = value.into();
}

#[async_trait]
impl Target for World {
    async fn deploy(&self, deployment: Deployment<'_>) -> Result<(), String> {
        let (environment, release, settings) = (deployment.environment, deployment.release, deployment.settings);
        let mut state = self.state();
        if state.is_faulty(environment, &release.digest, FaultKind::DeployFails) {
            return Err("the deployment failed, as the rehearsal asked".to_owned());
        }
        let running = Running {
            release: release.clone(),
            url: health_url(settings),
            status: settings.verify.status,
            version: settings.verify.version.clone(),
        };
        state
            .running
            .insert((environment.clone(), release.component.clone()), running);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_version_is_placed_where_the_pointer_points() {
        let mut body = serde_json::json!({ "status": "healthy" });
        super::place(&mut body, "/build/version", "1.4.0".to_owned());
        assert_eq!(body.pointer("/build/version").unwrap(), "1.4.0");
        assert_eq!(body["status"], "healthy");
    }
}
