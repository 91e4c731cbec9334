//! The fixtures: their files are well-formed, their people and versions fit, their images are what the script makes, and
//! their manifests and scripts are what kubectl takes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tidegate::config::load::{Overrides, load, read_scenario};
use tidegate::config::scenario::{Scenario, ScriptedCommit};
use tidegate::config::schema::File;
use tidegate::config::settings::Settings;
use tidegate::model::policy::Approver;
use tidegate::model::version::{Bump, Version};
use tidegate::plan::changes::Rules;
use tidegate::plan::conventional::parse;
use tidegate::plan::tag::next::next;

use crate::common::{self, Run};

/// The fixtures.
pub const FIXTURES: [&str; 5] = ["churnistic", "empacts", "pcw", "quckchat", "quikapp"];

/// A fixture's `tidegate.toml` with each `${NAME:-default}` replaced by its default.
pub fn config_text(name: &str) -> String {
    let text = std::fs::read_to_string(common::fixture(name).join("tidegate.toml")).unwrap();
    let mut parts = text.split("${");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (variable, rest) = part.split_once('}').unwrap();
        let (_, default) = variable.split_once(":-").unwrap();
        whole.push_str(default);
        whole.push_str(rest);
    }
    whole
}

fn settings(name: &str) -> Settings {
    let folder = common::fixture(name);
    let text = std::fs::read_to_string(folder.join("tidegate.toml")).unwrap();
    let loaded = load(&text, "tidegate.toml", &folder, &Overrides::default(), &|_| None);
    loaded.unwrap_or_else(|error| panic!("{name}: {error:?}"))
}

fn config(name: &str) -> File {
    settings(name).file
}

fn scenario(name: &str) -> Scenario {
    read_scenario(&common::fixture(name), &settings(name)).unwrap().unwrap()
}

/// The images of a fixture's releases: the version and the layout. What becomes final has that of its last candidate.
fn images(name: &str) -> Vec<(String, PathBuf)> {
    let layout = |image: PathBuf| {
        let version = image.file_name().unwrap().to_str().unwrap().to_owned();
        (version, common::fixture(name).join(image))
    };
    let releases = scenario(name).release.into_iter();
    releases.filter_map(|release| release.image).map(layout).collect()
}

/// Runs a program and gives what it printed.
fn output(command: &mut Command) -> String {
    let run = Run::of(command.output().unwrap());
    assert_eq!(run.code, 0, "{command:?}: {}{}", run.stdout, run.stderr);
    run.stdout
}

/// Every file under a folder, by its path in it.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).unwrap_or_else(|error| panic!("{}: {error}", next.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn releases_go_through_one_fails_and_the_next_mends_it() {
    for name in FIXTURES {
        let file = config(name);
        assert_eq!(file.project.unwrap().name, name);
        let faults: Vec<_> = scenario(name)
            .release
            .into_iter()
            .map(|release| release.fault)
            .collect();
        let [None, .., None] = faults.as_slice() else {
            panic!("{name}: {faults:?}");
        };
        let injected: Vec<_> = faults.iter().flatten().collect();
        let [fault] = injected.as_slice() else {
            panic!("{name}: {faults:?}");
        };
        let above = file.environment[&fault.environment].tier;
        assert!(file.environment.values().all(|environment| environment.tier <= above));
    }
}

#[test]
fn the_images_are_named_by_the_versions_that_the_commits_come_to() {
    for name in FIXTURES {
        let (file, scenario) = (config(name), scenario(name));
        let untagged = scenario
            .history
            .iter()
            .rposition(|commit| commit.tag.is_some())
            .unwrap();
        let tag = scenario.history[untagged].tag.clone().unwrap();
        let mut version = Version::from_tag("v", &tag).unwrap();
        let mut waiting: Vec<ScriptedCommit> = scenario.history[untagged + 1..].to_vec();
        let (mut line, mut candidates) = (None, 0);
        for (place, release) in scenario.release.iter().enumerate() {
            let bumps = release.commit.iter().chain(&waiting).filter_map(|commit| {
                let parsed = parse(&commit.message).unwrap_or_else(|_| panic!("{name}: {}", commit.message));
                Rules::default().asks(&parsed.kind, parsed.breaking.is_some())
            });
            let bump = bumps.max();
            waiting.clear();
            if let Some(hotfix) = &release.hotfix {
                assert_eq!((bump, &version), (Some(Bump::Patch), &version.core()), "{name}");
                assert_eq!(next(&version, Bump::Patch, file.version.zero_major), *hotfix, "{name}");
                version = hotfix.clone();
            } else if release.last_candidate {
                assert_eq!(release.line, line, "{name}");
            } else if release.line.is_some() && release.line == line {
                assert_eq!(bump, Some(Bump::Patch), "{name}: a fix on a line");
                candidates += 1;
            } else {
                version = next(&version, bump.unwrap(), file.version.zero_major);
                (line, candidates) = (release.line, 1);
                assert!(line.is_none_or(|line| line.first() == version), "{name}: {version}");
            }
            let becomes_final = scenario.release.get(place + 1).is_some_and(|next| next.last_candidate);
            let is_candidate = release.line.is_some() && !becomes_final;
            let image = match is_candidate {
                true => format!("images/{version}-rc.{candidates}"),
                false => format!("images/{version}"),
            };
            let wanted = (!release.last_candidate).then(|| PathBuf::from(image));
            assert_eq!(release.image, wanted, "{name}");
        }
    }
}

#[test]
fn every_gate_gets_the_words_and_checks_that_it_asks_for() {
    for name in FIXTURES {
        let (file, scenario) = (config(name), scenario(name));
        let teams: BTreeMap<_, _> = file
            .team
            .iter()
            .map(|(name, team)| (name.clone(), team.clone()))
            .collect();
        for (environment, settings) in &file.environment {
            if let Some(rule) = &settings.gate.approvals {
                let given = scenario.approval.iter().filter(|word| {
                    let named = |approver: &Approver| approver.named(&teams).contains(&word.by);
                    word.environment == *environment && word.by != scenario.actor && rule.from.iter().any(named)
                });
                assert_eq!(given.count(), rule.count as usize, "{name}: {environment}");
            }
            let promoters = settings.gate.access.iter().flat_map(|access| &access.promote);
            let may: Vec<&String> = promoters.flat_map(|approver| approver.named(&teams)).collect();
            let given = scenario
                .promotion
                .iter()
                .find(|promotion| promotion.environment == *environment);
            let hands_over = !may.is_empty() && !may.contains(&&scenario.actor);
            assert_eq!(given.is_some(), hands_over, "{name}: {environment}");
            assert!(
                given.is_none_or(|promotion| may.contains(&&promotion.by)),
                "{name}: {environment}"
            );
            for check in settings.gate.checks.iter().flat_map(|rule| &rule.require) {
                assert!(
                    scenario
                        .check
                        .iter()
                        .any(|given| given.name == check.name() && given.app.as_deref() == check.app()),
                    "{name}: {check}"
                );
            }
            for team in &settings.access.teams {
                assert!(file.team.contains_key(team), "{name}: {team}");
            }
        }
    }
}

#[test]
fn the_images_are_what_the_script_makes() {
    if !common::has("python3", "apt-get install python3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = common::repository().join("fixtures/make-images.py");
    output(Command::new("python3").arg("-B").arg(script).arg(folder.path()));
    for name in FIXTURES {
        let made = contents(&folder.path().join(name).join("images"));
        let kept = contents(&common::fixture(name).join("images"));
        assert!(made.len() >= 15, "{name}: three layouts of five files at least");
        let paths = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(
            paths(&made),
            paths(&kept),
            "{name}: run python3 fixtures/make-images.py and commit"
        );
        assert_eq!(made, kept, "{name}: run python3 fixtures/make-images.py and commit");
    }
}

#[test]
fn skopeo_copies_every_image_blob_by_blob() {
    if !common::has("skopeo", "apt-get install skopeo") {
        return;
    }
    for name in FIXTURES {
        for (version, layout) in images(name) {
            let folder = tempfile::tempdir().unwrap();
            let source = format!("oci:{}", layout.display());
            let target = format!("oci:{}:copy", folder.path().display());
            output(Command::new("skopeo").args(["copy", "--quiet", "--all", "--preserve-digests", &source, &target]));
            let config = output(Command::new("skopeo").args(["inspect", "--override-arch=amd64", "--config", &source]));
            let config: Value = serde_json::from_str(&config).unwrap();
            let labels = &config["config"]["Labels"];
            assert_eq!(labels["org.opencontainers.image.version"], version);
            assert_eq!(labels["org.opencontainers.image.title"], name);
        }
    }
}

#[test]
fn umoci_unpacks_the_images_of_one_platform() {
    if !common::has("umoci", "apt-get install umoci") {
        return;
    }
    // umoci reads no image index (https://github.com/opencontainers/umoci, "tag is ambiguous"): QuckChat's is one.
    for name in FIXTURES.into_iter().filter(|name| *name != "quckchat") {
        for (version, layout) in images(name) {
            let folder = tempfile::tempdir().unwrap();
            let image = format!("{}:{version}", layout.display());
            let bundle = folder.path().join("bundle");
            output(
                Command::new("umoci")
                    .args(["unpack", "--rootless", "--image", &image])
                    .arg(&bundle),
            );
            let app = bundle.join("rootfs/app");
            assert_eq!(
                std::fs::read_to_string(app.join("VERSION")).unwrap(),
                format!("{version}\n")
            );
            assert_eq!(contents(&app.join("src")), contents(&common::fixture(name).join("src")));
        }
    }
}

/// A manifest as JSON, read by kubectl without a cluster.
fn manifest(file: &Path) -> Value {
    let mut kubectl = Command::new("kubectl");
    kubectl.args(["annotate", "--local", "--output=json", "read-by=kubectl", "--filename"]);
    let mut value: Value = serde_json::from_str(&output(kubectl.arg(file))).unwrap();
    value["metadata"].as_object_mut().unwrap().remove("annotations");
    value
}

/// The value as a type of Kubernetes, which knows every field of it.
fn typed<T: DeserializeOwned + Serialize>(value: &Value, file: &Path) -> T {
    let typed: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert_eq!(
        serde_json::to_value(&typed).unwrap(),
        *value,
        "{}: a field unknown to Kubernetes",
        file.display()
    );
    typed
}

#[test]
fn the_manifests_are_of_kubernetes_and_run_as_many_copies_as_the_table_says() {
    if !common::has("kubectl", "apt-get install kubernetes-client") {
        return;
    }
    for name in FIXTURES {
        for (environment, settings) in config(name).environment {
            let Some(namespace) = &settings.deploy.namespace else {
                continue;
            };
            let folder = common::fixture(name).join("k8s").join(namespace);
            let mut copies = None;
            for file in common::files_under(&folder, "yaml") {
                let value = manifest(&file);
                match value["kind"].as_str().unwrap() {
                    "Deployment" => {
                        let spec = typed::<Deployment>(&value, &file).spec;
                        copies = copies.or(spec.replicas.map(|count| (count, count)));
                        let container = &spec.template.spec.unwrap().containers[0];
                        assert!(container.liveness_probe.is_some() && container.readiness_probe.is_some());
                    }
                    "HorizontalPodAutoscaler" => {
                        let spec = typed::<HorizontalPodAutoscaler>(&value, &file).spec;
                        copies = Some((spec.min_replicas.unwrap(), spec.max_replicas));
                    }
                    "Service" => assert!(typed::<Service>(&value, &file).spec.unwrap().selector.is_some()),
                    "ConfigMap" => assert!(typed::<ConfigMap>(&value, &file).data.is_some()),
                    kind => panic!("{}: {kind}", file.display()),
                }
            }
            let wanted = (settings.replicas.min.cast_signed(), settings.replicas.max.cast_signed());
            assert_eq!(copies, Some(wanted), "{name}: {environment}");
        }
    }
}

/// A copy of a fixture, so that its scripts leave nothing in the repository.
fn copy(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in contents(&common::fixture(name)) {
        let file = folder.path().join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    folder
}

#[test]
fn the_shell_lines_of_the_workflow_test_and_build() {
    if !common::has("python3", "apt-get install python3") {
        return;
    }
    for name in FIXTURES {
        let (file, folder) = (config(name), copy(name));
        let component = file.component.values().next().unwrap();
        let layout = folder.path().join(component.layout.as_ref().unwrap());
        for (version, image) in images(name) {
            for line in [&file.workflow.test, &file.workflow.build] {
                let mut shell = Command::new("sh");
                shell
                    .args(["-c", line.as_ref().unwrap()])
                    .env("TIDEGATE_VERSION", &version);
                output(shell.current_dir(folder.path()));
            }
            assert_eq!(contents(&layout), contents(&image), "{name} {version}");
        }
    }
}

#[test]
fn the_scripts_are_clean() {
    if !common::has("shellcheck", "apt-get install shellcheck") {
        return;
    }
    for name in FIXTURES {
        output(Command::new("shellcheck").args(common::files_under(&common::fixture(name), "sh")));
    }
}

/// Stands in for kubectl where there is no cluster: writes down what it was asked and what it was given to apply.
const KUBECTL: &str =
    "#!/bin/sh\nprintf '%s\\n' \"$*\" >> asked\ncase \"$*\" in *'apply -f -') cat > applied ;; esac\n";

#[test]
fn a_deployment_applies_the_image_by_digest_and_waits_for_it() {
    for name in FIXTURES {
        for (environment, settings) in config(name).environment {
            let (Some(cluster), Some(namespace)) = (&settings.deploy.cluster, &settings.deploy.namespace) else {
                continue;
            };
            let folder = copy(name);
            let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
            std::fs::write(folder.path().join("kubectl"), KUBECTL).unwrap();
            output(Command::new("chmod").arg("+x").arg(folder.path().join("kubectl")));
            let image = format!("registry.example.com/{name}/app@sha256:{}", "a".repeat(64));
            let mut deploy = Command::new(&settings.deploy.command[0]);
            deploy.args(&settings.deploy.command[1..]).current_dir(folder.path());
            deploy
                .env("PATH", path)
                .env("TIDEGATE_ENVIRONMENT", environment.as_str());
            let anchor = format!("12 sha256:{}", "b".repeat(64));
            deploy
                .env("TIDEGATE_IMAGE", &image)
                .env("TIDEGATE_VERSION", "9.8.7")
                .env("TIDEGATE_LEDGER_ANCHOR", &anchor);
            output(
                deploy
                    .env("TIDEGATE_CLUSTER", cluster)
                    .env("TIDEGATE_NAMESPACE", namespace),
            );

            let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).unwrap();
            let (asked, applied) = (read("asked"), read("applied"));
            let expected = format!("--context {cluster} --namespace {namespace} ");
            let asked: Vec<&str> = asked
                .lines()
                .map(|line| line.strip_prefix(&expected).unwrap())
                .collect();
            assert_eq!(asked[0], "apply -f -");
            let (_, workload) = asked[2].split_once("rollout status ").unwrap();
            let (workload, _) = workload.split_once(" --timeout").unwrap();
            assert!(workload.starts_with("deployment/"), "{asked:?}");
            assert_eq!(
                asked[1],
                format!("annotate {workload} --overwrite tidegate/ledger={anchor}")
            );
            let used: Vec<&str> = applied
                .lines()
                .filter_map(|line| line.trim().strip_prefix("image: "))
                .collect();
            assert_eq!(used, [image], "{name}: {environment}");
            assert!(
                !applied.contains("TIDEGATE_"),
                "{name}: {environment}: a placeholder is left"
            );
        }
    }
}
