//! A promotion that is killed before and after every request to GitHub.

use super::project;
use crate::common::desk::Desk;
use crate::common::trip::Trip;
use crate::common::{Run, Sandbox};

/// Promotes; at the tripwire of that number the process is killed.
fn promote(trip: &Trip, sandbox: &Sandbox, at: usize) -> Run {
    trip.kill(sandbox.tidegate_command(&sandbox.work(), &["promote", "dev"]), at)
}

#[test]
fn killed_at_every_step_it_is_shown_once() {
    let (mut project, _) = project();
    project.run(0, &["promote", "dev"]);
    project.release("1.5.0");
    let trip = Trip::new(&mut project.sandbox);
    let wired = || {
        let (mut sandbox, desk) = (project.sandbox.copy(), Desk::start());
        desk.serves(&mut sandbox);
        desk.papers().trip = Some(trip.clone());
        (sandbox, desk)
    };
    let (sandbox, desk) = wired();
    promote(&trip, &sandbox, 0).exits(0);
    let (whole, wires) = (desk.deployments(), trip.wires());
    assert_eq!(whole.len(), 1);
    assert!(whole[0].ends_with(" in_progress, in_progress, success"), "{whole:?}");
    assert!(wires >= 24, "twelve requests with two wires each: {wires}");
    for wire in 1..=wires {
        let (sandbox, desk) = wired();
        assert_eq!(promote(&trip, &sandbox, wire).code, -1, "killed at wire {wire}");
        promote(&trip, &sandbox, 0).exits(0);
        let told = desk.deployments();
        assert_eq!(told.len(), 1, "killed at wire {wire}: {told:?}");
        assert!(told[0].ends_with("success"), "killed at wire {wire}: {told:?}");
        assert_eq!(told[0].matches("success").count(), 1, "killed at wire {wire}: {told:?}");
        let verdicts = desk.papers().check_runs.len();
        assert!(verdicts <= 2, "killed at wire {wire}: {verdicts} verdicts");
    }
}
