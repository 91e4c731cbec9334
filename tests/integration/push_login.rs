//! How `push` reaches registries: over TLS with an authority of one's own, in plain http, with a login by hand; and what it
//! does when nothing goes on.

use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tidegate::adapters::registry::{RegistryAccess, RemoteRegistries, Transport};
use tidegate::model::image::Part;
use tidegate::ports::registry::{Input, Registries as _};

use crate::common::registry::Registry;
use crate::common::{Run, Sandbox};
use crate::push::{DIGEST, repository, sandbox};

#[test]
fn a_registry_with_a_certificate_of_ones_own_is_trusted_by_its_authority() {
    if !Registry::available() {
        return;
    }
    let mut sandbox = sandbox();
    let (registry, ca) = Registry::with_tls(&sandbox.path().join("registry"));
    let to = repository(&registry);
    let ca = ca.display().to_string();
    let pushed = sandbox.tidegate(&["push", "--to", &to, "--ca", &ca]).exits(0);
    assert_eq!(pushed.stdout, format!("{DIGEST}\n"));
    // Another authority vouches for nothing.
    let (_other, other) = Registry::with_tls(&sandbox.path().join("other"));
    let other = other.display().to_string();
    let refused = sandbox.json(6, &["push", "--to", &to, "--ca", &other, "--tag", "x"]);
    assert!(
        refused["message"].as_str().unwrap().contains("certificate"),
        "{refused}"
    );
    for file in ["missing.pem", "tidegate.toml"] {
        let run = sandbox.tidegate(&["push", "--to", &to, "--ca", file]);
        assert!(
            [2, 6].contains(&run.code) && run.stderr.contains(file),
            "{}",
            run.stderr
        );
    }
    // The variable does for every command what the flag does for one.
    sandbox.variables.insert("TIDEGATE_REGISTRY_CA".to_owned(), ca);
    assert_eq!(sandbox.json(0, &["push", "--to", &to])["pushed"], false);
}

#[test]
fn plain_http_is_spoken_to_other_hosts_only_when_it_is_allowed() {
    if !Registry::available() {
        return;
    }
    let mut sandbox = sandbox();
    let registry = Registry::start(&sandbox.path().join("registry"));
    // The registry itself is the proxy through which plain http to any host goes.
    let proxy = format!("http://{}", registry.address);
    sandbox.variables.insert("http_proxy".to_owned(), proxy);
    let to = "registry.example.com/demo/app";
    sandbox.tidegate(&["push", "--to", to]).exits(6);
    sandbox.tidegate(&["push", "--to", to, "--plain-http"]).exits(0);
    let there = repository(&registry);
    assert_eq!(sandbox.json(0, &["push", "--to", &there])["blobs_uploaded"], 0);
}

/// Runs push with something on its standard input.
fn push(sandbox: &Sandbox, arguments: &[&str], input: &str) -> Run {
    let mut command = sandbox.tidegate_command(&sandbox.work(), &[&["push"], arguments].concat());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Run::of(child.wait_with_output().unwrap())
}

#[test]
fn a_password_comes_from_standard_input() {
    if !Registry::available() {
        return;
    }
    let mut sandbox = sandbox();
    let registry = Registry::with_login(&sandbox.path().join("registry"), "ci", "s3cret");
    let to = repository(&registry);
    let by_hand = ["--to", &to, "--username", "ci", "--password-stdin"];
    push(&sandbox, &by_hand, "s3cret\n").exits(0);
    let wrong = push(&sandbox, &[&by_hand[..], &["-vv"]].concat(), "wr0ng\n").exits(6);
    assert!(!wrong.stderr.contains("wr0ng"), "{}", wrong.stderr);
    push(&sandbox, &by_hand, "\n").exits(2);
    let half = push(&sandbox, &["--to", &to, "--username", "ci"], "").exits(2);
    assert!(half.stderr.contains("--password-stdin"), "{}", half.stderr);
    push(&sandbox, &["--to", &to, "--password-stdin"], "s3cret").exits(2);
    sandbox
        .variables
        .insert("TIDEGATE_REGISTRY_PASSWORD".to_owned(), "s3cret".to_owned());
    push(&sandbox, &["--to", &to, "--username", "ci"], "").exits(0);
}

/// A registry that begins uploads and takes no byte of them.
fn standing() -> String {
    let (listener, url) = crate::common::wire::listen();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let mut stream = stream.unwrap();
                let mut bytes = [0; 1024];
                while let Ok(count) = stream.read(&mut bytes)
                    && count > 0
                {
                    let line = String::from_utf8_lossy(&bytes[..count]).into_owned();
                    let answer = match line.split(' ').next() {
                        Some("POST") => "HTTP/1.1 202 Accepted\r\nLocation: /upload\r\nContent-Length: 0\r\n\r\n",
                        Some("PUT") => {
                            std::thread::sleep(Duration::from_secs(600));
                            return;
                        }
                        _ => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
                    };
                    stream.write_all(answer.as_bytes()).unwrap();
                }
            });
        }
    });
    url.trim_start_matches("http://").to_owned()
}

#[test]
fn an_upload_that_stands_still_is_given_up() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let registries = RemoteRegistries::new(RegistryAccess {
        username: None,
        password: None,
        docker_config: None,
        transport: Transport {
            patience: Duration::from_millis(100),
            ..Transport::default()
        },
        root: std::env::temp_dir(),
    });
    let repository = format!("{}/demo/app", standing()).parse().unwrap();
    // More than the buffers on the way take.
    let blob = Part::held("application/octet-stream", vec![7; 64 << 20]);
    let tidegate::model::image::Content::Held(bytes) = &blob.content else {
        panic!()
    };
    let (from, meter) = (Input::Held(bytes.clone()), Arc::default());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let error = runtime.block_on(async {
        let registry = registries.open(&repository).unwrap();
        registry.put_blob(&blob, &from, None, &meter).await.unwrap_err()
    });
    assert!(error.to_string().contains("stood still"), "{error}");
    assert_eq!(u8::from(error.exit_code()), 6);
    assert_eq!(meter.bytes(), 0, "what did not arrive counts no more");
}

#[test]
fn a_push_ends_when_its_time_is_over() {
    let sandbox = sandbox();
    let to = format!("{}/demo/app", standing());
    let run = sandbox.json(6, &["push", "--to", &to, "--timeout", "2s"]);
    assert!(run["message"].as_str().unwrap().contains("not done after 2 s"), "{run}");
}

#[test]
fn a_login_by_hand_is_for_the_first_registry_alone() {
    if !Registry::available() {
        return;
    }
    let sandbox = sandbox();
    let (first, second) = (
        Registry::with_login(&sandbox.path().join("first"), "ci", "s3cret"),
        Registry::with_login(&sandbox.path().join("second"), "ci", "s3cret"),
    );
    let (first, second) = (repository(&first), repository(&second));
    let both = ["--to", &first, &second, "--username", "ci", "--password-stdin"];
    let refused = push(&sandbox, &both, "s3cret").exits(6);
    let told: String = refused.stderr.split_whitespace().collect();
    assert!(told.contains(&second) && told.contains("401"), "{}", refused.stderr);
    // The second has its own, from docker's configuration.
    let auth = r#"{"auth":"Y2k6czNjcmV0"}"#;
    let host = second.split('/').next().unwrap();
    let file = sandbox.path().join(".docker/config.json");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, format!(r#"{{"auths":{{"{host}":{auth}}}}}"#)).unwrap();
    push(&sandbox, &both, "s3cret").exits(0);
}
