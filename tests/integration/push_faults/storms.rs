//! `push` killed at any moment, ten times at once, and with tokens that expire under way; and another client, for which
//! the proxy must be a registry as well.

use std::process::Stdio;
use std::time::Duration;

use super::CHUNKS_ONLY;
use super::desk::{Desk, side_by_side};
use crate::common::Run;
use crate::common::faults::Kind;
use crate::common::registry::Registry;

#[test]
fn killed_at_any_moment() {
    if !Registry::available() {
        return;
    }
    let desk = Desk::with_ledger();
    let latency = Duration::from_millis(20);
    let whole = desk.stage();
    whole.proxy.slow(latency);
    whole.is_done(whole.push(&desk.small, &[]), &desk.small);
    let requests = whole.proxy.seen().len();
    assert!(whole.proxy.count(Kind::PutBlob) > 0, "uploads come through the proxy");
    let moments = (1..=requests).map(|number| (format!("killed at request {number}"), number));
    side_by_side(moments.collect(), |number| {
        let stage = desk.stage();
        stage.proxy.slow(latency);
        stage.proxy.kill_at(number);
        let arguments = ["push", &desk.small.layout, "--to", &stage.to];
        let mut command = stage.sandbox.tidegate_command(&stage.sandbox.work(), &arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        stage.proxy.kills(child.id());
        let run = Run::of(child.wait_with_output().unwrap());
        assert_eq!((run.code, run.stdout.as_str()), (-1, ""), "{}", run.stderr);
        stage.is_done(stage.push(&desk.small, &[]), &desk.small);
        assert_eq!(stage.pushed(), 1, "pushed events in the ledger");
    });
}

#[test]
fn ten_pushes_at_once() {
    if !Registry::available() {
        return;
    }
    let desk = Desk::with_ledger();
    // One that uses every core: what ten do at once it does at once as well.
    let stage = desk.stage_with(Registry::start);
    let arguments = ["push", &desk.small.layout, "--to", &stage.to];
    let children: Vec<_> = (0..10)
        .map(|_| {
            let mut command = stage.sandbox.tidegate_command(&stage.sandbox.work(), &arguments);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    // All must have ended before it is read back: the registry empties a link before it writes it anew.
    let ended = children
        .into_iter()
        .map(|child| Run::of(child.wait_with_output().unwrap()));
    let ended: Vec<Run> = ended.collect();
    for run in ended {
        stage.is_done(run, &desk.small);
    }
    assert_eq!(stage.pushed(), 1, "pushed events in the ledger");
}

#[test]
fn one_token_refresh_for_all() {
    if !Registry::available() {
        return;
    }
    let desk = Desk::with_ledger();
    let stage = desk.stage();
    // More than are under way at once, so that a new token lives until all have it.
    stage.proxy.demand_tokens(48);
    stage.proxy.slow(Duration::from_millis(20));
    stage.is_done(stage.push(&desk.many, &[]), &desk.many);
    let (asked, expired) = (stage.proxy.count(Kind::Token), stage.proxy.expired_tokens());
    assert!(expired > 0, "no token expired");
    assert!(
        asked <= 2 * (expired + 1),
        "{asked} tokens were asked for: one to begin with, and {expired} expired"
    );
}

#[test]
fn another_client_passes_through_the_proxy_in_chunks() {
    if !Registry::available() {
        return;
    }
    let desk = Desk::new();
    let stage = desk.stage();
    stage.proxy.inject(&[CHUNKS_ONLY]);
    let mut skopeo = stage.sandbox.command("skopeo", stage.sandbox.path());
    skopeo.args(["copy", "--preserve-digests", "--dest-tls-verify=false"]);
    skopeo.args([
        format!("oci:{}", desk.big.layout),
        format!("docker://{}:0.1.0", stage.to),
    ]);
    Run::of(skopeo.output().unwrap()).exits(0);
    assert_eq!(stage.read_back("0.1.0"), desk.big.digest);
    let seen = stage.proxy.seen();
    let chunks = seen
        .iter()
        .filter(|seen| seen.kind == Kind::Patch && seen.status == 202);
    let bytes: u64 = chunks.map(|seen| seen.bytes).sum();
    assert!(bytes > 3 << 20, "{seen:?}");
    assert_eq!(stage.proxy.injected(), [0], "a closing PUT without a body is let in");
}
