//! One TLS stack: rustls with ring in every client of the outside world, built together, and nothing of OpenSSL.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use aws_smithy_http_client::tls;

use crate::common::{self, Run};

#[test]
fn no_other_tls_stack_is_built() {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args("tree --edges normal,build,dev --prefix none --format {p} --locked --offline".split(' '));
    let tree = Run::of(cargo.current_dir(common::repository()).output().unwrap())
        .exits(0)
        .stdout;
    let packages: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    for needed in ["rustls", "ring", "octocrab", "aws-sdk-ecr", "kube", "reqwest"] {
        assert!(packages.contains(&needed), "{needed} is missing");
    }
    for other in [
        "openssl-sys",
        "openssl",
        "native-tls",
        "aws-lc-sys",
        "aws-lc-rs",
        "s2n-tls",
        "boring",
    ] {
        assert!(!packages.contains(&other), "{other} is a second TLS stack");
    }
}

/// A server that takes the first bytes of each connection, hands them over and hangs up.
fn listener() -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut first = [0; 3];
            if stream.unwrap().read_exact(&mut first).is_ok() && sender.send(first.to_vec()).is_err() {
                return;
            }
        }
    });
    (url, receiver)
}

/// Asserts that the client opened a connection with a TLS handshake record (RFC 8446, section 5.1).
fn greeted(client: &str, heard: &Receiver<Vec<u8>>) {
    let first = heard.recv_timeout(Duration::from_secs(10));
    let first = first.unwrap_or_else(|error| panic!("{client} sent nothing: {error}"));
    assert_eq!(first[..2], [22, 3], "{client} sent {first:?}");
}

#[tokio::test]
async fn every_client_speaks_tls_by_ring() {
    // Another test of this process may have installed it before.
    let _ = rustls::crypto::ring::default_provider().install_default();

    let (url, heard) = listener();
    assert!(reqwest::Client::new().get(&url).send().await.is_err());
    greeted("reqwest", &heard);

    let (url, heard) = listener();
    let github = octocrab::Octocrab::builder().base_uri(url).unwrap().build().unwrap();
    assert!(github.get::<serde_json::Value, _, ()>("/", None).await.is_err());
    greeted("octocrab", &heard);

    let (url, heard) = listener();
    let cluster = kube::Config::new(url.parse().unwrap());
    let cluster = kube::Client::try_from(cluster).unwrap();
    assert!(cluster.apiserver_version().await.is_err());
    greeted("kube", &heard);

    let (url, heard) = listener();
    let provider = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
    let credentials = aws_sdk_ecr::config::Credentials::new("key", "secret", None, None, "test");
    let config = aws_sdk_ecr::Config::builder()
        .region(aws_sdk_ecr::config::Region::new("eu-west-1"))
        .credentials_provider(credentials)
        .endpoint_url(url)
        .retry_config(aws_sdk_ecr::config::retry::RetryConfig::disabled())
        .http_client(
            aws_smithy_http_client::Builder::new()
                .tls_provider(provider)
                .build_https(),
        )
        .build();
    let registry = aws_sdk_ecr::Client::from_conf(config);
    assert!(registry.describe_repositories().send().await.is_err());
    greeted("aws-sdk-ecr", &heard);
}
