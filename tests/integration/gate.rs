//! `gate` through the program: exit codes, times, outputs, and the policy that judges.

use crate::common::Run;
use crate::common::project::{Project, rule};

#[test]
fn an_open_gate() {
    let project = Project::released();
    let run = project.run(0, &["gate", "dev"]);
    assert_eq!(run.stdout, "open\n");
    assert!(run.stderr.starts_with("dev is open for v0.1.0 ("), "{}", run.stderr);
    let verdict = project.unchanged(0, &["gate", "dev", "--dry-run"]);
    assert_eq!(verdict["schema"], "tidegate.gate/1");
    assert_eq!(verdict["exit_code"], 0);
    assert_eq!(verdict["status"], "open");
    let source = verdict["policy"]["source"].as_str().unwrap();
    assert!(source.starts_with("origin/main@"), "{source}");
}

#[test]
fn checks_close_keep_waiting_and_leave_undecided() {
    let project = Project::released();
    project.run(0, &["promote", "dev"]);
    let missing = project.unchanged(5, &["gate", "qa"]);
    assert_eq!(missing["status"], "undecidable");
    assert_eq!(rule(&missing, "checks")["status"], "unknown");
    project.run(5, &["promote", "qa"]);
    project.sandbox.write(&[(".tidegate/checks.json", "no JSON")]);
    project.unchanged(5, &["gate", "qa"]);
    project.checks(&[("build", "success"), ("test", "pending")]);
    assert_eq!(project.run(4, &["gate", "qa"]).stdout, "waiting\n");
    project.checks(&[("build", "success"), ("test", "failure")]);
    assert_eq!(project.run(3, &["gate", "qa"]).stdout, "closed\n");
    project.checks(&[("build", "success"), ("test", "success")]);
    assert_eq!(project.run(0, &["gate", "qa"]).stdout, "open\n");
    // Results of another commit say nothing about this one.
    project.sandbox.commit("docs: on the side", &[]);
    project.checks(&[("build", "success"), ("test", "success")]);
    project.unchanged(3, &["gate", "qa"]);
}

#[test]
fn a_waiting_gate_names_the_time() {
    let project = Project::released();
    let closed = project.unchanged(3, &["gate", "uat"]);
    assert_eq!(closed.get("next_check_at"), None, "time alone does not open it");
    project.run(0, &["promote", "dev"]);
    let row = project.json(0, &["status"])["rows"][0].clone();
    let since: jiff::Timestamp = row["verified_at"].as_str().unwrap().parse().unwrap();
    let waiting = project.unchanged(4, &["gate", "uat"]);
    let next: jiff::Timestamp = waiting["next_check_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(next, since + jiff::SignedDuration::from_hours(24));
    let frozen = project.unchanged(4, &["gate", "production"]);
    assert_eq!(frozen["next_check_at"], "2099-01-01T00:00:00Z");
    let run = project.run(4, &["promote", "production"]);
    assert!(
        run.stderr.contains("ask again at 2099-01-01T00:00:00Z"),
        "{}",
        run.stderr
    );
    assert!(!project.deployed().contains("production"));
}

#[test]
fn the_step_speaks_to_github() {
    let mut project = Project::released();
    let (outputs, summary) = (
        project.sandbox.path().join("outputs"),
        project.sandbox.path().join("summary.md"),
    );
    for (name, value) in [
        ("GITHUB_ACTIONS", "true".to_owned()),
        ("GITHUB_OUTPUT", outputs.display().to_string()),
        ("GITHUB_STEP_SUMMARY", summary.display().to_string()),
    ] {
        project.sandbox.variables.insert(name.to_owned(), value);
    }
    let open = project.run(0, &["gate", "dev"]);
    assert!(
        !open.stderr.contains("::"),
        "an open gate needs no annotation: {}",
        open.stderr
    );
    let waiting = project.run(4, &["gate", "production"]);
    assert_eq!(waiting.stdout, "waiting\n");
    assert!(
        waiting
            .stderr
            .contains("\n::notice title=production is waiting for v0.1.0"),
        "{}",
        waiting.stderr
    );
    let closed = project.run(3, &["gate", "staging"]);
    assert!(
        closed.stderr.contains("\n::error title=staging is closed"),
        "{}",
        closed.stderr
    );
    let written = std::fs::read_to_string(&outputs).unwrap();
    for line in ["waiting", "production", "0.1.0", "2099-01-01T00:00:00Z"] {
        assert!(written.lines().any(|found| found == line), "{line} in {written}");
    }
    for name in [
        "status",
        "environment",
        "version",
        "digest",
        "commit",
        "next-check-at",
        "exit-code",
        "json",
    ] {
        assert!(
            written.contains(&format!("\n{name}<<")) || written.starts_with(&format!("{name}<<")),
            "{name}"
        );
    }
    let told = std::fs::read_to_string(&summary).unwrap();
    assert!(told.contains("### production is waiting for v0.1.0"), "{told}");
    assert!(told.contains("| freeze "), "{told}");
    let before = written.len();
    project.run(2, &["gate", "nowhere"]);
    let written = std::fs::read_to_string(&outputs).unwrap();
    assert!(
        written[before..].contains("tidegate.error/1"),
        "a mistake reaches the outputs too"
    );
}

#[test]
fn the_policy_is_that_of_the_default_branch() {
    let project = Project::released();
    let digest = |project: &Project| project.json(3, &["gate", "staging"])["policy"]["digest"].clone();
    let before = digest(&project);
    let file = project.sandbox.work().join("tidegate.toml");
    let softer = std::fs::read_to_string(&file)
        .unwrap()
        .replace("count = 2", "count = 1");
    project.sandbox.write(&[("tidegate.toml", &softer)]);
    assert_eq!(digest(&project), before, "not that of the work tree");
    project.sandbox.commit("chore: one is enough", &[]);
    assert_eq!(digest(&project), before, "not that of a commit of one's own");
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    assert_ne!(digest(&project), before);
}

#[test]
fn the_ledger_is_the_one_that_the_policy_names() {
    let project = Project::released();
    let before = project.json(3, &["gate", "staging"]);
    let file = project.sandbox.work().join("tidegate.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains("[ledger]"));
    let other = format!("{text}\n[ledger]\nbranch = \"elsewhere\"\n");
    project.sandbox.write(&[("tidegate.toml", &other)]);
    assert_eq!(project.json(3, &["gate", "staging"])["release"], before["release"]);
    project.sandbox.commit("chore: another ledger", &[]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    let missing = project.run(2, &["gate", "staging"]);
    assert!(missing.stderr.contains("no release"), "{}", missing.stderr);
}

/// A clone of the project's origin, beside it.
fn clone(project: &Project, name: &str) -> std::path::PathBuf {
    let folder = project.sandbox.path().join(name);
    project
        .sandbox
        .git_in(project.sandbox.path(), &["clone", "--quiet", "origin.git", name]);
    folder
}

#[test]
fn the_policy_is_what_the_remote_has_now() {
    let project = Project::released();
    let digest = |exit: i32| project.json(exit, &["gate", "staging"])["policy"].clone();
    let before = digest(3);
    assert_eq!(before["commit"], project.sandbox.git(&["rev-parse", "origin/main"]));
    // Somebody else changes it; this clone fetches nothing by itself.
    let other = clone(&project, "other");
    let text = std::fs::read_to_string(other.join("tidegate.toml")).unwrap();
    let change = |text: &str, branch: &str| {
        std::fs::write(other.join("tidegate.toml"), text).unwrap();
        let sandbox = &project.sandbox;
        sandbox.git_in(
            &other,
            &["commit", "--quiet", "--all", "--message", "chore: other rules"],
        );
        sandbox.git_in(&other, &["push", "--quiet", "origin", &format!("HEAD:{branch}")]);
        sandbox.git_in(&other, &["rev-parse", "HEAD"])
    };
    let tracked = project.sandbox.git(&["rev-parse", "origin/main"]);
    let three = text.replace("count = 2", "count = 3");
    let commit = change(&three, "main");
    let after = digest(3);
    assert_ne!(before["digest"], after["digest"]);
    assert_eq!(after["commit"], commit);
    assert_eq!(
        project.sandbox.git(&["rev-parse", "origin/main"]),
        tracked,
        "no ref moves"
    );
    // Another branch becomes the default one, and the old one stays.
    let commit = change(&text.replace("count = 2", "count = 1"), "trunk");
    let origin = project.sandbox.path().join("origin.git");
    let head = |branch: &str| {
        let full = format!("refs/heads/{branch}");
        project.sandbox.git_in(&origin, &["symbolic-ref", "HEAD", &full])
    };
    head("trunk");
    let renamed = digest(3);
    assert_eq!(renamed["commit"], commit);
    assert!(renamed["source"].as_str().unwrap().starts_with("origin/trunk@"));
    // The remote names none: this clone was told `main`; one that was told nothing refuses.
    head("gone");
    assert_eq!(digest(3)["commit"], after["commit"]);
    project.sandbox.git(&["remote", "set-head", "origin", "--delete"]);
    let refused = project.unchanged(2, &["gate", "staging"]);
    let help = refused["help"].as_str().unwrap();
    assert!(help.contains("git remote set-head origin --auto"), "{help}");
    head("main");
    assert_eq!(digest(3)["commit"], after["commit"]);
    project.sandbox.git(&["remote", "set-url", "origin", "../gone.git"]);
    project.run(6, &["gate", "staging"]);
}

#[test]
fn a_shallow_clone_judges_by_what_the_remote_has_now() {
    let project = Project::released();
    let origin = format!("file://{}", project.sandbox.path().join("origin.git").display());
    let folder = project.sandbox.path();
    project.sandbox.git_in(
        folder,
        &["clone", "--quiet", "--depth=1", "--no-tags", &origin, "shallow"],
    );
    let file = project.sandbox.work().join("tidegate.toml");
    let three = std::fs::read_to_string(&file)
        .unwrap()
        .replace("count = 2", "count = 3");
    let commit = project
        .sandbox
        .commit("chore: one more", &[("tidegate.toml", three.as_str())]);
    project.sandbox.commit("docs: a page", &[("page.md", "1")]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    let newest = project.sandbox.git(&["rev-parse", "HEAD"]);
    let shallow = folder.join("shallow");
    let arguments = ["gate", "staging", "--actor", "maintainer", "--output", "json"];
    let output = project.sandbox.tidegate_command(&shallow, &arguments).output();
    let run = Run::of(output.unwrap());
    assert_eq!(run.json()["policy"]["commit"], newest, "{}", run.stderr);
    let brought = project.sandbox.git_in(&shallow, &["rev-list", "--count", &newest]);
    assert_eq!(brought, "1", "and not {commit}");
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let project = Project::released();
    let environment = project.run(2, &["gate", "stagign"]);
    assert!(environment.stderr.contains("`stagign`"), "{}", environment.stderr);
    assert!(environment.stderr.contains("`staging`"), "{}", environment.stderr);
    let release = project.run(2, &["gate", "dev", "--release", "9.9.9"]);
    assert!(
        release.stderr.contains("9.9.9") && release.stderr.contains("v0.1.0 ("),
        "{}",
        release.stderr
    );
    let digest = format!("sha256:{}", "0".repeat(64));
    project.run(2, &["gate", "dev", "--digest", &digest]);
    project.run(2, &["gate", "dev", "--digest", "latest"]);
    let error = project.unchanged(2, &["gate", "stagign"]);
    assert_eq!(error["schema"], "tidegate.error/1");
    assert_eq!(error["kind"], "usage");
    let empty = Project::new();
    let run = empty.run(2, &["gate", "dev"]);
    assert!(run.stderr.contains("tidegate push"), "{}", run.stderr);
}

#[test]
fn an_image_that_is_gone_closes_the_gate() {
    let project = Project::released();
    std::fs::remove_dir_all(project.sandbox.path().join("registry")).unwrap();
    let verdict = project.unchanged(3, &["gate", "dev"]);
    assert_eq!(rule(&verdict, "image")["status"], "fail");
}

#[test]
fn a_calendar_is_read_where_the_policy_is() {
    let project = Project::released();
    let event = |day: &str| {
        format!(
            "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:{day}\r\nDTEND;VALUE=DATE:20990101\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        )
    };
    let rules = "gate.freeze = { zone = 'UTC', calendar = 'calendars/holidays.ics' }";
    let name = "calendars/holidays.ics";
    project.rules_of_dev(rules, &[(name, &event("20200101"))]);
    let frozen = project.unchanged(4, &["gate", "dev"]);
    assert_eq!(frozen["next_check_at"], "2099-01-01T00:00:00Z");
    // Not that of the work tree, which may not even hold it.
    project.sandbox.write(&[(name, &event("20981231"))]);
    assert_eq!(project.unchanged(4, &["gate", "dev"])["policy"], frozen["policy"]);
    project.rules_of_dev(rules, &[(name, &event("20981231"))]);
    let open = project.unchanged(0, &["gate", "dev"]);
    assert_ne!(
        open["policy"]["digest"], frozen["policy"]["digest"],
        "the calendar is a part of the policy"
    );
    project.rules_of_dev(rules, &[(name, "no calendar")]);
    let broken = project.unchanged(2, &["gate", "dev"]);
    let finding = &broken["findings"][0];
    let message = finding["message"].as_str().unwrap();
    assert!(
        message.contains("`calendars/holidays.ics` cannot be used: line 1"),
        "{message}"
    );
    assert!(
        finding["line"].as_u64().unwrap() > 1,
        "the line that names it: {finding}"
    );
    project.sandbox.git(&["rm", "--quiet", name]);
    project.sandbox.commit("chore: no calendar", &[]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    project.sandbox.write(&[(name, &event("20981231"))]);
    let missing = project.run(2, &["gate", "dev"]);
    assert!(missing.stderr.contains("there is no calendar"), "{}", missing.stderr);
}
