//! Where rows are tried: each with a repository, a registry and a proxy of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;

use serde_json::{Value, json};
use tidegate::model::digest::Digest;

use crate::common::fault_proxy::FaultProxy;
use crate::common::faults::{Fault, Kind};
use crate::common::registry::Registry;
use crate::common::{Run, Sandbox, fixture, wire};
use crate::tag::LADDER;

/// How many rows are tried at once; they wait most of the time.
const AT_ONCE: usize = 16;
/// After so many seconds a run counts as hung and is ended, so that its row fails instead of standing still.
const HUNG: &str = "120";
/// What a client that reads manifests accepts.
const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json";

/// An image to push: its layout folder and its digest.
pub struct Image {
    pub layout: String,
    pub digest: String,
}

/// What the rows start from.
pub struct Desk {
    /// A repository that carries v0.1.0.
    prepared: Sandbox,
    /// An index with two platforms and three small blobs.
    pub small: Image,
    /// A manifest with one layer of 3 MiB.
    pub big: Image,
    /// A manifest with 30 small layers.
    pub many: Image,
    _layouts: tempfile::TempDir,
}

impl Desk {
    /// Without a ledger: what goes wrong with a registry does not depend on it, and a run is quicker.
    pub fn new() -> Self {
        Self::with("")
    }

    pub fn with_ledger() -> Self {
        Self::with(LADDER)
    }

    fn with(ladder: &str) -> Self {
        let prepared = Sandbox::new(&format!("[project]\nname = \"demo\"\n\n[component.app]\n{ladder}"));
        prepared.commit("feat: a", &[]);
        prepared.tidegate(&["tag"]).exits(0);
        // Git's examples are a third of the files that every row copies.
        for hooks in ["origin.git/hooks", "work/.git/hooks"] {
            std::fs::remove_dir_all(prepared.path().join(hooks)).unwrap();
        }
        let layouts = tempfile::tempdir().unwrap();
        Self {
            prepared,
            small: Image {
                layout: fixture("quckchat/images/1.5.0").display().to_string(),
                digest: "sha256:2d52dc46da0b78298fb78bd2fbb8d01dfdd1aef0a4802cf6dedb834710f768d1".to_owned(),
            },
            big: generate(&layouts.path().join("big"), 1, 3 << 20),
            many: generate(&layouts.path().join("many"), 30, 2048),
            _layouts: layouts,
        }
    }

    /// Everything that one row needs.
    pub fn stage(&self) -> Stage {
        self.stage_with(Registry::brief)
    }

    /// The same, with a registry that is started so.
    pub fn stage_with(&self, start: impl Fn(&Path) -> Registry) -> Stage {
        let sandbox = self.prepared.copy();
        let registry = start(&sandbox.path().join("registry"));
        let proxy = FaultProxy::start(&registry);
        let to = format!("{}/demo/app", proxy.address);
        Stage {
            sandbox,
            registry,
            proxy,
            to,
        }
    }

    /// Tries every row and tells which of them fail.
    pub fn try_all(&self, rows: &[Row]) {
        let named = rows.iter().map(|row| (row.name.clone(), row)).collect();
        side_by_side(named, |row| row.check(self));
    }
}

/// Does many things at once and tells by name which of them fail.
pub fn side_by_side<T: Send>(things: Vec<(String, T)>, check: impl Fn(T) + Sync) {
    let all = things.len();
    let left = Mutex::new(things.into_iter());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap().next();
                    let Some((name, thing)) = next else { return };
                    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| check(thing))) {
                        let why = panic.downcast::<String>().map_or_else(
                            |other| {
                                other
                                    .downcast::<&str>()
                                    .map_or_else(|_| String::new(), |why| why.to_string())
                            },
                            |why| *why,
                        );
                        failed.lock().unwrap().push(format!("== {name}\n{why}"));
                    }
                }
            });
        }
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    assert!(
        failed.is_empty(),
        "{} of {all} rows failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
}

/// How a push ends under a row's faults.
#[derive(Clone, Copy, Debug)]
pub enum Ends {
    /// As if nothing had happened.
    Well,
    /// The same, and stderr says this.
    Warning(&'static str),
    /// With exit code 6 and the repository's name; a second run without the faults ends well.
    Failing,
}

/// One row of the table: what goes wrong, and how the push ends.
pub struct Row {
    pub name: String,
    /// Whether the image is the big one.
    pub big: bool,
    /// Whether the proxy wants tokens.
    pub tokens: bool,
    pub faults: Vec<Fault>,
    pub ends: Ends,
}

impl Row {
    pub fn new(name: impl Into<String>, faults: &[Fault], ends: Ends) -> Self {
        Self {
            name: name.into(),
            big: false,
            tokens: false,
            faults: faults.to_vec(),
            ends,
        }
    }

    pub fn big(self) -> Self {
        let name = format!("{}, with 3 MiB", self.name);
        Self {
            name,
            big: true,
            ..self
        }
    }

    pub fn with_tokens(self, tokens: bool) -> Self {
        Self { tokens, ..self }
    }

    fn check(&self, desk: &Desk) {
        let stage = desk.stage();
        let image = if self.big { &desk.big } else { &desk.small };
        if self.tokens {
            stage.proxy.demand_tokens(1000);
        }
        let call = stage.call(&self.faults, image);
        stage.proxy.inject(&self.faults);
        let run = stage.make(&call);
        let injected = stage.proxy.injected();
        assert!(
            injected.iter().all(|count| *count > 0),
            "not every fault was injected: {injected:?}; seen {:?}\n{run:?}",
            stage.proxy.seen()
        );
        match self.ends {
            Ends::Well => stage.is_done(run, image),
            Ends::Warning(says) => {
                assert!(run.stderr.contains(says), "it does not say `{says}`: {run:?}");
                stage.is_done(run, image);
            }
            Ends::Failing => {
                let run = run.exits(6);
                assert_eq!(run.stdout, "");
                let told: String = run
                    .stderr
                    .chars()
                    .filter(|letter| !letter.is_whitespace() && *letter != '│')
                    .collect();
                assert!(
                    told.contains(&call.blamed),
                    "the repository is not named: {}",
                    run.stderr
                );
                stage.proxy.inject(&[]);
                stage.is_done(stage.make(&call), image);
            }
        }
    }
}

/// One repository, one registry, and the proxy between them.
pub struct Stage {
    pub sandbox: Sandbox,
    pub registry: Registry,
    pub proxy: FaultProxy,
    /// The repository, as the client sees it.
    pub to: String,
}

/// How push is called.
struct Call {
    source: String,
    to: String,
    /// The repository that an error names.
    blamed: String,
    more: Vec<String>,
}

impl Stage {
    /// What must be called so that the requests of these faults are made: the image, then options. What has to be there for it
    /// goes straight to the registry.
    fn call(&self, faults: &[Fault], image: &Image) -> Call {
        let asks = |kind: Kind| faults.iter().any(|fault| fault.on == kind);
        let elsewhere = |path: &str| {
            let there = format!("{}/{path}", self.registry.address);
            self.sandbox.tidegate(&["push", &image.layout, "--to", &there]).exits(0);
            format!("{}/{path}", self.proxy.address)
        };
        let mut call = Call {
            source: image.layout.clone(),
            to: self.to.clone(),
            blamed: self.to.clone(),
            more: Vec::new(),
        };
        if asks(Kind::GetBlob) {
            call.blamed = elsewhere("origin/app");
            call.source = format!("{}@{}", call.blamed, image.digest);
            // Past the proxy: it stands before another registry then, and nothing is mounted.
            call.to = format!("{}/demo/app", self.registry.address);
        }
        if asks(Kind::Mount) {
            call.more.extend(["--mount-from".to_owned(), elsewhere("base/app")]);
        }
        if asks(Kind::ListTags) {
            call.more.extend(["--tag".to_owned(), "latest".to_owned()]);
        }
        if asks(Kind::Referrers) {
            let file = self.sandbox.work().join("sbom.json");
            std::fs::write(&file, r#"{"spdxVersion":"SPDX-2.3"}"#).unwrap();
            call.more.extend(["--referrers".to_owned(), file.display().to_string()]);
        }
        call
    }

    /// Pushes through the proxy.
    pub fn push(&self, image: &Image, more: &[&str]) -> Run {
        let more = more.iter().map(|option| (*option).to_owned());
        self.make(&Call {
            source: image.layout.clone(),
            to: self.to.clone(),
            blamed: self.to.clone(),
            more: more.collect(),
        })
    }

    fn make(&self, call: &Call) -> Run {
        let program = env!("CARGO_BIN_EXE_tidegate");
        let mut command = self.sandbox.command("timeout", &self.sandbox.work());
        command.args(["--signal=KILL", HUNG, program, "push", &call.source, "--to", &call.to]);
        Run::of(command.args(&call.more).output().unwrap())
    }

    /// Asserts that a push has ended well: exit code, stdout and every byte in the registry.
    pub fn is_done(&self, run: Run, image: &Image) {
        assert_eq!(run.exits(0).stdout, format!("{}\n", image.digest));
        assert_eq!(self.read_back("0.1.0"), image.digest);
    }

    /// How many pushed events the ledger has.
    pub fn pushed(&self) -> usize {
        let log = self.sandbox.json(0, &["ledger", "log"]);
        let events = log["events"].as_array().unwrap();
        events.iter().filter(|event| event["type"] == "pushed").count()
    }

    /// The digest of what the registry itself has under a reference; all that it names must be there to the byte.
    pub fn read_back(&self, reference: &str) -> String {
        let bytes = self.get(&format!("manifests/{reference}"));
        let manifest: Value = serde_json::from_slice(&bytes).unwrap();
        let digests = |key: &str| -> Vec<String> {
            let parts = manifest[key].as_array().into_iter().flatten();
            parts.map(|part| part["digest"].as_str().unwrap().to_owned()).collect()
        };
        for child in digests("manifests") {
            assert_eq!(self.read_back(&child), child);
        }
        let config = manifest["config"]["digest"].as_str().map(str::to_owned);
        for blob in digests("layers").into_iter().chain(config) {
            assert_eq!(Digest::of(&self.get(&format!("blobs/{blob}"))).as_str(), blob);
        }
        Digest::of(&bytes).to_string()
    }

    fn get(&self, place: &str) -> Vec<u8> {
        let there = &self.registry.address;
        let request = format!("GET /v2/demo/app/{place} HTTP/1.1\r\nHost: {there}\r\nAccept: {ACCEPT}\r\n\r\n");
        let answer = wire::pass(there, request.as_bytes()).unwrap();
        let head = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let said = String::from_utf8_lossy(&answer[..head]);
        assert!(said.starts_with("HTTP/1.1 200"), "{place} is not there: {said}");
        answer[head..].to_vec()
    }
}

/// Writes a layout with so many layers of that size, each another one.
fn generate(layout: &Path, layers: usize, size: usize) -> Image {
    std::fs::create_dir_all(layout.join("blobs/sha256")).unwrap();
    std::fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
    let blob = |kind: &str, bytes: &[u8]| {
        let digest = Digest::of(bytes);
        std::fs::write(layout.join("blobs/sha256").join(digest.hex()), bytes).unwrap();
        json!({ "mediaType": format!("application/vnd.oci.image.{kind}"), "digest": digest, "size": bytes.len() })
    };
    let layers: Vec<Value> = (0..layers)
        .map(|number| blob("layer.v1.tar", format!("{number:08}").repeat(size / 8).as_bytes()))
        .collect();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": blob("config.v1+json", br#"{"architecture":"amd64","os":"linux"}"#),
        "layers": layers,
    });
    let root = blob("manifest.v1+json", manifest.to_string().as_bytes());
    let digest = root["digest"].as_str().unwrap().to_owned();
    let index = json!({ "schemaVersion": 2, "manifests": [root] });
    std::fs::write(layout.join("index.json"), index.to_string()).unwrap();
    Image {
        layout: layout.display().to_string(),
        digest,
    }
}
