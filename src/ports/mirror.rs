//! What is shown of promotions where people look. The ledger is the truth: nothing rests on what is shown.

use async_trait::async_trait;

use crate::error::Result;
use crate::model::mirror::{ShownDeployment, ShownVerdict};
use crate::model::recovery::FoundDeployment;
use crate::ports::ledger::Anchored;

/// A place that shows deployments and verdicts.
#[async_trait]
pub trait Mirror: Send + Sync {
    /// Shows how a deployment stands. Showing it again changes nothing. What goes wrong is told once, and is no error.
    async fn deployment(&self, shown: &ShownDeployment);

    /// Shows a verdict. Showing it again changes nothing. What goes wrong is told once, and is no error.
    async fn verdict(&self, shown: &ShownVerdict);

    /// The events that the ledger had come to when deployments were shown, newest first.
    ///
    /// # Errors
    /// They cannot be read.
    async fn anchors(&self) -> Result<Vec<Anchored>>;

    /// Every deployment of ours that is shown, oldest first, with how it stood.
    ///
    /// # Errors
    /// They cannot be read.
    async fn deployments(&self) -> Result<Vec<FoundDeployment>>;
}
