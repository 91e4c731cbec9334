//! The values of the workflow in which people say yes or no, or set rules aside.

use std::collections::BTreeSet;

use serde::Serialize;

use super::render;
use super::workflow::{Asks, CHECKOUT, ComponentValues, action, components, environments};
use crate::config::settings::Settings;
use crate::error::Result;
use crate::model::environment::Environment;
use crate::model::name::EnvironmentName;
use crate::model::policy::WordSource;
use crate::plan::gate::overrides::overriders;

#[derive(Serialize)]
struct Values {
    action: String,
    checkout: &'static str,
    components: Vec<ComponentValues>,
    /// The environments that a person can choose.
    environments: Vec<String>,
    /// Whether there is one whose gate hears the ledger for approvals.
    approved: bool,
    /// Whether there is one whose policy lets somebody set rules aside.
    overridden: bool,
    /// What the gates that may be set aside ask GitHub for.
    asks: Asks,
    variables: BTreeSet<String>,
}

/// Renders the workflow whose runs prove who said a word; nothing where no gate hears one.
///
/// # Errors
/// A usage error where a value of the configuration would become more than a value in the workflow.
pub fn render(settings: &Settings, variables: BTreeSet<String>) -> Result<Option<String>> {
    let hears = |environment: &Environment| {
        let rule = environment.gate.approvals.as_ref();
        rule.is_some_and(|rule| rule.sources.contains(&WordSource::Ledger))
    };
    let yields = |environment: &Environment| !overriders(&environment.gate).is_empty();
    let all: Vec<(&EnvironmentName, &Environment)> = environments(settings).collect();
    let chosen = all.iter().filter(|(_, one)| hears(one) || yields(one));
    let values = Values {
        action: action(settings.file.workflow.action.as_deref())?,
        checkout: CHECKOUT,
        components: components(settings),
        environments: chosen.map(|(name, _)| name.to_string()).collect(),
        approved: all.iter().any(|(_, one)| hears(one)),
        overridden: all.iter().any(|(_, one)| yields(one)),
        asks: Asks::of(all.iter().map(|(_, one)| *one).filter(|one| yields(one))),
        variables,
    };
    match values.environments.is_empty() {
        true => Ok(None),
        false => render::render("approve.yml.j2", values).map(Some),
    }
}
