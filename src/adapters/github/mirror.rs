//! The mirror of the ledger on GitHub. What goes wrong is told once for deployments and once for verdicts, and where GitHub
//! does not answer nothing more is tried.

mod deployment;
mod found;
mod verdict;

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;

use super::GitHub;
use super::answer::{Looked, Unseen};
use crate::error::{Error, Result};
use crate::model::mirror::{ShownDeployment, ShownVerdict};
use crate::model::recovery::FoundDeployment;
use crate::ports::ledger::Anchored;
use crate::ports::mirror::Mirror;

/// What has gone wrong and was told.
#[derive(Debug, Default)]
pub(super) struct Told {
    deployments: AtomicBool,
    verdicts: AtomicBool,
}

#[async_trait]
impl Mirror for GitHub {
    async fn deployment(&self, shown: &ShownDeployment) {
        self.try_to_show(&self.told.deployments, "deployment", deployment::show(self, shown))
            .await;
    }

    async fn verdict(&self, shown: &ShownVerdict) {
        self.try_to_show(&self.told.verdicts, "verdict", verdict::show(self, shown))
            .await;
    }

    async fn anchors(&self) -> Result<Vec<Anchored>> {
        deployment::anchors(self).await.map_err(|unseen| self.unread(&unseen))
    }

    async fn deployments(&self) -> Result<Vec<FoundDeployment>> {
        found::deployments(self).await.map_err(|unseen| self.unread(&unseen))
    }
}

impl GitHub {
    fn unread(&self, unseen: &Unseen) -> Error {
        Error::Outside {
            operation: "reading the deployments",
            target: self.repository.clone(),
            retryable: matches!(unseen, Unseen::Unavailable(_)),
            cause: unseen.reason().to_owned(),
            help: "give the token the permission `deployments: read`, or run the same command again".to_owned(),
        }
    }

    async fn try_to_show(&self, told: &AtomicBool, what: &str, show: impl Future<Output = Looked<()>>) {
        if told.load(Ordering::Relaxed) {
            return;
        }
        let failed = match tokio::time::timeout(self.patience, show).await {
            Ok(Ok(())) => return,
            Ok(Err(failed)) => failed,
            Err(_) => Unseen::silent(self.patience),
        };
        tracing::warn!(
            "a {what} is not shown on GitHub; the ledger has it: {}",
            failed.reason()
        );
        told.store(true, Ordering::Relaxed);
        if matches!(failed, Unseen::Unavailable(_)) {
            self.told.deployments.store(true, Ordering::Relaxed);
            self.told.verdicts.store(true, Ordering::Relaxed);
        }
    }

    /// The page of the run that does it, where it is known.
    pub(super) fn run_page(&self) -> Option<String> {
        let (server, job) = (self.server.as_ref()?, self.job.as_ref()?);
        Some(format!("{server}/{}/actions/runs/{}", self.repository, job.run))
    }
}

/// The beginning of a text, with a sign where more was said.
fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let begin: String = text.chars().take(letters - 1).collect();
    format!("{begin}…")
}
