//! `push` from real layouts into real registries, read back by another client.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tidegate::model::digest::Digest;

use crate::common::registry::Registry;
use crate::common::{Run, Sandbox, fixture, wire};
use crate::tag::LADDER;

/// The digest of the fixture's index, as its build wrote it.
pub const DIGEST: &str = "sha256:2d52dc46da0b78298fb78bd2fbb8d01dfdd1aef0a4802cf6dedb834710f768d1";

pub fn image(version: &str) -> PathBuf {
    fixture("quckchat/images").join(version)
}

/// A repository that carries v0.1.0, with the fixture's image of 1.5.0 as `image`.
pub fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(&format!(
        "[project]\nname = \"demo\"\n\n[component.app]\nlayout = \"image\"\n{LADDER}"
    ));
    sandbox.commit("feat: a", &[]);
    sandbox.tidegate(&["tag"]).exits(0);
    copy(&image("1.5.0"), &sandbox.work().join("image"));
    sandbox
}

pub fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(&file);
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(from.join(&file), target).unwrap();
    }
}

pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![folder.to_owned()];
    while let Some(next) = left.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => left.push(path),
                false => found.push(path.strip_prefix(folder).unwrap().to_owned()),
            }
        }
    }
    found
}

/// The files of the blobs, each with the digest of what it holds.
pub fn blobs(layout: &Path) -> BTreeMap<String, Digest> {
    let folder = layout.join("blobs/sha256");
    files(&folder)
        .into_iter()
        .map(|file| {
            (
                file.display().to_string(),
                Digest::of(&std::fs::read(folder.join(&file)).unwrap()),
            )
        })
        .collect()
}

pub fn skopeo(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    Run::of(
        sandbox
            .command("skopeo", sandbox.path())
            .args(arguments)
            .output()
            .unwrap(),
    )
}

pub fn repository(registry: &Registry) -> String {
    format!("{}/demo/app", registry.address)
}

pub fn ledger(sandbox: &Sandbox) -> String {
    sandbox.git_in(&sandbox.path().join("origin.git"), &["for-each-ref"])
}

#[test]
fn an_index_reaches_a_registry_to_the_byte_and_a_second_push_does_nothing() {
    if !Registry::available() {
        return;
    }
    let sandbox = sandbox();
    let registry = Registry::start(&sandbox.path().join("registry"));
    let to = repository(&registry);
    let push = ["push", "--to", &to, "--tag", "latest"];
    let run = sandbox.tidegate(&push).exits(0);
    assert_eq!(run.stdout, format!("{DIGEST}\n"));

    // Another client reads the whole index back, with both platforms and every layer.
    let back = format!("oci:{}:back", sandbox.path().join("back").display());
    for tag in ["0.1.0", "latest"] {
        let from = format!("docker://{to}:{tag}");
        let digest = skopeo(
            &sandbox,
            &["inspect", "--tls-verify=false", "--format", "{{.Digest}}", &from],
        );
        assert_eq!(digest.exits(0).stdout.trim(), DIGEST);
        skopeo(
            &sandbox,
            &[
                "copy",
                "--all",
                "--preserve-digests",
                "--src-tls-verify=false",
                &from,
                &back,
            ],
        )
        .exits(0);
    }
    assert_eq!(blobs(&sandbox.path().join("back")), blobs(&image("1.5.0")));

    let before = ledger(&sandbox);
    let again = sandbox.json(0, &push);
    assert_eq!(again["schema"], "tidegate.push/1");
    assert_eq!(
        (
            &again["pushed"],
            &again["repositories"][0]["steps"],
            &again["blobs_skipped"]
        ),
        (&Value::Bool(false), &Value::Array(vec![]), &3.into())
    );
    assert_eq!(ledger(&sandbox), before);
    let log = sandbox.json(0, &["ledger", "log"]).to_string();
    assert_eq!(log.matches("\"pushed\"").count(), 1, "{log}");
    assert!(log.contains(DIGEST), "{log}");
}

#[test]
fn a_layout_folder_is_a_registry_too_and_can_be_pushed_from() {
    let sandbox = sandbox();
    let document = sandbox.json(0, &["push", "--to", "oci:shelf", "--tag", "latest"]);
    assert_eq!(document["digest"], DIGEST);
    assert_eq!(document["image"], format!("oci:shelf@{DIGEST}"));
    assert_eq!(document["tags"], serde_json::json!(["0.1.0", "latest"]));
    assert_eq!(
        (&document["blobs_uploaded"], &document["blobs_skipped"]),
        (&3.into(), &0.into())
    );
    let shelf = sandbox.work().join("shelf");
    assert_eq!(blobs(&shelf), blobs(&image("1.5.0")));
    assert_eq!(
        std::fs::read_to_string(shelf.join("oci-layout")).unwrap(),
        r#"{"imageLayoutVersion":"1.0.0"}"#
    );

    // It holds many entries by now, so one must be chosen.
    let open = sandbox.tidegate(&["push", "shelf", "--to", "oci:copy"]).exits(2);
    assert!(open.stderr.contains("shelf:latest"), "{}", open.stderr);
    for source in ["shelf:latest".to_owned(), format!("shelf@{DIGEST}")] {
        sandbox.tidegate(&["push", &source, "--to", "oci:copy"]).exits(0);
    }
    assert_eq!(blobs(&sandbox.work().join("copy")), blobs(&shelf));
    sandbox.tidegate(&["push", "shelf:none", "--to", "oci:copy"]).exits(2);
}

#[test]
fn a_moving_tag_moves_and_a_version_never_does() {
    let sandbox = sandbox();
    sandbox
        .tidegate(&["push", "--to", "oci:shelf", "--tag", "latest"])
        .exits(0);
    let before = (ledger(&sandbox), blobs(&sandbox.work().join("shelf")));
    let other = image("1.5.1").display().to_string();
    let run = sandbox.tidegate(&["push", &other, "--to", "oci:shelf"]).exits(3);
    assert_eq!(run.stdout, "");
    let new = "sha256:062f45d7dd5e671dd33446e8071c2e8e1ced1e66e35c34426459c491e46cf515";
    assert!(
        run.stderr.contains(DIGEST) && run.stderr.contains(new),
        "{}",
        run.stderr
    );
    assert_eq!((ledger(&sandbox), blobs(&sandbox.work().join("shelf"))), before);

    sandbox.commit("feat: b", &[]);
    sandbox.tidegate(&["tag"]).exits(0);
    // Not even when the version's tag is asked for as a further one.
    sandbox
        .tidegate(&["push", &other, "--to", "oci:shelf", "--tag", "0.1.0"])
        .exits(3);
    sandbox
        .tidegate(&["push", &other, "--to", "oci:shelf", "--tag", "latest"])
        .exits(0);
    let index = std::fs::read_to_string(sandbox.work().join("shelf/index.json")).unwrap();
    let index: Value = serde_json::from_str(&index).unwrap();
    let tagged: BTreeMap<&str, &str> = index["manifests"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| {
            let tag = entry["annotations"]["org.opencontainers.image.ref.name"].as_str()?;
            Some((tag, entry["digest"].as_str().unwrap()))
        })
        .collect();
    assert_eq!(
        tagged,
        BTreeMap::from([("0.1.0", DIGEST), ("0.1.1", new), ("latest", new)])
    );
}

#[test]
fn a_tag_of_the_registry_that_the_ledger_does_not_know_is_not_moved_either() {
    if !Registry::available() {
        return;
    }
    let sandbox = sandbox();
    let registry = Registry::start(&sandbox.path().join("registry"));
    let to = repository(&registry);
    let other = format!("oci:{}:1.5.1", image("1.5.1").display());
    let there = format!("docker://{to}:0.1.0");
    skopeo(
        &sandbox,
        &[
            "copy",
            "--all",
            "--preserve-digests",
            "--dest-tls-verify=false",
            &other,
            &there,
        ],
    )
    .exits(0);
    let before = ledger(&sandbox);
    let refused = sandbox.json(3, &["push", "--to", &to]);
    let reason = refused["refusal"]["reason"].as_str().unwrap();
    assert!(
        reason.contains(DIGEST) && reason.contains("sha256:062f45d7"),
        "{reason}"
    );
    assert_eq!(ledger(&sandbox), before);
}

#[test]
fn what_is_missing_or_damaged_is_told_and_nothing_changes() {
    let sandbox = sandbox();
    let before = ledger(&sandbox);
    let layer = sandbox
        .work()
        .join("image/blobs/sha256/b267ebd0738203aed2784bab641beeb342c311ea87bfeaceb40d4c87d0bc0a61");
    let content = std::fs::read(&layer).unwrap();
    let refused = |expected: &[&str]| {
        let run = sandbox.tidegate(&["push", "--to", "oci:shelf"]).exits(2);
        let told: String = run.stderr.split_whitespace().collect();
        for text in expected {
            assert!(told.contains(text), "{text}: {}", run.stderr);
        }
        assert_eq!(run.stdout, "");
        assert!(
            !sandbox.work().join("shelf/index.json").exists(),
            "no manifest is there"
        );
        assert_eq!(ledger(&sandbox), before);
    };
    let mut damaged = content.clone();
    damaged[100] ^= 1;
    std::fs::write(&layer, &damaged).unwrap();
    let actual = Digest::of(&damaged);
    refused(&[
        "b267ebd0738203aed2784bab641beeb342c311ea87bfeaceb40d4c87d0bc0a61",
        actual.hex(),
    ]);
    std::fs::write(&layer, &content[..100]).unwrap();
    refused(&["b267ebd0738203ae", "5120bytes", "100bytes"]);
    std::fs::remove_file(&layer).unwrap();
    refused(&["missing", "b267ebd0738203ae"]);
    std::fs::remove_dir_all(sandbox.work().join("image")).unwrap();
    refused(&["OCIimagelayout"]);
}

#[test]
fn a_dry_run_only_reads() {
    let sandbox = sandbox();
    let before = ledger(&sandbox);
    let plan = sandbox.json(0, &["push", "--to", "oci:shelf", "--dry-run"]);
    let actions: Vec<&str> = plan["repositories"][0]["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|step| step["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        [
            "upload-blob",
            "upload-blob",
            "upload-blob",
            "put-manifest",
            "put-manifest",
            "put-manifest",
            "tag-image",
            "record"
        ]
    );
    assert_eq!((&plan["pushed"], &plan["dry_run"]), (&false.into(), &true.into()));
    assert!(!sandbox.work().join("shelf").exists());
    assert_eq!(ledger(&sandbox), before);
}

#[test]
fn a_version_must_be_tagged_and_a_tag_must_be_one() {
    let sandbox = sandbox();
    let push = |more: &[&str]| {
        let run = sandbox
            .tidegate(&[&["push", "--to", "oci:shelf"], more].concat())
            .exits(2);
        assert!(!sandbox.work().join("shelf").exists());
        run.stderr
    };
    assert!(push(&["--release", "9.9.9"]).contains("v9.9.9"));
    assert!(push(&["--tag", "no/tag"]).contains("--tag"));
    assert!(push(&["--tag", ".x"]).contains("image tag"));
    assert!(sandbox.tidegate(&["push"]).exits(2).stderr.contains("--to"));
    sandbox.commit("docs: b", &[]);
    assert!(push(&[]).contains("tidegate tag"));
    // The version goes with or without its prefix.
    for release in ["0.1.0", "v0.1.0"] {
        sandbox
            .tidegate(&["push", "--to", "oci:shelf", "--release", release])
            .exits(0);
    }
}

#[test]
fn many_push_into_one_folder_at_once() {
    let sandbox = sandbox();
    let children: Vec<_> = (0..6)
        .map(|number| {
            let tag = format!("from-{number}");
            let arguments = ["push", "--to", "oci:shelf", "--tag", &tag, "--output", "json"];
            let mut command = sandbox.tidegate_command(&sandbox.work(), &arguments);
            command
                .stdout(std::process::Stdio::piped())
                .stderr(std::process::Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for child in children {
        Run::of(child.wait_with_output().unwrap()).exits(0);
    }
    let index = std::fs::read_to_string(sandbox.work().join("shelf/index.json")).unwrap();
    for number in 0..6 {
        assert!(index.contains(&format!("\"from-{number}\"")), "{index}");
    }
    assert_eq!(blobs(&sandbox.work().join("shelf")), blobs(&image("1.5.0")));
    let left: Vec<PathBuf> = files(&sandbox.work().join("shelf"));
    assert!(
        !left.iter().any(|file| file.display().to_string().contains(".writing-")),
        "{left:?}"
    );
    let log = sandbox.json(0, &["ledger", "log"]).to_string();
    assert_eq!(log.matches("\"pushed\"").count(), 1, "{log}");
}

#[test]
fn a_registry_with_a_login_lets_the_right_one_in() {
    if !Registry::available() {
        return;
    }
    let mut sandbox = sandbox();
    let registry = Registry::with_login(&sandbox.path().join("registry"), "ci", "s3cret:with+signs");
    let to = repository(&registry);
    let before = ledger(&sandbox);
    let nobody = sandbox.tidegate(&["push", "--to", &to]).exits(6).stderr;
    assert!(nobody.contains("TIDEGATE_REGISTRY_USERNAME"), "{nobody}");
    let set = |sandbox: &mut Sandbox, name: &str, value: &str| {
        sandbox.variables.insert(name.to_owned(), value.to_owned());
    };
    set(&mut sandbox, "TIDEGATE_REGISTRY_USERNAME", "ci");
    set(&mut sandbox, "TIDEGATE_REGISTRY_PASSWORD", "wrong-one");
    let wrong = sandbox.tidegate(&["push", "--to", &to, "--verbose"]).exits(6).stderr;
    assert!(!wrong.contains("wrong-one"), "{wrong}");
    assert_eq!(ledger(&sandbox), before);
    set(&mut sandbox, "TIDEGATE_REGISTRY_PASSWORD", "s3cret:with+signs");
    sandbox.tidegate(&["push", "--to", &to]).exits(0);

    // The same login from docker's configuration.
    sandbox.variables.clear();
    let file = sandbox.path().join(".docker/config.json");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(
        &file,
        format!(
            r#"{{"auths":{{"{}":{{"auth":"Y2k6czNjcmV0OndpdGgrc2lnbnM="}}}}}}"#,
            registry.address
        ),
    )
    .unwrap();
    let again = sandbox.json(0, &["push", "--to", &to, "--tag", "latest"]);
    assert_eq!(again["pushed"], true);
    // And from the program that it names: for the host, else for all; one that knows nothing leaves it to `auths`.
    let programs = sandbox.path().join("programs");
    std::fs::create_dir(&programs).unwrap();
    for (name, says) in [
        (
            "knowing",
            "printf '{\"Username\":\"ci\",\"Secret\":\"s3cret:with+signs\"}'",
        ),
        ("empty", "echo credentials not found in native keychain; exit 1"),
        ("broken", "echo the keychain is locked; exit 1"),
    ] {
        let program = programs.join(format!("docker-credential-{name}"));
        let host = &registry.address;
        let script = format!("#!/bin/sh\n[ \"$1\" = get ] || exit 9\n[ \"$(cat)\" = {host} ] || exit 8\n{says}\n");
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let path = std::env::var("PATH").unwrap();
    set(&mut sandbox, "PATH", &format!("{}:{path}", programs.display()));
    let auths = format!(
        r#""auths":{{"{}":{{"auth":"Y2k6czNjcmV0OndpdGgrc2lnbnM="}}}}"#,
        registry.address
    );
    let own = |name: &str| format!(r#""credHelpers":{{"{}":"{name}"}}"#, registry.address);
    let table = [
        (format!("{{{}}}", own("knowing")), 0, ""),
        (r#"{"credsStore":"knowing"}"#.to_owned(), 0, ""),
        (format!(r#"{{{},"credsStore":"knowing"}}"#, own("empty")), 0, ""),
        (format!(r#"{{"credsStore":"empty",{auths}}}"#), 0, ""),
        (r#"{"credsStore":"empty"}"#.to_owned(), 6, "401"),
        (r#"{"credsStore":"broken"}"#.to_owned(), 2, "the keychain"),
        (r#"{"credsStore":"missing"}"#.to_owned(), 2, "docker-credential-missing"),
        ("{".to_owned(), 2, "config.json"),
    ];
    for (config, code, says) in table {
        std::fs::write(&file, &config).unwrap();
        let run = sandbox.tidegate(&["push", "--to", &to]).exits(code);
        assert!(run.stderr.contains(says), "{config}: {}", run.stderr);
    }
}

#[test]
fn what_is_there_is_known_by_few_requests() {
    if !Registry::available() {
        return;
    }
    let sandbox = sandbox();
    let registry = Registry::start(&sandbox.path().join("registry"));
    let (listener, url) = wire::listen();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (there, kept) = (format!("http://{}", registry.address), asked.clone());
    wire::serve(listener, move |request| {
        let line = String::from_utf8_lossy(request).lines().next().unwrap().to_owned();
        kept.lock().unwrap().push(line.split(' ').next().unwrap().to_owned());
        wire::pass(&there, request)
    });
    let to = format!("{}/demo/app", url.trim_start_matches("http://"));
    let push = |more: &[&str]| {
        asked.lock().unwrap().clear();
        sandbox.tidegate(&[&["push", "--to", &to], more].concat()).exits(0);
        asked.lock().unwrap().clone()
    };
    push(&["--tag", "one"]);
    assert_eq!(
        push(&["--tag", "one"]),
        ["HEAD", "HEAD"],
        "a look at each tag and nothing else"
    );
    assert_eq!(
        push(&["--tag", "two"]),
        ["HEAD", "HEAD", "PUT"],
        "a new tag is one request more"
    );
}

#[test]
fn a_registry_that_is_down_is_told_after_some_tries() {
    let sandbox = sandbox();
    let before = ledger(&sandbox);
    let to = format!("{}/demo/app", Registry::down());
    let run = sandbox.tidegate(&["push", "--to", &to]).exits(6);
    assert!(run.stderr.contains(&to), "{}", run.stderr);
    assert_eq!(ledger(&sandbox), before);
}

/// Stands before a registry and spoils every third connection: it answers 503 or breaks off.
fn stumbling(registry: &Registry) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let behind = registry.address.clone();
    std::thread::spawn(move || {
        for (number, client) in listener.incoming().enumerate() {
            let mut client = client.unwrap();
            let mut head = [0; 16 * 1024];
            let count = client.read(&mut head).unwrap_or(0);
            match number % 6 {
                2 => {
                    let _ = client.write_all(
                        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
                    );
                }
                5 => {}
                _ => pass_on(client, &head[..count], &behind),
            }
        }
    });
    address
}

/// Passes one request on and closes both connections, so that the next one is another connection.
fn pass_on(mut client: TcpStream, head: &[u8], behind: &str) {
    let mut server = TcpStream::connect(behind).unwrap();
    let text = String::from_utf8_lossy(head).into_owned();
    let (lines, _) = text.split_once("\r\n").unwrap_or((&text, ""));
    let mut request = format!("{lines}\r\nConnection: close\r\n").into_bytes();
    request.extend_from_slice(&head[(lines.len() + 2).min(head.len())..]);
    server.write_all(&request).unwrap();
    let mut up = (client.try_clone().unwrap(), server.try_clone().unwrap());
    std::thread::spawn(move || std::io::copy(&mut up.0, &mut up.1));
    let _ = std::io::copy(&mut server, &mut client);
    let _ = client.shutdown(std::net::Shutdown::Both);
}

#[test]
fn a_registry_that_stumbles_gets_the_image_all_the_same() {
    if !Registry::available() {
        return;
    }
    let sandbox = sandbox();
    let registry = Registry::start(&sandbox.path().join("registry"));
    let to = format!("{}/demo/app", stumbling(&registry));
    sandbox.tidegate(&["push", "--to", &to]).exits(0);
    let from = format!("docker://{}:0.1.0", repository(&registry));
    let back = format!("oci:{}:back", sandbox.path().join("back").display());
    skopeo(
        &sandbox,
        &[
            "copy",
            "--all",
            "--preserve-digests",
            "--src-tls-verify=false",
            &from,
            &back,
        ],
    )
    .exits(0);
    assert_eq!(blobs(&sandbox.path().join("back")), blobs(&image("1.5.0")));
}

/// Stands before a registry, asks everybody for a token and gives it to who has the login.
fn guarded(registry: &Registry) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (behind, own) = (registry.address.clone(), address.clone());
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            let mut head = [0; 16 * 1024];
            let count = client.read(&mut head).unwrap_or(0);
            let text = String::from_utf8_lossy(&head[..count]).into_owned();
            let scope = match text.starts_with("GET") || text.starts_with("HEAD") {
                true => "pull",
                false => "pull,push",
            };
            let asks = text.starts_with("GET /token?service=test&scope=repository%3Ademo%2Fapp%3Apull");
            let answer = if asks && text.contains("Basic Y2k6czNjcmV0") {
                let scope = if text.lines().next().unwrap().contains("push") {
                    "push"
                } else {
                    "pull"
                };
                let body = format!(r#"{{"token":"{scope}"}}"#);
                format!("200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            } else if text.contains("Bearer push") || (scope == "pull" && text.contains("Bearer pull")) {
                pass_on(client, &head[..count], &behind);
                continue;
            } else {
                format!(
                    "401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"http://{own}/token\",service=\"test\",\
                     scope=\"repository:demo/app:{scope}\"\r\nContent-Length: 0\r\n\r\n"
                )
            };
            let (status, rest) = answer.split_once("\r\n").unwrap();
            let _ = client.write_all(format!("HTTP/1.1 {status}\r\nConnection: close\r\n{rest}").as_bytes());
        }
    });
    address
}

#[test]
fn a_registry_that_wants_a_token_is_given_one() {
    if !Registry::available() {
        return;
    }
    let mut sandbox = sandbox();
    let registry = Registry::start(&sandbox.path().join("registry"));
    let to = format!("{}/demo/app", guarded(&registry));
    let nobody = sandbox.tidegate(&["push", "--to", &to]).exits(6).stderr;
    assert!(nobody.contains("TIDEGATE_REGISTRY_PASSWORD"), "{nobody}");
    for (name, value) in [("USERNAME", "ci"), ("PASSWORD", "s3cret")] {
        let name = format!("TIDEGATE_REGISTRY_{name}");
        sandbox.variables.insert(name, value.to_owned());
    }
    assert_eq!(sandbox.json(0, &["push", "--to", &to])["blobs_uploaded"], 3);
    let from = format!("docker://{}:0.1.0", repository(&registry));
    let arguments = ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", &from];
    assert_eq!(skopeo(&sandbox, &arguments).exits(0).stdout.trim(), DIGEST);
}
