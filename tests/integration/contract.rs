//! Every request to GitHub is held against GitHub's own description of its API.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::common::contract::{self, AGAIN, CALLS, Call, Contract};
use crate::common::emulate::{GitHub, send};
use crate::common::hub::Hub;
use crate::github::{self, app, app_key};
use crate::release::{RELEASE, at, sandbox};

#[test]
fn no_request_violates_the_description() {
    if !contract::is_there() {
        return;
    }
    let key = app_key();
    let github = Arc::new(GitHub::with(app(&key)));
    let contract = Contract::start(&github);
    let mut sandbox = sandbox(&github);
    at(&mut sandbox, &contract.url);
    let actions = |arguments: &[&str]| {
        let document = sandbox.json(0, arguments);
        let steps = document["release"]["steps"].as_array().unwrap();
        let actions: Vec<String> = steps
            .iter()
            .map(|step| step["action"].as_str().unwrap().to_owned())
            .collect();
        actions.join(" ")
    };
    let whole = "draft-release upload-asset upload-asset upload-asset publish-release";
    assert_eq!(actions(&RELEASE), whole);
    assert_eq!(actions(&RELEASE), "");

    sandbox.commit("fix: b", &[]);
    assert_eq!(
        actions(&["tag", "--channel", "rc", "--release"]),
        "draft-release publish-release"
    );

    let mut dry = RELEASE.to_vec();
    dry.push("--dry-run");
    let notes = sandbox.json(0, &dry)["notes"].clone();
    let releases = format!("{}/repos/octo/demo/releases", github.url);
    let draft = |tag: &str| {
        let draft = serde_json::json!({ "tag_name": tag, "draft": true, "body": notes });
        send("POST", &releases, &draft.to_string())["id"].clone()
    };
    let first = draft("v0.1.1");
    draft(&format!("{AGAIN}v0.1.1"));
    let file = format!("{releases}/{first}/assets?name=one.tar.gz");
    send("POST", &file, "half a file");
    assert_eq!(
        actions(&RELEASE),
        "delete-draft delete-asset upload-asset upload-asset upload-asset publish-release"
    );

    // An App tags through GitHub, with a commit of the release.
    let mut sandbox = github::sandbox(github::CONFIG);
    let hub = Hub::through(&mut sandbox, github, contract.url.clone(), None);
    sandbox.variables.insert("TIDEGATE_APP_ID".to_owned(), "7".to_owned());
    sandbox.variables.insert("TIDEGATE_APP_PRIVATE_KEY".to_owned(), key);
    let document = sandbox.json(0, &["tag", "--version", "0.5.0", "--release"]);
    assert_eq!(document["steps"][0]["action"], "commit-release");
    assert!(document["release"]["url"].is_string());
    assert_eq!(hub.tags(), ["v0.5.0"]);

    assert_eq!(contract.violations(), [""; 0]);
    let listed: BTreeSet<Call> = CALLS
        .iter()
        .map(|(method, path)| ((*method).into(), (*path).into()))
        .collect();
    assert_eq!(contract.calls(), listed);
}

#[test]
fn a_wrong_request_is_told() {
    if !contract::is_there() {
        return;
    }
    let github = GitHub::start();
    let contract = Contract::start(&github);
    let table = [
        ("POST releases", r#"{ "name": "a" }"#, "required property 'tag_name'"),
        ("POST releases", r#"{ "tag_name": "v1.0.0", "lates": "true" }"#, "lates"),
        (
            "PATCH releases/1",
            r#"{ "make_latest": true }"#,
            "one of the allowed values",
        ),
        ("PATCH releases/one", "{}", "must be integer"),
        ("POST releases/1/assets?name=a", "{}", "Supported content types"),
        ("POST releases/1/assets", "", "'name'"),
        ("GET releases?per_pag=1", "", "`per_pag` is not known"),
        ("PUT releases/1", "{}", "Selected route not found"),
        ("GET git/none", "", "Selected route not found"),
        ("GET git/ref/tags/app/v1.0.0", "", ""),
    ];
    for (call, body, expected) in table {
        let (method, path) = call.split_once(' ').unwrap();
        send(method, &format!("{}/repos/octo/demo/{path}", contract.url), body);
        let violations = contract.violations();
        let told = violations.iter().any(|violation| violation.contains(expected));
        assert_eq!(told, !expected.is_empty(), "{call} {body}: {violations:?}");
    }
}
