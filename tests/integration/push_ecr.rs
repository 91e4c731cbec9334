//! `push` into ECR: moto has the API, Debian's registry the protocol, with the login that moto gives.

use std::sync::{Arc, Mutex};

use serde_json::json;

use crate::common::moto::{ACCOUNT, Moto};
use crate::common::registry::Registry;
use crate::common::{Sandbox, wire};
use crate::push::{DIGEST, blobs, image, sandbox};

const IMAGE: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/demo/app";

/// An account with its registry.
struct Amazon {
    _moto: Moto,
    registry: Registry,
    sandbox: Sandbox,
}

impl Amazon {
    fn start() -> Option<Self> {
        if !Moto::available() || !Registry::available() {
            return None;
        }
        let (moto, mut sandbox) = (Moto::start(), sandbox());
        let folder = sandbox.path().join("registry");
        let registry = Registry::with_login(&folder, "AWS", &format!("{ACCOUNT}-auth-token"));
        for (name, value) in [
            ("AWS_ENDPOINT_URL_ECR", moto.url.as_str()),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("TIDEGATE_ECR_REGISTRY", &format!("http://{}", registry.address)),
        ] {
            sandbox.variables.insert(name.to_owned(), value.to_owned());
        }
        Some(Self {
            _moto: moto,
            registry,
            sandbox,
        })
    }

    fn setup(&self, setup: &str) {
        let file = self.sandbox.work().join("tidegate.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        let kept = text.split("\n[component.app.repository]").next().unwrap();
        std::fs::write(&file, format!("{kept}\n[component.app.repository]\n{setup}\n")).unwrap();
    }
}

#[test]
fn an_image_reaches_ecr_in_a_repository_that_is_made_for_it() {
    let Some(amazon) = Amazon::start() else { return };
    let sandbox = &amazon.sandbox;
    amazon.setup("mutable-tags = [\"latest\"]\nscan-on-push = true");
    let push = ["push", "--to", IMAGE, "--create-repository", "--tag", "latest"];
    let plan = sandbox.json(0, &[&push[..], &["--dry-run"]].concat());
    assert_eq!(plan["repositories"][0]["steps"][0]["action"], "create-repository");
    let pushed = sandbox.json(0, &push);
    assert_eq!(
        (&pushed["digest"], &pushed["image"]),
        (&json!(DIGEST), &json!(format!("{IMAGE}@{DIGEST}")))
    );
    // Nothing of the login is left behind.
    assert!(!sandbox.path().join(".docker").exists());
    let again = sandbox.json(0, &push);
    assert_eq!(
        (&again["pushed"], again["repositories"][0].get("differences")),
        (&json!(false), None)
    );

    // A repository that differs is told of and left alone.
    amazon.setup("tag-mutability = \"mutable\"");
    let differs = sandbox.json(0, &push);
    let told = differs["repositories"][0]["differences"].to_string();
    assert!(told.contains("immutable"), "{told}");
    assert_eq!(
        sandbox.json(0, &push)["repositories"][0]["differences"].to_string(),
        told
    );
}

#[test]
fn a_tag_that_ecr_does_not_move_is_refused_before_a_byte_is_sent() {
    let Some(amazon) = Amazon::start() else { return };
    let sandbox = &amazon.sandbox;
    amazon.setup("mutable-tags = [\"latest\"]");
    sandbox
        .tidegate(&[
            "push",
            "--to",
            IMAGE,
            "--create-repository",
            "--tag",
            "latest",
            "--tag",
            "stable",
        ])
        .exits(0);
    sandbox.git(&["tag", "v0.2.0"]);
    let other = image("1.5.1").display().to_string();
    let push = |tag: &str, code: i32| sandbox.json(code, &["push", &other, "--to", IMAGE, "--tag", tag]);
    let before = blobs_of(&amazon);
    let refused = push("stable", 3);
    let reason = refused["refusal"]["reason"].as_str().unwrap();
    assert!(
        reason.contains(DIGEST) && reason.contains("sha256:062f45d7"),
        "{reason}"
    );
    assert_eq!(refused["repositories"][0]["tags"][1]["state"], "conflict");
    assert_eq!(blobs_of(&amazon), before, "nothing was sent");
    assert_eq!(push("latest", 0)["pushed"], true);
}

fn blobs_of(amazon: &Amazon) -> usize {
    let data = amazon
        .sandbox
        .path()
        .join("registry/data/docker/registry/v2/blobs/sha256");
    crate::push::files(&data).len()
}

#[test]
fn what_ecr_forbids_is_explained() {
    let Some(mut amazon) = Amazon::start() else { return };
    let (listener, url) = wire::listen();
    let forbidden = Arc::new(Mutex::new(("", "")));
    let (kept, there) = (forbidden.clone(), format!("http://{}", amazon.registry.address));
    wire::serve(listener, move |request| {
        let line = String::from_utf8_lossy(request).lines().next().unwrap().to_owned();
        let (method, place) = *kept.lock().unwrap();
        if line.starts_with(method) && line.contains(place) {
            let body = r#"{"errors":[{"code":"DENIED","message":"not authorized"}]}"#;
            let head = format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\n\r\n", body.len());
            let body = if line.starts_with("HEAD") { "" } else { body };
            return Some((head + body).into_bytes());
        }
        wire::pass(&there, request)
    });
    amazon.sandbox.variables.insert("TIDEGATE_ECR_REGISTRY".to_owned(), url);
    let table = [
        ("POST ", "/blobs/uploads/", "ecr:InitiateLayerUpload"),
        ("PUT ", "/blobs/uploads/", "ecr:CompleteLayerUpload"),
        ("PUT ", "/manifests/", "ecr:PutImage"),
        ("PUT ", "/manifests/", "quota of images"),
    ];
    for (method, place, expected) in table {
        *forbidden.lock().unwrap() = (method, place);
        let error = amazon.sandbox.json(6, &["push", "--to", IMAGE]);
        assert!(error["help"].as_str().unwrap().contains(expected), "{error}");
    }
    // Where it may not be asked what is there, all of it goes up.
    *forbidden.lock().unwrap() = ("HEAD ", "/blobs/");
    amazon.sandbox.tidegate(&["push", "--to", IMAGE]).exits(0);
    assert_eq!(blobs(&amazon.sandbox.work().join("image")).len(), 6);
}

#[test]
fn without_a_login_of_aws_there_is_an_explanation() {
    let Some(mut amazon) = Amazon::start() else { return };
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
        amazon.sandbox.variables.remove(name);
    }
    for (name, value) in [("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_CONFIG_FILE", "/dev/null")] {
        amazon.sandbox.variables.insert(name.to_owned(), value.to_owned());
    }
    let error = amazon.sandbox.json(6, &["push", "--to", IMAGE]);
    assert!(error["message"].as_str().unwrap().contains("credentials"), "{error}");
}

#[test]
fn the_login_of_aws_goes_nowhere_in_plain_text() {
    let mut sandbox = sandbox();
    for (name, value) in [
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("TIDEGATE_ECR_REGISTRY", "http://registry.example.com"),
    ] {
        sandbox.variables.insert(name.to_owned(), value.to_owned());
    }
    let run = sandbox.tidegate(&["push", "--to", IMAGE]).exits(2);
    assert!(run.stderr.contains("plain text"), "{}", run.stderr);
}
