//! The check results of a rehearsal: what the scenario has reported so far.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::model::check::Check;
use crate::model::fact::FactState;
use crate::model::name::CommitId;
use crate::ports::checks::Checks;

/// Check results in memory.
#[derive(Clone, Default)]
pub struct ReportedChecks(Arc<Mutex<Vec<Check>>>);

impl ReportedChecks {
    /// From now on these are the results.
    pub fn report(&self, checks: Vec<Check>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = checks;
    }
}

#[async_trait]
impl Checks for ReportedChecks {
    fn source(&self) -> String {
        "the rehearsal's scenario".to_owned()
    }

    async fn of(&self, commit: &CommitId) -> FactState<Vec<Check>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let own = all.iter().filter(|check| check.commit == *commit);
        FactState::Known {
            value: own.cloned().collect(),
        }
    }
}
