//! The tags that `push` gives: by template, and those that stand for the highest version.

use serde_json::{Value, json};

use crate::common::registry::Registry;
use crate::push::{image as image_of, repository, sandbox};

/// Names and digests of a layout's entries that have a tag.
fn tags(folder: &std::path::Path) -> Vec<(String, String)> {
    let index: Value = serde_json::from_slice(&std::fs::read(folder.join("index.json")).unwrap()).unwrap();
    let mut tags: Vec<(String, String)> = index["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| {
            let tag = entry["annotations"]["org.opencontainers.image.ref.name"].as_str()?;
            Some((tag.to_owned(), entry["digest"].as_str()?[..14].to_owned()))
        })
        .collect();
    tags.sort();
    tags
}

#[test]
fn tags_are_made_by_template() {
    let sandbox = sandbox();
    let sha = sandbox.git(&["rev-parse", "HEAD"])[..7].to_owned();
    let templates = [
        "{{major}}.{{minor}}",
        "v{{major}}",
        "sha-{{sha}}",
        "{{branch}}-{{version}}",
        "latest",
        "{{year}}-{{month}}-{{day}}",
        "pr-{{pr}}",
        "fixed",
    ];
    let flags: Vec<&str> = templates.iter().flat_map(|template| ["--tag", template]).collect();
    let document = sandbox.json(0, &[&["push", "--to", "oci:shelf"], flags.as_slice()].concat());
    let day = document["tags"][3].as_str().unwrap().to_owned();
    assert_eq!(day.len(), 10, "{day}");
    assert_eq!(
        document["tags"],
        // What stands for the highest goes last.
        json!([
            "0.1.0",
            format!("sha-{sha}"),
            "main-0.1.0",
            day,
            "fixed",
            "0.1",
            "v0",
            "latest"
        ])
    );
    assert_eq!(
        document["repositories"][0]["kept_back"],
        json!([{ "tag": "pr-{{pr}}", "reason": "this run is of no pull request" }])
    );
    for (template, expected) in [
        ("{{nothing}}", "there is no `nothing`"),
        ("{{version", "syntax error"),
        ("a b", "no image tag"),
    ] {
        let run = sandbox.tidegate(&["push", "--to", "oci:x", "--tag", template]).exits(2);
        assert!(run.stderr.contains(expected), "{template}: {}", run.stderr);
    }
}

#[test]
fn a_floating_tag_stays_with_the_highest_version() {
    let sandbox = sandbox();
    let floating = ["--tag", "latest", "--tag", "{{major}}", "--tag", "{{major}}.{{minor}}"];
    let push = |release: &str, more: &[&str]| {
        let image = if release == "1.5.0" { "1.5.0" } else { "1.5.1" };
        let image = image_of(image).display().to_string();
        let head = ["push", &image, "--to", "oci:shelf", "--release", release];
        sandbox.json(0, &[&head, more].concat())["repositories"][0]["kept_back"].clone()
    };
    let commit = |version: &str| {
        sandbox.git(&["commit", "--quiet", "--allow-empty", "-m", "fix: x"]);
        sandbox.git(&["tag", version]);
    };
    for version in ["v1.4.0", "v1.4.1", "v1.5.0", "v2.0.0-rc.1"] {
        commit(version);
    }
    // Git has a higher one, although the registry has not.
    let kept = push("1.4.0", &floating);
    let kept: Vec<(&str, &str)> = kept
        .as_array()
        .unwrap()
        .iter()
        .map(|kept| (kept["tag"].as_str().unwrap(), kept["reason"].as_str().unwrap()))
        .collect();
    assert_eq!(
        kept,
        [
            ("latest", "1.5.0 is higher"),
            ("1", "1.5.0 is higher"),
            ("1.4", "1.4.1 is higher")
        ]
    );
    assert_eq!(push("1.5.0", &floating), Value::Null);
    // The highest of its own series, though not of all.
    let kept = push("1.4.1", &floating);
    assert_eq!(kept.as_array().unwrap().len(), 2, "{kept}");
    let kept = push("2.0.0-rc.1", &floating);
    assert_eq!(kept.as_array().unwrap().len(), 3, "{kept}");
    assert!(kept[0]["reason"].as_str().unwrap().contains("prerelease"), "{kept}");
    let named: Vec<String> = tags(&sandbox.work().join("shelf"))
        .into_iter()
        .map(|(tag, _)| tag)
        .collect();
    assert_eq!(
        named,
        ["1", "1.4", "1.4.0", "1.4.1", "1.5", "1.5.0", "2.0.0-rc.1", "latest"]
    );
}

#[test]
fn a_registry_tells_of_versions_that_a_shallow_clone_lacks() {
    if !Registry::available() {
        return;
    }
    let sandbox = sandbox();
    let registry = Registry::start(&sandbox.path().join("registry"));
    let to = repository(&registry);
    sandbox.git(&["tag", "v3.0.0"]);
    sandbox
        .tidegate(&["push", "--to", &to, "--release", "3.0.0", "--tag", "latest"])
        .exits(0);
    sandbox.git(&["tag", "--delete", "v3.0.0"]);
    let document = sandbox.json(
        0,
        &[
            "push",
            "--to",
            &to,
            "--tag",
            "latest",
            &image_of("1.5.1").display().to_string(),
        ],
    );
    assert_eq!(document["repositories"][0]["kept_back"][0]["reason"], "3.0.0 is higher");
    assert_eq!(document["tags"], json!(["0.1.0"]));
}

#[test]
fn an_image_of_no_version_is_pushed_and_not_recorded() {
    let sandbox = sandbox();
    sandbox.commit("docs: b", &[]);
    let before = crate::push::ledger(&sandbox);
    let document = sandbox.json(0, &["push", "--to", "oci:shelf", "--tag", "edge", "--tag", "latest"]);
    assert_eq!(document["tags"], json!(["edge"]));
    assert_eq!(document.get("version"), None);
    let kept = document["repositories"][0]["kept_back"].as_array().unwrap();
    assert_eq!(kept.len(), 2, "{kept:?}");
    assert_eq!(crate::push::ledger(&sandbox), before);
    // What needs a version and finds none is no push.
    let none = sandbox
        .tidegate(&["push", "--to", "oci:shelf", "--tag", "latest"])
        .exits(2);
    assert!(none.stderr.contains("tidegate tag"), "{}", none.stderr);
}

#[test]
fn a_component_has_tags_of_its_own() {
    let sandbox = sandbox();
    let file = sandbox.work().join("tidegate.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.replace(
        "layout = \"image\"",
        "layout = \"image\"\ntags = [\"latest\", \"{{major}}.{{minor}}\"]",
    );
    std::fs::write(&file, text).unwrap();
    let document = sandbox.json(0, &["push", "--to", "oci:shelf"]);
    assert_eq!(document["tags"], json!(["0.1.0", "latest", "0.1"]));
}

#[test]
fn no_way_of_writing_moves_a_version_or_a_series_back() {
    let sandbox = sandbox();
    sandbox
        .tidegate(&[
            "push",
            "--to",
            "oci:shelf",
            "--tag",
            "{{major}}.{{minor}}",
            "--tag",
            "v0",
        ])
        .exits(0);
    let before = tags(&sandbox.work().join("shelf"));
    let other = image_of("1.5.1").display().to_string();
    // Branches of these names, and the names by hand, on a commit without a version.
    for (branch, code) in [("0.1.0", 3), ("0.1", 2)] {
        sandbox.git(&["checkout", "--quiet", "-b", branch]);
        sandbox.commit("docs: x", &[]);
        let push = ["push", &other, "--to", "oci:shelf", "--tag", "{{branch}}"];
        sandbox.tidegate(&push).exits(code);
    }
    sandbox
        .tidegate(&["push", &other, "--to", "oci:shelf", "--tag", "0.1.0"])
        .exits(3);
    for tag in ["0", "v0", "0.1"] {
        sandbox
            .tidegate(&["push", &other, "--to", "oci:shelf", "--tag", tag])
            .exits(2);
    }
    // A prerelease, and a version of another series.
    for version in ["v0.1.1-rc.1", "v1.0.0"] {
        sandbox.git(&["tag", version]);
        let release = version.trim_start_matches('v');
        let document = sandbox.json(
            0,
            &[
                "push",
                &other,
                "--to",
                "oci:shelf",
                "--release",
                release,
                "--tag",
                "v0",
                "--tag",
                "0.1",
            ],
        );
        assert_eq!(document["tags"], json!([release]));
        assert_eq!(document["repositories"][0]["kept_back"].as_array().unwrap().len(), 2);
    }
    let after = tags(&sandbox.work().join("shelf"));
    assert!(before.iter().all(|tag| after.contains(tag)), "{before:?} {after:?}");
}

#[test]
fn a_date_is_no_series() {
    let sandbox = sandbox();
    let document = sandbox.json(0, &["push", "--to", "oci:shelf", "--tag", "{{date}}"]);
    assert_eq!(document["tags"].as_array().unwrap().len(), 2, "{document}");
}
