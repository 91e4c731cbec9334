//! The rungs that are left for a release, as a pure function.

use std::collections::BTreeMap;

use tidegate::model::environment::Environment;
use tidegate::model::ladder::Ladder;
use tidegate::model::name::EnvironmentName;
use tidegate::model::state::EnvironmentState;
use tidegate::plan::climb::rungs_left;

use crate::gate_rules::case::{release, runs};

/// The environments of a ladder: name, what sets it off, and those before it.
const LADDER: [(&str, &str, &[&str]); 6] = [
    ("local", "manual", &[]),
    ("dev", "commit", &["local"]),
    ("qa", "pull-request-merge", &["dev"]),
    ("uat1", "manual", &["qa"]),
    ("uat2", "manual", &["qa"]),
    ("live", "controlled", &["uat1", "uat2"]),
];

fn environments(triggers: bool) -> BTreeMap<EnvironmentName, Environment> {
    let environment = |(name, on, after): &(&str, &str, &[&str])| {
        let on = if triggers { on } else { "manual" };
        let columns = format!(
            "tier = 'testing'\npurpose = 'Testing'\ndata = 'test'\naccess = {{}}\ntrigger = {{ on = '{on}' }}\n\
             deploy = {{ command = ['true'] }}\nafter = {after:?}"
        );
        (name.parse().unwrap(), toml::from_str(&columns).unwrap())
    };
    LADDER.iter().map(environment).collect()
}

/// What is left where the release is verified in some and was verified and replaced in others.
fn left(triggers: bool, verified: &[&str], replaced: &[&str]) -> Vec<String> {
    let environments = environments(triggers);
    let ladder = Ladder::new(&environments).unwrap();
    let since = "2026-03-11T09:00:00Z";
    let digest = release("1.4.0").digest;
    let mut states: BTreeMap<EnvironmentName, EnvironmentState> = BTreeMap::new();
    for name in verified {
        states.insert(name.parse().unwrap(), runs("1.4.0", since));
    }
    for name in replaced {
        let mut state = runs("1.5.0", since);
        state.stays.insert(digest.clone(), "1h".parse().unwrap());
        states.insert(name.parse().unwrap(), state);
    }
    let rungs = rungs_left(&ladder, &environments, &states, &digest);
    let line = |rung: Vec<EnvironmentName>| rung.iter().map(EnvironmentName::as_str).collect::<Vec<_>>().join(" ");
    rungs.into_iter().map(line).collect()
}

#[test]
fn it_goes_on_from_the_highest_rung() {
    assert_eq!(
        left(true, &[], &[]),
        ["dev", "qa", "uat1 uat2", "live"],
        "nobody sets the first rung off"
    );
    assert_eq!(left(false, &[], &[]), ["local", "dev", "qa", "uat1 uat2", "live"]);
    assert_eq!(left(true, &["dev"], &[]), ["qa", "uat1 uat2", "live"]);
    assert_eq!(
        left(true, &["dev", "qa", "uat1"], &[]),
        ["uat2", "live"],
        "its neighbour comes too"
    );
    assert_eq!(
        left(true, &["qa"], &["dev"]),
        ["uat1 uat2", "live"],
        "a rung below does not go back"
    );
    assert_eq!(
        left(true, &[], &["qa"]),
        ["qa", "uat1 uat2", "live"],
        "it was replaced on the highest"
    );
    assert_eq!(left(true, &["live"], &[]), [""; 0]);
}
