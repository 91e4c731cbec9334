//! A recovery that is killed at every request to GitHub and at both sides of its push, and run again: the same end.

use serde_json::Value;

use super::{json_in, lose, newcomer, shown};
use crate::common::Sandbox;
use crate::common::desk::Desk;
use crate::common::trip::Trip;

/// Every event, oldest first, without the time of the recovery and what follows from it.
fn story(sandbox: &Sandbox) -> Vec<Value> {
    let log = json_in(sandbox, 0, &["ledger", "log"]);
    let mut events = log["events"].as_array().unwrap().clone();
    for event in &mut events {
        let event = event.as_object_mut().unwrap();
        for key in ["at", "book", "previous"] {
            event.remove(key);
        }
    }
    events.reverse();
    events
}

#[test]
fn killed_at_every_step_it_comes_to_the_same_end() {
    let (mut project, desk) = shown();
    newcomer(&project.sandbox);
    lose(&project.sandbox);
    let trip = Trip::new(&mut project.sandbox);
    trip.wire_origin(&project.sandbox);
    desk.papers().trip = Some(trip.clone());
    // In both clones: one that has never seen the ledger, and one with a copy of it.
    for clone in ["newcomer", "work"] {
        let recover = |sandbox: &Sandbox, at: usize| {
            let folder = sandbox.path().join(clone);
            trip.kill(sandbox.tidegate_command(&folder, &["ledger", "recover"]), at)
        };
        let whole = wired(&project.sandbox, &desk);
        recover(&whole, 0).exits(0);
        let (wires, expected) = (trip.wires(), story(&whole));
        assert_eq!(
            wires, 8,
            "the list, the statuses of two deployments, and the push, two wires each"
        );
        for wire in 1..=wires {
            let sandbox = wired(&project.sandbox, &desk);
            assert_eq!(recover(&sandbox, wire).code, -1, "{clone}: killed at wire {wire}");
            recover(&sandbox, 0).exits(0);
            assert_eq!(story(&sandbox), expected, "{clone}: killed at wire {wire}");
            let folder = sandbox.path().join(clone);
            let gate = sandbox.tidegate_command(&folder, &["gate", "dev"]).output().unwrap();
            assert_eq!(gate.status.code(), Some(3), "{clone}: killed at wire {wire}");
        }
    }
}

/// The same project as it is now, with the desk that it was shown at.
fn wired(sandbox: &Sandbox, desk: &Desk) -> Sandbox {
    let mut copy = sandbox.copy();
    desk.serves(&mut copy);
    copy
}
