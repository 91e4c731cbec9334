//! Words in a ledger that anybody may write to: a name, a wrong key, a changed statement and an old word in a new place
//! count nowhere, and the verdict says why.

use std::sync::Arc;

use serde_json::Value;
use tidegate::adapters::clock::SystemClock;
use tidegate::ledger::store::GitLedger;
use tidegate::model::actor::Actor;
use tidegate::model::event::{EventBody, Word};
use tidegate::model::proof::{Proof, Signed};
use tidegate::ports::ledger::{Ledger as _, Observed};

use crate::common::project::{Project, rule};
use crate::common::{Run, keys};

/// Writes an event into the ledger under any name, as whoever can push to its branch can.
pub fn forge(project: &Project, name: &str, body: EventBody) {
    let clock = Arc::new(SystemClock);
    let remote = Some("origin".to_owned());
    let ledger = GitLedger::new(project.sandbox.work(), remote, "tidegate/ledger".to_owned(), clock);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let actor = Actor(name.to_owned());
    runtime.block_on(ledger.append(body, &actor, &Observed::new())).unwrap();
}

/// The word of the last approval or rejection in the ledger.
fn last_word(project: &Project) -> Word {
    let log = project.json(0, &["ledger", "log"]);
    let events = log["events"].as_array().unwrap();
    let spoken = |event: &&Value| event["type"] == "approved" || event["type"] == "rejected";
    serde_json::from_value(events.iter().find(spoken).unwrap().clone()).unwrap()
}

/// What the rule says in a gate that must not be open.
fn approvals(project: &Project, environment: &str) -> String {
    let run = project.sandbox.tidegate(&["gate", environment, "--output", "json"]);
    assert!(matches!(run.code, 3..=5), "{run:?}");
    rule(&run.json(), "approvals")["saw"].as_str().unwrap().to_owned()
}

fn signed(word: &Word) -> Signed {
    match word.proof.clone().unwrap() {
        Proof::Ssh(signed) => signed,
        other => panic!("{other:?}"),
    }
}

fn with(word: &Word, proof: Proof) -> EventBody {
    EventBody::Approved(Word {
        proof: Some(proof),
        ..word.clone()
    })
}

#[test]
fn a_name_alone_counts_nowhere() {
    let project = Project::released();
    project.run(0, &["approve", "staging", "--actor", "qa-lead"]);
    let word = last_word(&project);
    forge(&project, "qa-1", EventBody::Approved(Word { proof: None, ..word }));
    let saw = approvals(&project, "staging");
    assert!(saw.starts_with("1 of 2: qa-lead (key SHA256:"), "{saw}");
    assert!(saw.ends_with("(not counted: qa-1: nothing proves the name)"), "{saw}");
}

#[test]
fn a_signature_of_somebody_else_or_a_changed_statement_counts_nowhere() {
    let project = Project::released();
    project.run(0, &["approve", "staging", "--actor", "qa-lead"]);
    let word = last_word(&project);
    let of_lead = signed(&word);
    // The lead's own statement, and one that names another person beside the lead's signature.
    forge(&project, "qa-1", with(&word, Proof::Ssh(of_lead.clone())));
    let saw = approvals(&project, "staging");
    assert!(saw.contains("qa-1: its proof stood beside an earlier word"), "{saw}");
    let changed = Signed {
        statement: of_lead.statement.replace("qa-lead", "qa-1"),
        ..of_lead.clone()
    };
    forge(&project, "qa-1", with(&word, Proof::Ssh(changed)));
    let saw = approvals(&project, "staging");
    assert!(saw.contains("qa-1: the signature does not fit what was said"), "{saw}");
    let broken = Signed {
        signature: "no signature".to_owned(),
        ..of_lead
    };
    forge(&project, "qa-1", with(&word, Proof::Ssh(broken)));
    let saw = approvals(&project, "staging");
    assert!(saw.contains("qa-1: the signature cannot be read"), "{saw}");
}

/// Runs tidegate as a person who signs with a key of that name.
fn run_with(project: &Project, person: &str, key: &str, arguments: &[&str]) -> Run {
    let mut all = arguments.to_vec();
    all.extend(["--actor", person]);
    let key = keys::folder(project.sandbox.path()).join(key).display().to_string();
    let mut command = project.sandbox.tidegate_command(&project.sandbox.work(), &all);
    Run::of(command.envs(keys::signing_with(&key, "ssh")).output().unwrap())
}

#[test]
fn a_key_that_is_not_the_persons_counts_nowhere() {
    let project = Project::released();
    keys::make(project.sandbox.path(), "stranger", &["ed25519"]);
    for (key, why) in [
        ("stranger", "is by a key that the policy does not list"),
        ("passer-by", "is by a key of passer-by"),
    ] {
        let run = run_with(&project, "qa-1", key, &["approve", "staging"]).exits(0);
        assert!(
            run.stderr.contains("the gate does not count this word: the signature"),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains(why), "{}", run.stderr);
        let saw = approvals(&project, "staging");
        assert!(saw.contains(&format!("qa-1: the signature {why}")), "{saw}");
    }
}

#[test]
fn a_word_without_a_key_is_written_and_says_what_to_do() {
    let project = Project::released();
    let mut command = project
        .sandbox
        .tidegate_command(&project.sandbox.work(), &["approve", "staging"]);
    command.args(["--actor", "qa-2"]);
    let run = Run::of(command.env("GIT_CONFIG_COUNT", "0").output().unwrap()).exits(0);
    assert!(
        run.stderr.contains("git has no `user.signingkey`; set one up"),
        "{}",
        run.stderr
    );
    assert_eq!(project.events("approved"), 1);
    let mut again = project
        .sandbox
        .tidegate_command(&project.sandbox.work(), &["approve", "staging"]);
    again.args(["--actor", "qa-2"]).env("GIT_CONFIG_COUNT", "0");
    let run = Run::of(again.output().unwrap()).exits(0);
    assert!(run.stderr.contains("before; nothing to do"), "{}", run.stderr);
    assert_eq!(project.events("approved"), 1);
}

/// Commits a change of the policy's files to the default branch.
fn change(project: &Project, file: &str, change: impl Fn(&str) -> String) {
    let path = project.sandbox.work().join(file);
    let text = std::fs::read_to_string(path).unwrap();
    project
        .sandbox
        .commit("chore: another policy", &[(file, &change(&text))]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
}

#[test]
fn an_expired_key_counts_nowhere() {
    let project = Project::released();
    let until = |text: &str| {
        let line = |line: &str| match line.strip_prefix("qa-1 ") {
            Some(key) => format!("qa-1 valid-before=\"20260101Z\" {key}\n"),
            None => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    };
    change(&project, "allowed_signers", until);
    let run = project.run(0, &["approve", "staging", "--actor", "qa-1"]);
    assert!(
        run.stderr.contains("is by a key that expired at 2026-01-01T00:00:00Z"),
        "{}",
        run.stderr
    );
    let saw = approvals(&project, "staging");
    assert!(
        saw.starts_with("0 of 2 (not counted: qa-1: the signature is by a key that expired"),
        "{saw}"
    );
}

#[test]
fn the_keys_are_those_of_the_default_branch_and_a_part_of_the_policy() {
    let project = Project::released();
    let digest = || project.json(3, &["gate", "staging"])["policy"]["digest"].clone();
    let before = digest();
    keys::make(project.sandbox.path(), "qa-2", &["ed25519"]);
    let own = keys::allowed_signers(project.sandbox.path(), &["qa-2"]);
    let text = std::fs::read_to_string(project.sandbox.work().join("allowed_signers")).unwrap();
    project.sandbox.write(&[("allowed_signers", &format!("{text}{own}"))]);
    assert_eq!(digest(), before, "not those of the work tree");
    project.sandbox.git(&["checkout", "--quiet", "allowed_signers"]);
    change(&project, "allowed_signers", |text| format!("{text}{own}"));
    assert_ne!(digest(), before, "who is listed is a part of the policy");
    change(&project, "allowed_signers", |_| {
        "qa-1 cert-authority ssh-ed25519 AAAA\n".to_owned()
    });
    let run = project.run(2, &["gate", "staging"]);
    assert!(
        run.stderr.contains("allowed_signers beside origin/main@"),
        "{}",
        run.stderr
    );
    project.sandbox.git(&["rm", "--quiet", "allowed_signers"]);
    project.sandbox.commit("chore: no keys", &[]);
    project.sandbox.git(&["push", "--quiet", "origin", "main"]);
    let run = project.run(2, &["gate", "staging"]);
    assert!(
        run.stderr.contains("there is no file `allowed_signers`"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_word_is_not_carried_elsewhere() {
    let project = Project::released();
    change(&project, "tidegate.toml", |text| {
        let rule = "gate.approvals = { count = 2, from = ['team:qa', 'user:release-manager-1'] }";
        text.replace("gate.previous = {}\ngate.soak", &format!("{rule}\ngate.soak"))
    });
    let before = {
        project.run(0, &["approve", "staging", "--actor", "qa-1"]);
        last_word(&project)
    };
    let carried = |environment: &str, word: &Word| {
        let proof = before.proof.clone().unwrap();
        let target = Word {
            environment: environment.parse().unwrap(),
            ..word.clone()
        };
        forge(&project, "qa-1", with(&target, proof));
    };
    // Into another environment.
    project.run(0, &["approve", "uat", "--actor", "qa-lead"]);
    carried("uat", &last_word(&project));
    let saw = approvals(&project, "uat");
    assert!(
        saw.contains("qa-1: the signature is for another environment: staging"),
        "{saw}"
    );
    // To another release.
    project.release("1.5.0");
    project.run(0, &["approve", "staging", "--actor", "qa-lead"]);
    carried("staging", &last_word(&project));
    let saw = approvals(&project, "staging");
    assert!(saw.contains("qa-1: the signature is for another release: "), "{saw}");
    // Under another policy.
    change(&project, "tidegate.toml", |text| {
        text.replace("'qa-1']", "'qa-1', 'qa-2']")
    });
    project.run(0, &["approve", "staging", "--release", "0.1.0", "--actor", "qa-lead"]);
    carried("staging", &last_word(&project));
    let run = project.run(3, &["gate", "staging", "--release", "0.1.0"]);
    assert!(
        run.stderr.contains("qa-1: the signature is for another policy: "),
        "{}",
        run.stderr
    );
    // Into another project.
    change(&project, "tidegate.toml", |text| {
        text.replace("name = 'demo'", "name = 'other'")
    });
    let word = last_word(&project);
    carried("staging", &word);
    project.run(0, &["approve", "staging", "--release", "0.1.0", "--actor", "qa-lead"]);
    let run = project.run(3, &["gate", "staging", "--release", "0.1.0"]);
    assert!(run.stderr.contains("1 of 2: qa-lead"), "{}", run.stderr);
    assert!(
        run.stderr
            .contains("qa-lead: the signature is for another project: demo"),
        "{}",
        run.stderr
    );
}

#[test]
fn an_older_yes_after_a_no_counts_nowhere() {
    let project = Project::released();
    project.run(0, &["approve", "staging", "--actor", "qa-1", "--reason", "looks good"]);
    let yes = last_word(&project);
    project.run(0, &["reject", "staging", "--actor", "qa-1"]);
    forge(&project, "qa-1", EventBody::Approved(yes.clone()));
    let saw = approvals(&project, "staging");
    assert!(
        saw.contains("its proof stood beside an earlier word") && saw.ends_with("rejected by qa-1"),
        "{saw}"
    );
    // The same where the yes was signed and kept back until the no was said.
    let Signed { statement, .. } = signed(&yes);
    let older = statement.replace("\"reason\":\"looks good\"", "\"reason\":\"kept back\"");
    let signature = sign(&project, "qa-1", &older);
    let kept = Word {
        reason: Some("kept back".to_owned()),
        proof: Some(Proof::Ssh(Signed {
            statement: older,
            signature,
        })),
        ..yes
    };
    forge(&project, "qa-1", EventBody::Approved(kept));
    let saw = approvals(&project, "staging");
    assert!(
        saw.contains("is no newer than the one of") && saw.ends_with("rejected by qa-1"),
        "{saw}"
    );
}

/// Signs a text with a person's key.
fn sign(project: &Project, person: &str, text: &str) -> String {
    let file = project.sandbox.path().join("text");
    std::fs::write(&file, text).unwrap();
    let key = keys::folder(project.sandbox.path()).join(person);
    let mut keygen = project.sandbox.command("ssh-keygen", project.sandbox.path());
    keygen
        .args(["-q", "-Y", "sign", "-n", "tidegate", "-f"])
        .arg(key)
        .arg(&file);
    Run::of(keygen.output().unwrap()).exits(0);
    let signature = project.sandbox.path().join("text.sig");
    let text = std::fs::read_to_string(&signature).unwrap();
    std::fs::remove_file(signature).unwrap();
    text
}

#[test]
fn every_kind_of_key_signs() {
    let project = Project::released();
    let kinds: [(&str, &[&str]); 4] = [
        ("ecdsa-256", &["ecdsa", "-b", "256"]),
        ("ecdsa-384", &["ecdsa", "-b", "384"]),
        ("rsa", &["rsa", "-b", "2048"]),
        ("ecdsa-521", &["ecdsa", "-b", "521"]),
    ];
    let line = |(name, kind): &(&str, &[&str])| {
        let key = keys::make(project.sandbox.path(), name, kind);
        format!("qa-1 {key}\n")
    };
    let lines: String = kinds.iter().map(line).collect();
    change(&project, "allowed_signers", |text| format!("{text}{lines}"));
    for (kind, _) in &kinds[..3] {
        let run = run_with(&project, "qa-1", kind, &["approve", "staging"]).exits(0);
        assert!(run.stderr.contains(", proven by key SHA256:"), "{kind}: {}", run.stderr);
        run_with(&project, "qa-1", kind, &["reject", "staging"]).exits(0);
    }
    let run = run_with(&project, "qa-1", "ecdsa-521", &["approve", "staging"]).exits(0);
    assert!(
        run.stderr
            .contains("of a kind that cannot be checked: ecdsa-sha2-nistp521"),
        "{}",
        run.stderr
    );
}

/// Runs gpg in a home of its own inside the sandbox.
fn gpg(project: &Project, arguments: &[&str]) -> Run {
    let home = project.sandbox.path().join("gnupg");
    if !home.exists() {
        std::fs::create_dir(&home).unwrap();
        Run::of(
            project
                .sandbox
                .command("chmod", &home)
                .args(["700", "."])
                .output()
                .unwrap(),
        )
        .exits(0);
    }
    let mut command = project.sandbox.command("gpg", project.sandbox.path());
    command
        .arg("--homedir")
        .arg(&home)
        .args(["--batch", "--quiet", "--passphrase", "", "--pinentry-mode", "loopback"]);
    Run::of(command.args(arguments).output().unwrap())
}

/// Makes an OpenPGP key and gives its fingerprint.
fn gpg_key(project: &Project, name: &str, expires: &str) -> String {
    gpg(project, &["--quick-generate-key", name, "ed25519", "sign", expires]).exits(0);
    let listed = gpg(project, &["--with-colons", "--list-keys", name]).exits(0).stdout;
    let line = listed.lines().find(|line| line.starts_with("fpr:")).unwrap();
    line.trim_matches(':').rsplit(':').next().unwrap().to_owned()
}

/// Runs tidegate as a person who signs with an OpenPGP key.
fn run_gpg(project: &Project, person: &str, key: &str, arguments: &[&str]) -> Run {
    let mut all = arguments.to_vec();
    all.extend(["--actor", person]);
    let mut command = project.sandbox.tidegate_command(&project.sandbox.work(), &all);
    command.env("GNUPGHOME", project.sandbox.path().join("gnupg"));
    Run::of(command.envs(keys::signing_with(key, "openpgp")).output().unwrap())
}

#[test]
fn openpgp_keys_of_the_policy_prove_words() {
    if !crate::common::has("gpg", "apt-get install gnupg") {
        return;
    }
    let project = Project::released();
    let (lead, other) = (
        gpg_key(&project, "qa-lead", "never"),
        gpg_key(&project, "stranger", "never"),
    );
    let unlisted = run_gpg(&project, "qa-lead", &lead, &["approve", "staging"]).exits(0);
    assert!(
        unlisted.stderr.contains("the policy lists no OpenPGP keys"),
        "{}",
        unlisted.stderr
    );
    let keyring = gpg(&project, &["--armor", "--export", &lead, &other]).exits(0).stdout;
    project.sandbox.write(&[("keys.asc", &keyring)]);
    change(&project, "tidegate.toml", |text| {
        let gpg = format!("gpg-keyring = 'keys.asc'\ngpg = {{ qa-lead = ['{lead}'] }}\n");
        text.replace(
            "allowed-signers = 'allowed_signers'\n",
            &format!("allowed-signers = 'allowed_signers'\n{gpg}"),
        )
    });
    let run = run_gpg(&project, "qa-lead", &lead, &["approve", "staging"]).exits(0);
    assert!(
        run.stderr.contains(&format!(", proven by key {lead}")),
        "{}",
        run.stderr
    );
    let saw = approvals(&project, "staging");
    assert_eq!(saw, format!("1 of 2: qa-lead (key {lead})"));
    for (person, key) in [("qa-1", &lead), ("qa-lead", &other)] {
        let run = run_gpg(&project, person, key, &["reject", "staging"]).exits(0);
        let why = "the signature is by a key that the policy does not list for this person";
        assert!(run.stderr.contains(why), "{person}: {}", run.stderr);
    }
    // A statement that was changed, and a signature over another.
    let word = last_word(&project);
    let Some(Proof::Gpg(signed)) = word.proof.clone() else {
        panic!("{word:?}")
    };
    let changed = Signed {
        statement: signed.statement.replace("reject", "approve"),
        ..signed
    };
    forge(&project, "qa-lead", with(&word, Proof::Gpg(changed)));
    let saw = approvals(&project, "staging");
    assert!(
        saw.contains("qa-lead: the signature does not fit what was said"),
        "{saw}"
    );
}

#[test]
fn an_openpgp_key_that_is_revoked_counts_nowhere() {
    if !crate::common::has("gpg", "apt-get install gnupg") {
        return;
    }
    let project = Project::released();
    let key = gpg_key(&project, "qa-lead", "never");
    let list = |project: &Project, keyring: &str| {
        project.sandbox.write(&[("keys.asc", keyring)]);
        change(project, "tidegate.toml", |text| match text.contains("gpg-keyring") {
            true => text.to_owned(),
            false => {
                let gpg = format!("[identity]\ngpg-keyring = 'keys.asc'\ngpg = {{ qa-lead = ['{key}'] }}\n");
                text.replace("[identity]\n", &gpg)
            }
        });
    };
    let file = project.sandbox.path().join(format!("gnupg/openpgp-revocs.d/{key}.rev"));
    let revocation = std::fs::read_to_string(file)
        .unwrap()
        .replace(":-----BEGIN", "-----BEGIN");
    let written = project.sandbox.path().join("revocation.asc");
    std::fs::write(&written, revocation).unwrap();
    list(&project, &gpg(&project, &["--armor", "--export", &key]).exits(0).stdout);
    run_gpg(&project, "qa-lead", &key, &["approve", "staging"]).exits(0);
    let word = last_word(&project);
    gpg(&project, &["--import", written.to_str().unwrap()]).exits(0);
    list(&project, &gpg(&project, &["--armor", "--export", &key]).exits(0).stdout);
    project.run(0, &["approve", "staging", "--actor", "qa-1"]);
    let policy = last_word(&project).policy;
    forge(&project, "qa-lead", EventBody::Approved(Word { policy, ..word }));
    let saw = approvals(&project, "staging");
    assert!(
        saw.contains("qa-lead: the signature is by a key that was revoked"),
        "{saw}"
    );
}
