//! What a command works with: the settings, the ports, and who is acting.

use std::sync::Arc;

use crate::config::settings::Settings;
use crate::model::actor::{Actor, Holder};
use crate::ports::checks::Checks;
use crate::ports::clock::Clock;
use crate::ports::ledger::Ledger;
use crate::ports::probe::Probe;
use crate::ports::registry::Registries;
use crate::ports::repository::Repository;
use crate::ports::target::Target;
use crate::report::progress::Progress;

/// Settings, ports and the one who acts.
#[derive(Clone)]
pub struct Context {
    /// The settings.
    pub settings: Arc<Settings>,
    /// Who acts.
    pub actor: Actor,
    /// Where it runs.
    pub holder: Holder,
    /// Whether the plan is shown instead of carried out.
    pub dry_run: bool,
    /// The repository.
    pub repository: Arc<dyn Repository>,
    /// The ledger.
    pub ledger: Arc<dyn Ledger>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The image registries.
    pub registries: Arc<dyn Registries>,
    /// The check results.
    pub checks: Arc<dyn Checks>,
    /// What deploys.
    pub target: Arc<dyn Target>,
    /// What asks a deployed release how it is.
    pub probe: Arc<dyn Probe>,
    /// Who hears what is done.
    pub progress: Arc<dyn Progress>,
}
