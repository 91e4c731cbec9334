//! The order of the environments: a directed acyclic graph, walked rung by rung.

use std::collections::BTreeMap;

use super::environment::Environment;
use super::name::EnvironmentName;

/// The environments in order. Those on one rung are side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    rungs: Vec<Vec<EnvironmentName>>,
}

impl Ladder {
    /// Orders the environments: each stands one rung above the highest that comes before it.
    ///
    /// # Errors
    /// The environments that come before themselves, when there are any.
    pub fn new(environments: &BTreeMap<EnvironmentName, Environment>) -> Result<Self, Vec<EnvironmentName>> {
        let mut heights: BTreeMap<&EnvironmentName, usize> = BTreeMap::new();
        let mut left: Vec<&EnvironmentName> = environments.keys().collect();
        while !left.is_empty() {
            let height = |name: &EnvironmentName| {
                let mut before = environments[name].after.names();
                before.try_fold(0, |top, name| heights.get(name).map(|height| top.max(height + 1)))
            };
            let placed: Vec<_> = left.iter().filter_map(|name| Some((*name, height(name)?))).collect();
            if placed.is_empty() {
                return Err(left.into_iter().cloned().collect());
            }
            left.retain(|name| placed.iter().all(|(other, _)| other != name));
            heights.extend(placed);
        }
        let mut rungs = vec![Vec::new(); heights.values().max().map_or(0, |top| top + 1)];
        for (name, height) in heights {
            rungs[height].push(name.clone());
        }
        Ok(Self { rungs })
    }

    /// The rungs, lowest first; the environments of one in the order of their names.
    pub fn rungs(&self) -> &[Vec<EnvironmentName>] {
        &self.rungs
    }

    /// Every environment, lowest rung first.
    pub fn environments(&self) -> impl Iterator<Item = &EnvironmentName> {
        self.rungs.iter().flatten()
    }
}
