//! Release lines of many components in one repository: each has branches of its own, and leaves the others alone.

use serde_json::{Value, json};

use crate::common::emulate::INSTALL;
use crate::common::hub::Hub;
use crate::common::steady::steady;
use crate::common::{self, Sandbox};
use crate::cut_rules::events;
use crate::tag::LADDER;

const CONFIG: &str = "\
[project]
name = 'demo'

[component.api]
paths = ['api/**']
version-files = ['api/VERSION']

[component.web]
paths = ['web/**']

[version.channels]
'release/*' = 'rc'
";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&format!("{CONFIG}\n{LADDER}"));
    let files = [("api/VERSION", "1.3.0\n"), ("api/door", "1"), ("web/page", "1")];
    sandbox.commit("feat: both of them", &files);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    sandbox
}

/// Commits on a branch as the origin has it, and pushes.
fn commit(sandbox: &Sandbox, branch: &str, message: &str, file: &str) -> String {
    sandbox.git(&["fetch", "--quiet", "--tags"]);
    sandbox.git(&["checkout", "--quiet", "-B", branch, &format!("origin/{branch}")]);
    let commit = sandbox.commit(message, &[(file, message)]);
    sandbox.git(&["push", "--quiet", "origin", branch]);
    commit
}

/// What each component was given.
fn given(document: &Value) -> Vec<(&str, &str)> {
    let components = document["components"].as_array().unwrap().iter();
    components
        .map(|one| (one["status"].as_str().unwrap(), one["tag"].as_str().unwrap_or("-")))
        .collect()
}

fn there(sandbox: &Sandbox, revision: &str) -> String {
    let commit = format!("{revision}^{{commit}}");
    sandbox.git_in(&sandbox.path().join("origin.git"), &["rev-parse", &commit])
}

#[test]
fn each_component_is_cut_and_released_on_its_own() {
    let sandbox = sandbox();
    let first = sandbox.git(&["rev-parse", "HEAD"]);
    let api = sandbox.json(0, &["cut", "1.4", "--component", "api"]);
    assert_eq!(
        (&api["branch"], &api["candidate"], &api["commit"]),
        (
            &"release/api-1.4".into(),
            &"api-v1.4.0-rc.1".into(),
            &first.as_str().into()
        )
    );
    assert_eq!(api["proposal"]["head"], "tidegate/main-api-1.5");
    // The same line of another component starts at another commit.
    let second = commit(&sandbox, "main", "feat: a page", "web/new");
    let web = sandbox.json(0, &["cut", "1.4", "--component", "web"]);
    assert_eq!(
        (&web["branch"], &web["candidate"], &web["commit"]),
        (
            &"release/web-1.4".into(),
            &"web-v1.4.0-rc.1".into(),
            &second.as_str().into()
        )
    );

    commit(&sandbox, "release/api-1.4", "fix: the door", "api/door");
    let all = sandbox.json(0, &["tag", "--all"]);
    assert_eq!(given(&all), [("created", "api-v1.4.0-rc.2"), ("none", "-")]);
    let words = all["components"][1]["explanation"].as_str().unwrap();
    assert_eq!(words, "web is left alone: release/api-1.4 is for api");
    for arguments in [
        &["tag", "--component", "web"][..],
        &["tag", "--component", "web", "--version", "1.4.1"],
        &["tag", "--component", "web", "--final"],
    ] {
        let run = sandbox.tidegate(arguments).exits(3);
        insta::assert_snapshot!("tag_on_anothers_branch", steady(&run.stderr));
    }
    let all = sandbox.json(0, &["tag", "--all", "--final"]);
    assert_eq!(given(&all), [("created", "api-v1.4.0"), ("none", "-")]);
    assert_eq!(there(&sandbox, "api-v1.4.0"), there(&sandbox, "api-v1.4.0-rc.2"));

    let hotfix = sandbox.json(0, &["hotfix", "1.4.1", "--component", "api"]);
    assert_eq!(hotfix["branch"], "hotfix/api-1.4.1");
    let fix = commit(&sandbox, "hotfix/api-1.4.1", "fix: the door jams", "api/door");
    let run = sandbox.tidegate(&["tag", "--component", "web"]).exits(3);
    insta::assert_snapshot!("tag_on_anothers_hotfix", steady(&run.stderr));
    let all = sandbox.json(0, &["tag", "--all"]);
    assert_eq!(given(&all), [("created", "api-v1.4.1"), ("none", "-")]);
    // web has no final version to fix.
    let run = sandbox.tidegate(&["hotfix", "1.4.1", "--component", "web"]).exits(3);
    insta::assert_snapshot!("hotfix_of_another_component", steady(&run.stderr));

    sandbox.git(&["checkout", "--quiet", "main"]);
    let status = sandbox.json(0, &["cut", "status"]);
    let lines: Vec<[&Value; 4]> = status["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| ["component", "branch", "candidates", "finals"].map(|key| &line[key]))
        .collect();
    let (candidates, finals) = (
        json!(["api-v1.4.0-rc.2", "api-v1.4.0-rc.1"]),
        json!(["api-v1.4.1", "api-v1.4.0"]),
    );
    assert_eq!(
        lines,
        [
            [&"api".into(), &"release/api-1.4".into(), &candidates, &finals],
            [
                &"web".into(),
                &"release/web-1.4".into(),
                &json!(["web-v1.4.0-rc.1"]),
                &json!([])
            ],
        ]
    );
    // The hotfix is owed by api's next cut, and not by web's.
    let run = sandbox.tidegate(&["cut", "1.5", "--component", "api"]).exits(3);
    insta::assert_snapshot!("cut_owes_hotfix_of_component", steady(&run.stderr));
    let web = sandbox.json(0, &["cut", "1.5", "--component", "web"]);
    assert_eq!(web["branch"], "release/web-1.5");
    sandbox.git(&["cherry-pick", "-x", "--strategy-option=theirs", &fix]);
    sandbox.git(&["push", "--quiet", "origin", "main"]);
    let api = sandbox.json(0, &["cut", "1.5", "--component", "api"]);
    assert_eq!(
        (&api["branch"], &api["status"]),
        (&"release/api-1.5".into(), &"created".into())
    );
    commit(&sandbox, "main", "fix: the page", "web/page");
    let next = sandbox.json(0, &["tag", "--all", "--dry-run"]);
    assert_eq!(given(&next), [("none", "-"), ("created", "web-v1.6.0")]);
    assert_eq!(
        (events(&sandbox, "branch-cut"), events(&sandbox, "hotfix-opened")),
        (4, 1)
    );
}

#[test]
fn each_component_has_its_own_on_github() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let mut sandbox = sandbox();
    let hub = Hub::start(&mut sandbox, None);
    let api = sandbox.json(0, &["cut", "1.4", "--component", "api"]);
    commit(&sandbox, "main", "feat: a page", "web/new");
    let web = sandbox.json(0, &["cut", "1.4", "--component", "web"]);
    assert_eq!(
        [&api, &web].map(|cut| (&cut["status"], &cut["branch"])),
        [
            (&"created".into(), &"release/api-1.4".into()),
            (&"created".into(), &"release/web-1.4".into())
        ]
    );
    assert_ne!(api["commit"], web["commit"]);
    let named = |path: &str, key: &str| {
        let found = hub.api().get(path);
        let names = found.as_array().unwrap().iter();
        let mut names: Vec<String> = names.map(|one| one[key].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(named("milestones", "title"), ["api 1.4.0", "web 1.4.0"]);
    let labels = named("labels", "name");
    for label in ["backport api 1.4", "backport web 1.4"] {
        assert!(labels.contains(&label.to_owned()), "{labels:?}");
    }
    assert_eq!(
        named("pulls", "title"),
        ["chore: 1.5.0-dev comes after release/api-1.4"]
    );
    let tags = sandbox.git_in(&sandbox.path().join("origin.git"), &["tag", "--list"]);
    assert_eq!(tags, "api-v1.4.0-rc.1\nweb-v1.4.0-rc.1");
    sandbox.git(&["fetch", "--quiet"]);
    sandbox.git(&["checkout", "--quiet", "-B", "release/web-1.4", "origin/release/web-1.4"]);
    let all = sandbox.json(0, &["tag", "--all", "--final"]);
    assert_eq!(given(&all), [("none", "-"), ("created", "web-v1.4.0")]);
    assert_eq!(
        sandbox.json(0, &["cut", "1.4", "--component", "api"])["steps"],
        json!([])
    );
}
