//! `push` of tags that a registry holds fast, and of blobs that it has lost.

use super::desk::Desk;
use crate::common::faults::{Act, Fault, Kind, Reply};
use crate::common::registry::Registry;
use crate::common::{Run, Sandbox, fixture};

const IMMUTABLE: Reply = Reply::error(
    400,
    r#"{"errors":[{"code":"TAG_INVALID","message":"The image tag '1' already exists and cannot be overwritten because the tag is immutable."}]}"#,
);
/// The digest of the index that rivals push.
const OTHER: &str = "062f45d7dd5e671dd33446e8071c2e8e1ced1e66e35c34426459c491e46cf515";

/// Puts the rival's image into the registry, under a tag.
fn other(sandbox: &Sandbox, registry: &Registry, tag: &str) {
    let mut skopeo = sandbox.command("skopeo", sandbox.path());
    skopeo.args(["copy", "--all", "--preserve-digests", "--dest-tls-verify=false"]);
    skopeo.arg(format!("oci:{}:1.5.1", fixture("quckchat/images/1.5.1").display()));
    skopeo.arg(format!("docker://{}/demo/app:{tag}", registry.address));
    Run::of(skopeo.output().unwrap()).exits(0);
}

#[test]
fn an_immutable_tag_that_a_rival_took_meanwhile_is_refused_with_both_digests() {
    if !Registry::available() {
        return;
    }
    let desk = Desk::with_ledger();
    let stage = desk.stage();
    other(&stage.sandbox, &stage.registry, "rival");
    let manifest = fixture("quckchat/images/1.5.1/blobs/sha256").join(OTHER);
    stage.proxy.rival(std::fs::read(manifest).unwrap());
    stage
        .proxy
        .inject(&[Fault::first(1, Kind::PutTag, Act::Rival(IMMUTABLE))]);
    for _ in 0..2 {
        // The second run meets no fault, only the rival's tag.
        let run = stage.push(&desk.small, &[]).exits(3);
        assert_eq!(run.stdout, "");
        assert!(
            run.stderr.contains(OTHER) && run.stderr.contains(&desk.small.digest),
            "{}",
            run.stderr
        );
        assert_eq!(stage.proxy.injected(), [1]);
    }
    assert_eq!(stage.read_back("0.1.0"), format!("sha256:{OTHER}"));
    assert_eq!(stage.pushed(), 0);
}

#[test]
fn an_immutable_tag_that_has_the_image_already_is_fine() {
    if !Registry::available() {
        return;
    }
    let desk = Desk::with_ledger();
    let stage = desk.stage();
    // Another run has put the same just before.
    stage
        .proxy
        .inject(&[Fault::first(1, Kind::PutTag, Act::Lie(IMMUTABLE))]);
    stage.is_done(stage.push(&desk.small, &[]), &desk.small);
    assert_eq!(stage.proxy.injected(), [1]);
    assert_eq!(stage.pushed(), 1);
}

#[test]
fn an_immutable_tag_that_does_not_move_is_refused() {
    if !Registry::available() {
        return;
    }
    let desk = Desk::with_ledger();
    let stage = desk.stage();
    other(&stage.sandbox, &stage.registry, "latest");
    // The version's tag goes before.
    stage
        .proxy
        .inject(&[Fault::nth(2, Kind::PutTag, Act::Answer(IMMUTABLE))]);
    let run = stage.push(&desk.small, &["--tag", "latest"]).exits(3);
    assert_eq!((run.stdout.as_str(), stage.proxy.injected()), ("", vec![1]));
    assert!(run.stderr.contains("latest"), "{}", run.stderr);
    stage.proxy.inject(&[]);
    stage.is_done(stage.push(&desk.small, &["--tag", "latest"]), &desk.small);
    assert_eq!(stage.read_back("latest"), desk.small.digest);
}

#[test]
fn a_tag_that_the_registry_calls_immutable_is_refused_though_nobody_has_it() {
    if !Registry::available() {
        return;
    }
    let desk = Desk::with_ledger();
    let stage = desk.stage();
    stage
        .proxy
        .inject(&[Fault::always(Kind::PutTag, Act::Answer(IMMUTABLE))]);
    let run = stage.push(&desk.small, &[]).exits(3);
    assert_eq!(run.stdout, "");
    assert!(run.stderr.contains("immutable"), "{}", run.stderr);
    assert!(stage.proxy.injected()[0] > 0);
    stage.proxy.inject(&[]);
    stage.is_done(stage.push(&desk.small, &[]), &desk.small);
    assert_eq!(stage.pushed(), 1);
}

#[test]
fn a_blob_that_the_registry_has_lost_is_uploaded_again() {
    if !Registry::available() {
        return;
    }
    let desk = Desk::with_ledger();
    let stage = desk.stage();
    stage.is_done(stage.push(&desk.small, &[]), &desk.small);
    // Behind the registry's back: no manifest is left, and the layer is gone while HEAD still says that it is there.
    let store = stage.sandbox.path().join("registry/data/docker/registry/v2");
    let layer = "blobs/sha256/b2/b267ebd0738203aed2784bab641beeb342c311ea87bfeaceb40d4c87d0bc0a61";
    std::fs::remove_dir_all(store.join(layer)).unwrap();
    std::fs::remove_dir_all(store.join("repositories/demo/app/_manifests")).unwrap();
    let there = Act::Answer(Reply::status(200));
    stage.proxy.inject(&[Fault::always(Kind::HeadBlob, there)]);
    stage.is_done(stage.push(&desk.small, &[]), &desk.small);
    assert!(stage.proxy.injected()[0] > 0);
    assert_eq!(stage.pushed(), 1);
}
