//! `backport`, killed at every command of git, every push and every request, and run again: the same end, and nothing twice.

use crate::backport::{origin, sandbox};
use crate::backport_hub::{self, comments, labels, propose, proposed, write};
use crate::common::emulate::INSTALL;
use crate::common::pulls::Merge;
use crate::common::trip::Trip;
use crate::common::{self, Sandbox};
use crate::cut_forge::behind;

#[test]
fn at_every_command_of_git() {
    let (mut prepared, fix) = sandbox();
    prepared.git(&["push", "--quiet", "origin", "origin/release/1.4:refs/heads/release/1.5"]);
    let trip = Trip::new(&mut prepared);
    trip.wire_git(&mut prepared);
    let arguments = ["backport", fix.as_str(), "--to", "1.4", "--to", "1.5"];
    let run = |sandbox: &Sandbox, at: usize| trip.kill(sandbox.tidegate_command(&sandbox.work(), &arguments), at);
    let end = |sandbox: &Sandbox| {
        let format = "--format=%(refname) %(tree) %(contents)";
        let local = sandbox.git(&["for-each-ref", "--format=%(refname)", "refs/heads"]);
        (origin(sandbox, &["for-each-ref", format, "refs/heads"]), local)
    };
    let whole = prepared.copy();
    run(&whole, 0).exits(0);
    let (wires, expected) = (trip.wires(), end(&whole));
    assert_eq!(expected.0.matches("refs/heads/backport/").count(), 2);
    assert!(
        wires >= 8,
        "a look, a push and its answer, and a look for each target: {wires}"
    );
    for wire in 1..=wires {
        let sandbox = prepared.copy();
        assert_eq!(run(&sandbox, wire).code, -1, "killed at wire {wire} of {wires}");
        run(&sandbox, 0).exits(0);
        assert_eq!(end(&sandbox), expected, "killed at wire {wire}");
    }
}

/// One hub for all kills: each has a pull request of its own. A request that changes nothing needs no kill of its own.
#[test]
fn at_every_command_of_git_and_after_every_change_at_github() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = backport_hub::lines();
    let trip = Trip::new(&mut sandbox);
    let wire = trip.clone();
    let changed = move |method: &str| {
        if method != "GET" {
            wire.pass();
        }
    };
    let hub = behind(&mut sandbox, |_, _| None, changed);
    trip.wire_git(&mut sandbox);
    let run = |number: u64, at: usize| {
        let number = number.to_string();
        trip.kill(sandbox.tidegate_command(&sandbox.work(), &["backport", &number]), at)
    };
    let base = sandbox.git(&["rev-parse", "main"]);
    let asked = || {
        origin(&sandbox, &["update-ref", "refs/heads/main", &base]);
        let name = format!("kill-{}", proposed(&hub).len());
        let work = || write(&sandbox, "c", name.as_bytes());
        let number = propose(&sandbox, &hub, &format!("{name} it"), &[&work], &["backport 1.4"]);
        hub.extras().merge(number, Merge::Squash);
        number
    };
    let end = |number: u64| {
        let branch = format!("backport/{number}-to-1.4");
        let subjects = origin(&sandbox, &["log", "--format=%s", &format!("release/1.4..{branch}")]);
        let made = proposed(&hub).iter().filter(|line| line.starts_with(&branch)).count();
        let said: Vec<usize> = comments(&hub, number)
            .iter()
            .map(|text| text.matches("| open |").count())
            .collect();
        (subjects.lines().count(), made, labels(&hub, number), said)
    };
    let whole = (1, 1, vec!["backported 1.4".to_owned()], vec![1]);
    let number = asked();
    run(number, 0).exits(0);
    let wires = trip.wires();
    assert_eq!(end(number), whole);
    assert!(
        wires >= 10,
        "a tree, a commit, a ref, a pull request, a comment, two labels, and git: {wires}"
    );
    for wire in 1..=wires {
        let number = asked();
        assert_eq!(run(number, wire).code, -1, "killed at wire {wire} of {wires}");
        run(number, 0).exits(0);
        assert_eq!(end(number), whole, "killed at wire {wire} of {wires}");
    }
}
