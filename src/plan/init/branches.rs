//! The values of the workflows around release branches: cutting, back-porting, freezing and hotfixes.

use std::collections::BTreeSet;

use serde::Serialize;

use super::render;
use super::workflow::{CHECKOUT, ComponentValues, action, components};
use crate::config::schema::BranchWorkflow;
use crate::config::settings::{ResolvedComponent, Settings};
use crate::error::{Error, Result};
use crate::model::version::Version;
use crate::plan::hotfix::{branch_name, template};

#[derive(Serialize)]
struct Values {
    action: String,
    checkout: &'static str,
    components: Vec<ComponentValues>,
    /// The branch whose commits are released.
    branch: String,
    /// The branches of hotfixes.
    hotfixes: BTreeSet<String>,
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
        BranchWorkflow::Hotfix => ".github/workflows/hotfix.yml",
    }
}

/// The branches of all hotfixes, with `*` in the place of the version.
fn hotfixes(settings: &Settings) -> Result<BTreeSet<String>> {
    let many = settings.file.component.len() > 1;
    let template = template(settings.file.hotfix.branch.as_deref(), many);
    let any = Version::new(0, 0, 1);
    let pattern = |component: ResolvedComponent| {
        let name = branch_name(template, &any, component.name.as_str()).map_err(Error::Internal)?;
        Ok(name.replace(&any.to_string(), "*"))
    };
    settings.components().into_iter().map(pattern).collect()
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
        branch: settings
            .file
            .workflow
            .branch
            .clone()
            .unwrap_or_else(|| "main".to_owned()),
        hotfixes: hotfixes(settings)?,
        train: settings.file.cut.train.is_some(),
        variables,
    };
    let name = match workflow {
        BranchWorkflow::Cut => "cut.yml.j2",
        BranchWorkflow::Backport => "backport.yml.j2",
        BranchWorkflow::Freeze => "freeze.yml.j2",
        BranchWorkflow::Hotfix => "hotfix.yml.j2",
    };
    render::render(name, values)
}
