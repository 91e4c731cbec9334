//! What is attached to an image: by `--referrers`, and what travels along with it.

use serde_json::{Value, json};

use crate::common::Sandbox;
use crate::common::registry::Registry;
use crate::push::{DIGEST, repository, sandbox};

const SPDX: &str = r#"{"spdxVersion":"SPDX-2.3","name":"demo"}"#;
const PROVENANCE: &str =
    r#"{"_type":"https://in-toto.io/Statement/v1","predicateType":"https://slsa.dev/provenance/v1"}"#;

fn fetch(repository: &str, place: &str) -> Option<(String, Vec<u8>)> {
    let (host, path) = repository.split_once('/').unwrap();
    let url = format!("http://{host}/v2/{path}/{place}");
    let accept = "Accept: application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";
    let output = std::process::Command::new("curl")
        .args(["--silent", "--fail", "--header", accept, &url])
        .output()
        .unwrap();
    output.status.success().then_some((url, output.stdout))
}

fn json_at(repository: &str, place: &str) -> Value {
    let (url, bytes) = fetch(repository, place).unwrap_or_else(|| panic!("{place} of {repository} is not there"));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// The tag that stands for the list of what is attached (OCI distribution specification 1.1, "Referrers Tag Schema").
fn list() -> String {
    format!("manifests/{}", DIGEST.replace(':', "-"))
}

fn attached(sandbox: &Sandbox) -> [String; 3] {
    let write = |name: &str, content: &str| {
        std::fs::write(sandbox.work().join(name), content).unwrap();
        name.to_owned()
    };
    [
        write("sbom.json", SPDX),
        write("provenance.json", PROVENANCE),
        write("report.txt", "all well\n") + "=text/vnd.demo.report",
    ]
}

#[test]
fn files_are_attached_and_found_from_the_image() {
    if !Registry::available() {
        return;
    }
    let sandbox = sandbox();
    let registry = Registry::start(&sandbox.path().join("registry"));
    let to = repository(&registry);
    let files = attached(&sandbox);
    let flags: Vec<&str> = files.iter().flat_map(|file| ["--referrers", file]).collect();
    let push = [&["push", "--to", &to], flags.as_slice()].concat();
    assert_eq!(sandbox.json(0, &push)["digest"], DIGEST);

    let entries = json_at(&to, &list())["manifests"].clone();
    let kinds: Vec<&str> = entries
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["artifactType"].as_str().unwrap())
        .collect();
    assert_eq!(
        kinds,
        [
            "application/spdx+json",
            "application/vnd.in-toto+json",
            "text/vnd.demo.report"
        ]
    );
    let manifest = json_at(&to, &format!("manifests/{}", entries[0]["digest"].as_str().unwrap()));
    assert_eq!(manifest["subject"]["digest"], DIGEST);
    // The configuration is not empty: some registries take nothing that is.
    assert_eq!(manifest["config"]["size"], 2);
    assert_eq!(
        manifest["layers"][0]["annotations"]["org.opencontainers.image.title"],
        "sbom.json"
    );
    let layer = manifest["layers"][0]["digest"].as_str().unwrap();
    assert_eq!(fetch(&to, &format!("blobs/{layer}")).unwrap().1, SPDX.as_bytes());

    // The same files again change nothing; without them nothing is lost.
    assert_eq!(sandbox.json(0, &push)["pushed"], false);
    assert_eq!(sandbox.json(0, &["push", "--to", &to])["pushed"], false);
    assert_eq!(json_at(&to, &list())["manifests"], entries);
}

#[test]
fn what_is_attached_travels_along() {
    if !Registry::available() {
        return;
    }
    let sandbox = sandbox();
    let registry = Registry::start(&sandbox.path().join("registry"));
    let (to, other) = (repository(&registry), format!("{}/other/app", registry.address));
    let files = attached(&sandbox);
    let flags: Vec<&str> = files.iter().flat_map(|file| ["--referrers", file]).collect();
    sandbox
        .tidegate(&[&["push", "--to", &to], flags.as_slice()].concat())
        .exits(0);
    // From a registry into a layout, from there into a registry.
    sandbox
        .tidegate(&["push", &format!("{to}@{DIGEST}"), "--to", "oci:shelf"])
        .exits(0);
    sandbox
        .tidegate(&["push", &format!("shelf@{DIGEST}"), "--to", &other])
        .exits(0);
    let digests = |repository: &str| {
        let entries = json_at(repository, &list())["manifests"].clone();
        let mut digests: Vec<String> = entries
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["digest"].as_str().unwrap().to_owned())
            .collect();
        digests.sort();
        digests
    };
    assert_eq!(digests(&other), digests(&to));
    assert_eq!(digests(&to).len(), 3);
}

#[test]
fn many_attach_at_once() {
    if !Registry::available() {
        return;
    }
    let sandbox = sandbox();
    let registry = Registry::start(&sandbox.path().join("registry"));
    let to = repository(&registry);
    sandbox.tidegate(&["push", "--to", &to]).exits(0);
    let children: Vec<_> = (0..5)
        .map(|number| {
            let file = format!("sbom-{number}.json");
            let content = format!(r#"{{"spdxVersion":"SPDX-2.3","name":"{number}"}}"#);
            std::fs::write(sandbox.work().join(&file), content).unwrap();
            let mut command = sandbox.tidegate_command(&sandbox.work(), &["push", "--to", &to, "--referrers", &file]);
            command
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for child in children {
        crate::common::Run::of(child.wait_with_output().unwrap()).exits(0);
    }
    // Registries offer no way to change a list that others cannot come between: whoever runs again finds its own missing.
    for number in 0..5 {
        let file = format!("sbom-{number}.json");
        sandbox.tidegate(&["push", "--to", &to, "--referrers", &file]).exits(0);
    }
    assert_eq!(json_at(&to, &list())["manifests"].as_array().unwrap().len(), 5);
}

#[test]
fn what_cannot_be_attached_is_told() {
    let sandbox = sandbox();
    let table = [
        ("text.txt", "plain", "does not tell what it is"),
        ("empty.json", "", "has 0 bytes"),
        ("kind.txt=text", "x", "no media type"),
        ("kind.txt=text/plain;charset=utf-8", "x", "no media type"),
    ];
    for (given, content, expected) in table {
        let file = given.split('=').next().unwrap();
        std::fs::write(sandbox.work().join(file), content).unwrap();
        let run = sandbox
            .tidegate(&["push", "--to", "oci:shelf", "--referrers", given])
            .exits(2);
        assert!(run.stderr.contains(expected), "{given}: {}", run.stderr);
        assert!(!sandbox.work().join("shelf").exists());
    }
    sandbox
        .tidegate(&["push", "--to", "oci:shelf", "--referrers", "missing.json"])
        .exits(6);
    let document = sandbox.json(0, &["push", "--to", "oci:shelf"]);
    assert_eq!(document["digest"], json!(DIGEST));
}

#[test]
fn a_list_that_is_none_is_not_written_over() {
    if !Registry::available() {
        return;
    }
    let sandbox = sandbox();
    let registry = Registry::start(&sandbox.path().join("registry"));
    let to = repository(&registry);
    let tag = DIGEST.replace(':', "-");
    // Somebody has given the image itself the tag of the list.
    sandbox
        .tidegate(&["push", "--to", &to, "--platform", "linux/amd64", "--tag", &tag])
        .exits(0);
    let before = json_at(&to, &list());
    sandbox.git(&["tag", "v0.2.0"]);
    attached(&sandbox);
    let error = sandbox.json(2, &["push", "--to", &to, "--referrers", "sbom.json"]);
    assert!(
        error["message"].as_str().unwrap().contains("what is attached"),
        "{error}"
    );
    assert_eq!(json_at(&to, &list()), before);
}
