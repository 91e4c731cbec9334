//! The values of the workflows around release branches: cutting, back-porting and freezing.

use std::collections::BTreeSet;

use serde::Serialize;

use super::render;
use super::workflow::{CHECKOUT, ComponentValues, action, components};
use crate::config::schema::BranchWorkflow;
use crate::config::settings::Settings;
use crate::error::Result;

#[derive(Serialize)]
struct Values {
    action: String,
    checkout: &'static str,
    components: Vec<ComponentValues>,
    /// Whether branches are cut by a schedule.
    train: bool,
    variables: BTreeSet<String>,
}

/// The path of one of them.
pub fn path(workflow: BranchWorkflow) -> &'static str {
    match workflow {
        BranchWorkflow::Cut => ".github/workflows/cut.yml",
        BranchWorkflow::Backport => ".github/workflows/backport.yml",
        BranchWorkflow::Freeze => ".github/workflows/freeze.yml",
    }
}

/// Renders one of them.
///
/// # Errors
/// A usage error where a value of the configuration would become more than a value in the workflow.
pub fn render(settings: &Settings, workflow: BranchWorkflow, variables: BTreeSet<String>) -> Result<String> {
    let values = Values {
        action: action(settings.file.workflow.action.as_deref())?,
        checkout: CHECKOUT,
        components: components(settings),
        train: settings.file.cut.train.is_some(),
        variables,
    };
    let name = match workflow {
        BranchWorkflow::Cut => "cut.yml.j2",
        BranchWorkflow::Backport => "backport.yml.j2",
        BranchWorkflow::Freeze => "freeze.yml.j2",
    };
    render::render(name, values)
}
