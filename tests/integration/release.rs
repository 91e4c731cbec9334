//! `tag --release`: a release on GitHub, published once with all its files, whatever happens in between.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use tidegate::model::forge::{Asset, Draft, KeptAsset, KeptRelease, Source};
use tidegate::model::step::Action;
use tidegate::plan::publish::{Next, PATIENCE, next};

use crate::common::emulate::{GitHub, INSTALL};
use crate::common::{self, Run, Sandbox, wire};

fn draft() -> Draft {
    Draft {
        tag: "v1.0.0".to_owned(),
        commit: "1".repeat(40).parse().unwrap(),
        title: "v1.0.0".to_owned(),
        body: "notes".to_owned(),
        prerelease: false,
        latest: true,
    }
}

fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

fn asset(name: &str, letter: char) -> Asset {
    Asset {
        name: name.to_owned(),
        source: Source::File(name.into()),
        size: 3,
        digest: digest(letter).parse().unwrap(),
    }
}

/// A file that is there: its number, name, digest (`-` for one that is not told), and whether it is whole.
fn kept(id: u64, name: &str, letter: char, whole: bool) -> KeptAsset {
    KeptAsset {
        id,
        name: name.to_owned(),
        size: 3,
        digest: (letter != '-').then(|| digest(letter).parse().unwrap()),
        whole,
        began_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

fn release(id: u64, draft: bool, body: &str, assets: Vec<KeptAsset>) -> KeptRelease {
    KeptRelease {
        id,
        draft,
        body: body.to_owned(),
        url: format!("https://example.com/{id}"),
        assets,
    }
}

/// The next step in words.
fn step(assets: &[Asset], seen: &[KeptRelease], now: Timestamp) -> String {
    match next(&draft(), assets, seen, now) {
        Ok(Next::Done(url)) => format!("done {url}"),
        Ok(Next::Wait(file)) => format!("wait for {file}"),
        Ok(Next::Step(step)) => match &step.action {
            Action::DraftRelease { .. } => "draft".to_owned(),
            Action::UploadAsset { release, asset, .. } => format!("upload {} to {release}", asset.name),
            Action::DeleteAsset { asset, .. } => format!("delete file {asset}"),
            Action::DeleteDraft { release, .. } => format!("delete draft {release}"),
            Action::PublishRelease { release, latest, .. } => format!("publish {release} {latest}"),
            other => panic!("{other}"),
        },
        Err(refusal) => format!("refused: {}", refusal.reason),
    }
}

#[test]
fn the_next_step_of_a_release() {
    let both = [asset("a", 'a'), asset("b", 'b')];
    let drafted = |assets| [release(7, true, "notes", assets)];
    let published = |assets| [release(7, false, "notes", assets)];
    let table: Vec<(&[Asset], Vec<KeptRelease>, &str)> = vec![
        (&both, vec![], "draft"),
        (&both, drafted(vec![]).into(), "upload a to 7"),
        (&both, drafted(vec![kept(1, "a", 'a', true)]).into(), "upload b to 7"),
        (&both, drafted(vec![kept(1, "a", 'a', false)]).into(), "delete file 1"),
        (&both, drafted(vec![kept(1, "a", 'f', true)]).into(), "delete file 1"),
        (&both, drafted(vec![kept(1, "a", '-', true)]).into(), "upload b to 7"),
        (
            &both,
            drafted(vec![kept(1, "a", 'a', true), kept(2, "a", 'a', true)]).into(),
            "delete file 2",
        ),
        (
            &both,
            drafted(vec![kept(1, "a", 'a', true), kept(2, "b", 'b', true)]).into(),
            "publish 7 true",
        ),
        (&[], drafted(vec![kept(1, "else", 'a', true)]).into(), "publish 7 true"),
        (&[], published(vec![]).into(), "done https://example.com/7"),
        (
            &both[..1],
            published(vec![kept(1, "a", 'a', true)]).into(),
            "done https://example.com/7",
        ),
        (
            &both[..1],
            published(vec![kept(1, "a", '-', true)]).into(),
            "done https://example.com/7",
        ),
        (
            &both[..1],
            published(vec![kept(1, "a", 'f', true)]).into(),
            "refused: the release v1.0.0 is published and has another file a",
        ),
        (
            &both,
            published(vec![kept(1, "a", 'a', true)]).into(),
            "refused: the release v1.0.0 is published and has no file b",
        ),
        (
            &[],
            vec![release(3, true, "notes", vec![]), release(7, true, "notes", vec![])],
            "delete draft 7",
        ),
        (
            &[],
            vec![release(3, true, "notes", vec![]), release(7, true, "by hand", vec![])],
            "publish 3 true",
        ),
        (
            &[],
            vec![release(3, true, "notes", vec![]), release(7, false, "notes", vec![])],
            "delete draft 3",
        ),
    ];
    for (assets, seen, expected) in table {
        let later = Timestamp::UNIX_EPOCH + PATIENCE;
        assert_eq!(step(assets, &seen, later), expected, "{seen:?}");
        if expected.starts_with("delete file") {
            assert!(
                step(assets, &seen, Timestamp::UNIX_EPOCH).starts_with("wait for "),
                "{seen:?}"
            );
        }
    }
}

/// A repository with two files to release, and its GitHub.
pub fn sandbox(github: &GitHub) -> Sandbox {
    let mut sandbox = Sandbox::empty();
    sandbox.commit("feat: a", &[("a", "1")]);
    sandbox.git(&["push", "--quiet", "--set-upstream", "origin", "main"]);
    for (name, content) in [("one.tar.gz", "one"), ("two.tar.gz", "two")] {
        std::fs::write(sandbox.path().join(name), content).unwrap();
    }
    at(&mut sandbox, &github.url);
    sandbox
}

pub fn at(sandbox: &mut Sandbox, api: &str) {
    for (name, value) in [
        ("GITHUB_API_URL", api),
        ("GITHUB_TOKEN", "token"),
        ("GITHUB_REPOSITORY", "octo/demo"),
    ] {
        sandbox.variables.insert(name.to_owned(), value.to_owned());
    }
}

pub const RELEASE: [&str; 6] = [
    "tag",
    "--release",
    "--asset",
    "../one.tar.gz",
    "--asset",
    "../two.tar.gz",
];

#[test]
fn a_version_is_released_once_with_its_files() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let github = GitHub::start();
    let sandbox = sandbox(&github);
    let plan = sandbox.json(0, &["tag", "--release", "--dry-run"]);
    assert_eq!(plan["release"]["steps"][0]["action"], "draft-release");
    assert!(github.releases().is_empty());
    let mut arguments = RELEASE.to_vec();
    let document = sandbox.json(0, &arguments);
    assert_eq!(
        github.releases(),
        ["v0.1.0 published [\"SHA256SUMS\", \"one.tar.gz\", \"two.tar.gz\"]"]
    );
    let url = document["release"]["url"].as_str().unwrap();
    assert!(url.ends_with("/octo/demo/releases/tag/v0.1.0"), "{url}");
    let there = &github.get("/repos/octo/demo/releases")[0];
    assert_eq!(
        (&there["body"], &there["prerelease"]),
        (&document["notes"], &false.into())
    );
    assert_eq!(
        there["target_commitish"], document["commit"],
        "a tag is never made on another commit"
    );
    let again = sandbox.json(0, &arguments);
    assert_eq!(
        (&again["status"], &again["release"]["steps"]),
        (&"exists".into(), &serde_json::json!([]))
    );
    // What is published is never changed.
    std::fs::write(sandbox.path().join("three"), "3").unwrap();
    arguments.extend(["--asset", "../three"]);
    let refused = sandbox.tidegate(&arguments).exits(3);
    assert!(
        refused.stderr.contains("is published and has no file three"),
        "{}",
        refused.stderr
    );
    sandbox.commit("fix: b", &[]);
    let candidate = sandbox.json(0, &["tag", "--channel", "rc", "--release"]);
    assert_eq!(candidate["tag"], "v0.1.1-rc.1");
    assert_eq!(
        github.get("/repos/octo/demo/releases/tags/v0.1.1-rc.1")["prerelease"],
        true
    );
}

#[test]
fn what_is_wrong_with_the_token_or_the_files_is_said() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let github = GitHub::start();
    let mut sandbox = sandbox(&github);
    std::fs::write(sandbox.path().join("a file"), "x").unwrap();
    let renamed = sandbox.tidegate(&["tag", "--release", "--asset", "../a file"]).exits(2);
    assert!(
        renamed.stderr.contains("does not keep the name `a file`"),
        "{}",
        renamed.stderr
    );
    let missing = sandbox.tidegate(&["tag", "--release", "--asset", "../none"]).exits(2);
    assert!(missing.stderr.contains("../none cannot be read"), "{}", missing.stderr);
    sandbox
        .variables
        .insert("GITHUB_REPOSITORY".to_owned(), "octo/none".to_owned());
    let unseen = sandbox.tidegate(&["tag", "--release"]).exits(6);
    assert!(
        unseen.stderr.contains("404") && unseen.stderr.contains("GITHUB_REPOSITORY"),
        "{}",
        unseen.stderr
    );
    sandbox.variables.remove("GITHUB_TOKEN");
    let closed = sandbox.tidegate(&["tag", "--release"]).exits(2);
    assert!(closed.stderr.contains("GITHUB_TOKEN"), "{}", closed.stderr);
    assert!(github.releases().is_empty());
}

#[test]
fn the_configuration_says_what_is_released() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let github = GitHub::start();
    let sandbox = sandbox(&github);
    let config = "[release]\ngithub = true\n\n[component.app]\nassets = ['./dist/*.tar.gz', 'dist/**/*.txt']\n";
    sandbox.commit("chore: release", &[("tidegate.toml", config), (".gitignore", "dist\n")]);
    let missing = sandbox.tidegate(&["tag"]).exits(2);
    assert!(
        missing.stderr.contains("no file fits `dist/*.tar.gz`"),
        "{}",
        missing.stderr
    );
    // The version is known before its files are built, and what is not released needs none.
    assert_eq!(sandbox.tidegate(&["tag", "--dry-run"]).exits(0).stdout, "v0.1.0\n");
    assert_eq!(
        sandbox.git(&["tag", "--list"]),
        "",
        "nothing is tagged that cannot be released"
    );
    sandbox.write(&[
        ("dist/b.tar.gz", "b"),
        ("dist/a.tar.gz", "a"),
        ("dist/deep/c.txt", "c"),
        ("dist/deep/d.tar.gz", "d"),
    ]);
    let document = sandbox.json(0, &["tag"]);
    assert_eq!(
        github.releases(),
        ["v0.1.0 published [\"SHA256SUMS\", \"a.tar.gz\", \"b.tar.gz\", \"c.txt\"]"]
    );
    let steps = document["release"]["steps"].as_array().unwrap();
    let sums = steps.iter().find_map(|step| step["asset"]["text"].as_str()).unwrap();
    let check = Command::new("sh")
        .args([
            "-c",
            "cd dist && cp deep/c.txt . && printf %s \"$0\" | sha256sum --check --strict",
            sums,
        ])
        .current_dir(sandbox.work())
        .output()
        .unwrap();
    assert!(check.status.success(), "{sums}");
    assert_eq!(String::from_utf8_lossy(&check.stdout).lines().count(), 3);
    std::fs::remove_dir_all(sandbox.work().join("dist")).unwrap();
    sandbox.commit("docs: a", &[]);
    assert_eq!(sandbox.json(0, &["tag"])["status"], "none");
    let none = common::Sandbox::empty();
    none.commit("feat: a", &[]);
    let alone = none.tidegate(&["tag", "--asset", "a"]).exits(2);
    assert!(alone.stderr.contains("give --release as well"), "{}", alone.stderr);
}

#[test]
fn a_release_that_fails_keeps_the_tag_in_its_result() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let github = GitHub::start();
    let mut sandbox = sandbox(&github);
    let (listener, url) = wire::listen();
    let there = github.url.clone();
    wire::serve(listener, move |request| {
        match request.starts_with(b"POST /repos/octo/demo/releases ") {
            true => Some(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n".to_vec()),
            false => wire::pass(&there, request),
        }
    });
    at(&mut sandbox, &url);
    let document = sandbox.json(6, &["tag", "--release"]);
    assert_eq!(
        (&document["status"], &document["tag"]),
        (&"created".into(), &"v0.1.0".into())
    );
    let failure = &document["release"]["failure"];
    assert!(failure["reason"].as_str().unwrap().contains("502"), "{failure}");
    let run = sandbox.tidegate(&["tag", "--release"]).exits(6);
    assert_eq!(run.stdout, "v0.1.0\n");
    assert!(
        run.stderr.contains("not released: drafting the release failed"),
        "{}",
        run.stderr
    );
    at(&mut sandbox, &github.url);
    sandbox.tidegate(&["tag", "--release"]).exits(0);
    assert_eq!(github.releases(), ["v0.1.0 published []"]);
}

#[test]
fn two_taggers_leave_one_release_fifty_times_in_a_row() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let github = GitHub::start();
    let wire = Wire::new(&github);
    let mut sandbox = sandbox(&github);
    at(&mut sandbox, &wire.url);
    sandbox.git_in(sandbox.path(), &["clone", "--quiet", "origin.git", "other"]);
    let other = sandbox.path().join("other");
    let mut expected = Vec::new();
    for round in 1..=50 {
        sandbox.commit("fix: more", &[("a", &round.to_string())]);
        sandbox.git(&["push", "--quiet", "origin", "main"]);
        sandbox.git_in(&other, &["pull", "--quiet"]);
        let start = |folder: &std::path::Path| {
            let mut command = sandbox.tidegate_command(folder, &RELEASE);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        };
        let children = [start(&sandbox.work()), start(&other)];
        let runs = children.map(|child| Run::of(child.wait_with_output().unwrap()));
        assert!(runs.iter().all(|run| run.code == 0), "round {round}: {runs:?}");
        expected.push(format!(
            "{} published [\"SHA256SUMS\", \"one.tar.gz\", \"two.tar.gz\"]",
            runs[0].stdout.trim()
        ));
        expected.sort();
        assert_eq!(github.releases(), expected, "round {round}");
        let tags = sandbox.git_in(&sandbox.path().join("origin.git"), &["tag", "--list"]);
        assert_eq!(tags.lines().count(), round, "{tags}");
    }
}

/// Passes requests on to GitHub and kills the process in `pid` before or after the one of that number. It also refuses a
/// second file of one name, as GitHub does and `emulate` does not
/// (<https://docs.github.com/en/rest/releases/assets#upload-a-release-asset>).
struct Wire {
    url: String,
    count: Arc<AtomicUsize>,
    at: Arc<AtomicUsize>,
    pid: Arc<AtomicUsize>,
}

impl Wire {
    fn new(github: &GitHub) -> Self {
        let (listener, url) = wire::listen();
        let [count, at, pid] = [(); 3].map(|()| Arc::new(AtomicUsize::new(0)));
        let wire = Self {
            url: url.clone(),
            count: count.clone(),
            at: at.clone(),
            pid: pid.clone(),
        };
        let (there, named) = (github.url.clone(), github.named());
        let uploads = Mutex::new(());
        wire::serve(listener, move |request| {
            let trip = || {
                if count.fetch_add(1, Ordering::SeqCst) + 1 == at.load(Ordering::SeqCst) {
                    while pid.load(Ordering::SeqCst) == 0 {
                        std::thread::sleep(std::time::Duration::from_millis(1));
                    }
                    let pid = pid.load(Ordering::SeqCst).to_string();
                    Command::new("kill").args(["-9", &pid]).status().unwrap();
                }
            };
            trip();
            let answer = {
                let _one_at_a_time = uploads.lock().unwrap();
                match is_taken(&there, request) {
                    true => TAKEN.as_bytes().to_vec(),
                    false => wire::pass(&there, request)?,
                }
            };
            trip();
            Some(wire::replace(&answer, &named, &url))
        });
        wire
    }

    fn run(&self, sandbox: &Sandbox, at: usize) -> Run {
        self.count.store(0, Ordering::SeqCst);
        self.at.store(at, Ordering::SeqCst);
        self.pid.store(0, Ordering::SeqCst);
        let mut command = sandbox.tidegate_command(&sandbox.work(), &RELEASE);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.pid.store(child.id() as usize, Ordering::SeqCst);
        Run::of(child.wait_with_output().unwrap())
    }
}

const TAKEN: &str =
    "HTTP/1.1 422 Unprocessable Entity\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

/// Whether a request uploads a file whose name the release has already.
fn is_taken(there: &str, request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let upload = text.strip_prefix("POST ").and_then(|rest| rest.split(' ').next());
    let Some((path, name)) = upload.and_then(|path| path.split_once("/assets?name=")) else {
        return false;
    };
    let listed = Command::new("curl")
        .args(["--silent", "--header", "Authorization: Bearer token"])
        .arg(format!("{there}{path}/assets?per_page=100"))
        .output()
        .unwrap();
    let assets: serde_json::Value = serde_json::from_slice(&listed.stdout).unwrap();
    assets.as_array().unwrap().iter().any(|asset| asset["name"] == name)
}

#[test]
fn killed_at_every_request_and_run_again_it_is_published_once() {
    if !common::has("emulate", INSTALL) {
        return;
    }
    let counted = GitHub::start();
    let wire = Wire::new(&counted);
    let mut whole = sandbox(&counted);
    at(&mut whole, &wire.url);
    wire.run(&whole, 0).exits(0);
    let wires = wire.count.load(Ordering::SeqCst);
    let expected = counted.releases();
    assert_eq!(
        expected,
        ["v0.1.0 published [\"SHA256SUMS\", \"one.tar.gz\", \"two.tar.gz\"]"]
    );
    assert!(
        wires >= 20,
        "a look before each of four steps and after the last, two wires a request: {wires}"
    );
    for number in 1..=wires {
        let github = GitHub::start();
        let wire = Wire::new(&github);
        let mut sandbox = sandbox(&github);
        at(&mut sandbox, &wire.url);
        assert_eq!(wire.run(&sandbox, number).code, -1, "killed at wire {number}");
        wire.run(&sandbox, 0).exits(0);
        assert_eq!(github.releases(), expected, "killed at wire {number}");
        wire.run(&sandbox, 0).exits(0);
        assert_eq!(github.releases(), expected, "a third run changes nothing");
    }
}
