//! `push` against registries that cannot be trusted: who gets to see the login, and whether what they say is believed.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use serde_json::json;
use tidegate::adapters::registry::{LayoutRegistry, RegistryAccess, RemoteRegistries, Transport};
use tidegate::model::digest::Digest;
use tidegate::model::image::{Content, Part};
use tidegate::model::secret::Secret;
use tidegate::ports::registry::{Input, Manifest, Registries as _, Registry as _};

use crate::common::registry::Registry;
use crate::common::{Sandbox, fixture};
use crate::tag::LADDER;

/// A host that gives a scripted answer to each request and keeps what it was asked.
struct Host {
    address: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Host {
    /// `answer` gets the request line and gives status line, headers and body.
    fn start(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let kept = heard.clone();
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let mut client = client.unwrap();
                let mut bytes = vec![0; 64 * 1024];
                let count = client.read(&mut bytes).unwrap_or(0);
                let request = String::from_utf8_lossy(&bytes[..count]).into_owned();
                let line = request.lines().next().unwrap_or_default().to_owned();
                kept.lock().unwrap().push(request);
                let answer = answer(&line);
                let (status, rest) = answer.split_once("\r\n").unwrap();
                let _ = client.write_all(format!("HTTP/1.1 {status}\r\nConnection: close\r\n{rest}").as_bytes());
                // What is still on its way is taken, so that closing does not break the answer off.
                let _ = client.shutdown(std::net::Shutdown::Write);
                let _ = client.read_to_end(&mut bytes);
            }
        });
        Self { address, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

/// A repository that carries v0.1.0.
fn sandbox() -> Sandbox {
    let layout = fixture("quckchat/images/1.5.0");
    let sandbox = Sandbox::new(&format!(
        "[project]\nname = \"demo\"\n\n[component.app]\nlayout = \"{}\"\n{LADDER}",
        layout.display()
    ));
    sandbox.commit("feat: a", &[]);
    sandbox.tidegate(&["tag"]).exits(0);
    sandbox
}

fn log_in(sandbox: &mut Sandbox) {
    for (name, value) in [("USERNAME", "ci"), ("PASSWORD", "s3cret")] {
        let name = format!("TIDEGATE_REGISTRY_{name}");
        sandbox.variables.insert(name, value.to_owned());
    }
}

/// A host that asks for a login on its own account.
fn greedy() -> Host {
    let own = Arc::new(Mutex::new(String::new()));
    let kept = own.clone();
    let host = Host::start(move |line| {
        if line.starts_with("GET /token") {
            return "200 OK\r\nContent-Length: 13\r\n\r\n{\"token\":\"t\"}".to_owned();
        }
        let own = kept.lock().unwrap();
        format!(
            "401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"http://{own}/token\",service=\"x\"\r\nContent-Length: 0\r\n\r\n"
        )
    });
    own.lock().unwrap().clone_from(&host.address);
    host
}

#[test]
fn a_host_that_a_registry_sends_us_to_never_gets_the_login() {
    for by_redirect in [true, false] {
        let mut sandbox = sandbox();
        log_in(&mut sandbox);
        let elsewhere = greedy();
        let target = elsewhere.address.clone();
        let registry = Host::start(move |line| {
            let sends = match by_redirect {
                true => line.starts_with("HEAD"),
                false => line.starts_with("POST"),
            };
            match (sends, by_redirect) {
                (true, true) => {
                    format!("307 Temporary Redirect\r\nLocation: http://{target}/stored\r\nContent-Length: 0\r\n\r\n")
                }
                (true, false) => {
                    format!("202 Accepted\r\nLocation: http://{target}/upload\r\nContent-Length: 0\r\n\r\n")
                }
                (false, _) => "404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
            }
        });
        let to = format!("{}/demo/app", registry.address);
        sandbox.tidegate(&["push", "--to", &to]).exits(6);
        let heard = elsewhere.heard();
        assert!(!heard.is_empty(), "the host was asked");
        for request in heard {
            assert!(!request.to_ascii_lowercase().contains("authorization:"), "{request}");
            assert!(!request.starts_with("GET /token"), "{request}");
        }
    }
}

#[test]
fn a_proxy_never_sees_what_is_meant_for_this_machine() {
    if !Registry::available() {
        return;
    }
    let mut sandbox = sandbox();
    log_in(&mut sandbox);
    let proxy = Host::start(|_| "502 Bad Gateway\r\nContent-Length: 0\r\n\r\n".to_owned());
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let value = format!("http://{}", proxy.address);
        sandbox.variables.insert(name.to_owned(), value);
    }
    let registry = Registry::with_login(&sandbox.path().join("registry"), "ci", "s3cret");
    let to = format!("{}/demo/app", registry.address);
    sandbox.tidegate(&["push", "--to", &to]).exits(0);
    assert_eq!(proxy.heard(), Vec::<String>::new());
}

/// Puts a manifest into a registry that answers like this, and gives the error.
fn stored(headers: &'static str, kept: &'static str) -> Result<(), tidegate::error::Error> {
    let host = Host::start(move |line| match line.starts_with("PUT") {
        true => format!("201 Created\r\n{headers}Content-Length: 0\r\n\r\n"),
        false => format!(
            "200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: {}\r\n\r\n{kept}",
            kept.len()
        ),
    });
    // Another test of this process may have been first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let registries = RemoteRegistries::new(RegistryAccess {
        username: None,
        password: None,
        docker_config: None,
        transport: Transport::default(),
        root: std::env::temp_dir(),
    });
    let repository = format!("{}/demo/app", host.address).parse().unwrap();
    let manifest = Manifest {
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        bytes: b"{\"sent\":true}".to_vec(),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let registry = registries.open(&repository).unwrap();
        registry.put_manifest(&manifest, Some("1.0.0")).await.map(|_| ())
    })
}

#[test]
fn a_registry_that_stores_something_else_is_not_believed() {
    const OTHER: &str =
        "Docker-Content-Digest: sha256:0000000000000000000000000000000000000000000000000000000000000000\r\n";
    let told = stored(OTHER, "{\"sent\":true}").unwrap_err();
    assert_eq!(u8::from(told.exit_code()), 6);
    assert!(told.to_string().contains("sha256:00000000"), "{told}");
    // One that does not say what it stored is asked.
    let read = stored("", "{\"sent\":false}").unwrap_err();
    assert_eq!(u8::from(read.exit_code()), 6);
    stored("", "{\"sent\":true}").unwrap();
}

#[test]
fn a_password_is_never_shown() {
    let secret = Secret::new("s3cret".to_owned());
    assert_eq!(format!("{secret} {secret:?}"), "*** ***");
    let environment = tidegate::env_vars::Environment {
        registry_password: Some(secret),
        ..Default::default()
    };
    assert!(!format!("{environment:?}").contains("s3cret"));
}

#[test]
fn a_damaged_blob_leaves_nothing_in_a_layout_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("blob");
    std::fs::write(&file, "other").unwrap();
    let layout = folder.path().join("layout");
    let digest = Digest::of(b"content");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let blob = Part {
        digest,
        bytes: 5,
        media_type: String::new(),
        content: Content::File {
            path: file.clone(),
            offset: 0,
        },
    };
    let (from, meter) = (Input::File { path: file, offset: 0 }, Arc::default());
    let put = runtime.block_on(LayoutRegistry::new(layout.clone()).put_blob(&blob, &from, None, &meter));
    assert_eq!(u8::from(put.unwrap_err().exit_code()), 2);
    assert_eq!(std::fs::read_dir(layout.join("blobs/sha256")).unwrap().count(), 0);
    let left: Vec<_> = std::fs::read_dir(&layout)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        !left.iter().any(|name| name.to_string_lossy().starts_with(".writing-")),
        "{left:?}"
    );
}

#[test]
fn a_version_that_only_the_ledger_knows_can_be_pushed() {
    let sandbox = sandbox();
    let commit = sandbox.git(&["rev-parse", "v0.1.0^{commit}"]);
    sandbox.git(&["tag", "--delete", "v0.1.0"]);
    sandbox
        .tidegate(&["push", "--to", "oci:shelf", "--release", "0.1.0"])
        .exits(0);
    let log = sandbox.json(0, &["ledger", "log"]).to_string();
    assert!(log.contains("\"pushed\"") && log.contains(&commit), "{log}");
    let unknown = sandbox
        .tidegate(&["push", "--to", "oci:shelf", "--release", "9.9.9"])
        .exits(2);
    assert!(unknown.stderr.contains("v9.9.9"), "{}", unknown.stderr);
}

/// Writes content into a layout and gives its descriptor.
fn put(layout: &std::path::Path, media_type: &str, content: &serde_json::Value) -> serde_json::Value {
    let bytes = content.to_string().into_bytes();
    let digest = Digest::of(&bytes);
    std::fs::write(layout.join("blobs/sha256").join(digest.hex()), &bytes).unwrap();
    json!({ "mediaType": media_type, "digest": digest, "size": bytes.len() })
}

#[test]
fn indexes_nest_a_little_and_not_without_end() {
    let sandbox = sandbox();
    for (depth, code) in [(3, 0), (5_000, 2)] {
        let layout = sandbox.path().join(format!("deep-{depth}"));
        std::fs::create_dir_all(layout.join("blobs/sha256")).unwrap();
        std::fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#).unwrap();
        let config = put(&layout, "application/vnd.oci.image.config.v1+json", &json!({}));
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [] });
        let mut entry = put(&layout, "application/vnd.oci.image.manifest.v1+json", &manifest);
        for _ in 0..depth {
            let index = json!({ "schemaVersion": 2, "manifests": [entry] });
            entry = put(&layout, "application/vnd.oci.image.index.v1+json", &index);
        }
        let index = json!({ "schemaVersion": 2, "manifests": [entry] });
        std::fs::write(layout.join("index.json"), index.to_string()).unwrap();
        let (source, to) = (layout.display().to_string(), format!("oci:shelf-{depth}"));
        let run = sandbox.tidegate(&["push", &source, "--to", &to]).exits(code);
        assert_eq!(run.stderr.contains("indexes"), code == 2, "{}", run.stderr);
        let shelf = sandbox.work().join(format!("shelf-{depth}"));
        assert_eq!(shelf.exists(), code == 0);
    }
}

#[test]
fn a_registry_whose_manifest_does_not_end_is_not_read_on() {
    let sandbox = sandbox();
    let (listener, url) = crate::common::wire::listen();
    crate::common::wire::serve(listener, |_| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nContent-Length: 100000000\r\n\r\n";
        Some([head.as_bytes(), &vec![b' '; 100_000_000]].concat())
    });
    let source = format!("{}/demo/app:1", url.trim_start_matches("http://"));
    let error = sandbox.json(2, &["push", &source, "--to", "oci:shelf"]);
    assert!(
        error["message"].as_str().unwrap().contains("more than 4194304 bytes"),
        "{error}"
    );
    assert!(!sandbox.work().join("shelf").exists());
}

#[test]
fn quiet_is_the_other_end_of_verbose() {
    let sandbox = sandbox();
    sandbox.tidegate(&["push", "--to", "oci:shelf", "--quiet"]).exits(0);
    sandbox
        .tidegate(&["push", "--to", "oci:shelf", "--quiet", "--verbose"])
        .exits(2);
    // All that follows --to is a repository.
    let swallowed = sandbox.tidegate(&["push", "--to", "oci:shelf", "image"]).exits(2);
    assert!(swallowed.stderr.contains("before --to"), "{}", swallowed.stderr);
}

#[test]
fn the_words_of_a_registry_give_no_orders() {
    let sandbox = sandbox();
    let registry = Host::start(|line| {
        let body = r#"{"errors":[{"code":"DENIED","message":"no\n::error::pwned\n::stop-commands::x"}]}"#;
        match line.starts_with("POST") {
            true => format!("403 Forbidden\r\nContent-Length: {}\r\n\r\n{body}", body.len()),
            false => "404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        }
    });
    let to = format!("{}/demo/app", registry.address);
    let run = sandbox.tidegate(&["push", "--to", &to]).exits(6);
    assert!(run.stderr.contains("pwned"), "{}", run.stderr);
    assert!(!run.stderr.lines().any(|line| line.starts_with("::")), "{}", run.stderr);
}

#[test]
fn a_tag_that_may_not_be_written_is_no_immutable_one() {
    let sandbox = sandbox();
    let other = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    let registry = Host::start(move |line| match line.split(' ').next() {
        Some("HEAD") if line.contains("/manifests/main") => {
            format!("200 OK\r\nDocker-Content-Digest: {other}\r\nContent-Length: 2\r\n\r\n")
        }
        Some("HEAD") => {
            let ours = "sha256:2d52dc46da0b78298fb78bd2fbb8d01dfdd1aef0a4802cf6dedb834710f768d1";
            format!("200 OK\r\nDocker-Content-Digest: {ours}\r\nContent-Length: 2\r\n\r\n")
        }
        _ => "403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_owned(),
    });
    let to = format!("{}/demo/app", registry.address);
    let error = sandbox.json(6, &["push", "--to", &to, "--tag", "main"]);
    assert!(error["message"].as_str().unwrap().contains("403"), "{error}");
}
