//! The values of the workflow that goes on with what waits.

use std::collections::BTreeSet;

use serde::Serialize;

use super::render;
use super::workflow::{Asks, CHECKOUT, action, environments};
use crate::config::settings::Settings;
use crate::error::Result;

#[derive(Serialize)]
struct Values {
    action: String,
    checkout: &'static str,
    /// What the gates ask GitHub for.
    asks: Asks,
    variables: BTreeSet<String>,
}

/// Renders the workflow that runs `gate resume` for every environment.
///
/// # Errors
/// A usage error where a value of the configuration would become more than a value in the workflow.
pub fn render(settings: &Settings, variables: BTreeSet<String>) -> Result<String> {
    let values = Values {
        action: action(settings.file.workflow.action.as_deref())?,
        checkout: CHECKOUT,
        asks: Asks::of(environments(settings).map(|(_, environment)| environment)),
        variables,
    };
    render::render("resume.yml.j2", values)
}
