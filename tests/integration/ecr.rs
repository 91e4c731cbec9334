//! ECR: its hosts, its login, which layers it has, and its repositories. Repositories and logins are moto's; what moto
//! does not have is a fake that answers in the documented form.

mod alone;
mod fake;
mod model;

use aws_sdk_ecr::Client;
use aws_sdk_ecr::types::{EncryptionType, ImageTagMutability, Repository};
use base64::Engine as _;
use serde_json::{Value, json};

use self::alone::Alone;
use crate::common::moto::{ACCOUNT, Moto};

const HOST: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

const LIFECYCLE: &str = r#"{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "untagged",
  "countType": "sinceImagePushed", "countUnit": "days", "countNumber": 14}, "action": {"type": "expire"}}]}"#;
const OTHER_LIFECYCLE: &str = r#"{"rules": [{"rulePriority": 1, "selection": {"tagStatus": "untagged",
  "countType": "imageCountMoreThan", "countNumber": 100}, "action": {"type": "expire"}}]}"#;
const POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [{"Sid": "Pull", "Effect": "Allow",
  "Principal": {"AWS": "arn:aws:iam::210987654321:root"}, "Action": ["ecr:BatchGetImage"]}]}"#;

/// What moto has, by a client of its own.
fn client(moto: &Moto) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let credentials = aws_sdk_ecr::config::Credentials::new("key", "secret", None, None, "test");
    let config = aws_sdk_ecr::Config::builder()
        .region(aws_sdk_ecr::config::Region::new("eu-west-1"))
        .credentials_provider(credentials)
        .endpoint_url(&moto.url)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    Client::from_conf(config.build())
}

async fn found(client: &Client, path: &str) -> Repository {
    let answer = client.describe_repositories().repository_names(path).send().await;
    answer.unwrap().repositories()[0].clone()
}

fn setup() -> Value {
    json!({
        "mutable-tags": ["latest", "*-dev-*"],
        "scan-on-push": true,
        "kms-key": "alias/images",
        "lifecycle-policy": "lifecycle.json",
        "policy": "policy.json",
    })
}

fn call(name: &str, path: &str, setup: &Value) -> Value {
    json!({ "call": name, "host": HOST, "path": path, "setup": setup })
}

fn alone(moto: &Moto) -> Alone {
    Alone::at(&moto.url)
        .file("lifecycle.json", LIFECYCLE)
        .file("policy.json", POLICY)
}

#[test]
fn a_login_comes_from_every_source_of_credentials_and_is_told_to_nobody() {
    if !Moto::available() {
        return;
    }
    let moto = Moto::start();
    let login = json!({ "call": "login", "host": HOST });
    let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
    let expected = format!("Basic {}", encode(&format!("AWS:{ACCOUNT}-auth-token")));
    let sources = [
        Alone::at(&moto.url),
        // Another region of the environment does not count, and one address may stand for every service.
        Alone::new()
            .with("AWS_ACCESS_KEY_ID", "key")
            .with("AWS_SECRET_ACCESS_KEY", "secret")
            .with("AWS_REGION", "us-east-2")
            .with("AWS_ENDPOINT_URL", &moto.url),
        // As GitHub's identity token is exchanged for a role.
        Alone::new()
            .file("token", "a.web.token")
            .with("AWS_WEB_IDENTITY_TOKEN_FILE", "token")
            .with("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/push")
            .with("AWS_ENDPOINT_URL", &moto.url),
        Alone::new()
            .file(
                "config",
                "[profile work]\naws_access_key_id = key\naws_secret_access_key = secret\n",
            )
            .with("AWS_CONFIG_FILE", "config")
            .with("AWS_PROFILE", "work")
            .with("AWS_ENDPOINT_URL_ECR", &moto.url),
        Alone::new()
            .file(
                "keys.json",
                r#"{"Version": 1, "AccessKeyId": "key", "SecretAccessKey": "secret"}"#,
            )
            .file("config", "[profile work]\ncredential_process = /bin/cat keys.json\n")
            .with("AWS_CONFIG_FILE", "config")
            .with("AWS_PROFILE", "work")
            .with("AWS_ENDPOINT_URL_ECR", &moto.url),
    ];
    for (index, source) in sources.into_iter().enumerate() {
        let end = source.ask(&login);
        assert_eq!(end["ok"], expected, "source {index}: {}", end["error"]);
        let log = end["log"].as_str().unwrap();
        for secret in ["auth-token", &encode("AWS:123456789012-auth-token")] {
            assert!(!log.contains(secret), "source {index}: the log tells {secret}");
        }
    }
}

#[test]
fn without_credentials_the_ways_to_give_some_are_told() {
    let end = Alone::new().ask(&json!({ "call": "login", "host": HOST }));
    let error = &end["error"];
    assert_eq!(
        error["text"],
        "logging in to ECR failed for the registry of account 123456789012 in eu-west-1: no AWS credentials were found"
    );
    assert_eq!(
        (&error["kind"], &error["retryable"]),
        (&json!("outside"), &json!(false))
    );
    let help = error["help"].as_str().unwrap();
    for way in [
        "AWS_ACCESS_KEY_ID",
        "AWS_PROFILE",
        "aws-actions/configure-aws-credentials",
    ] {
        assert!(help.contains(way), "{help}");
    }
    let broken = Alone::new().file("config", "[profile work\n");
    let end = broken
        .with("AWS_CONFIG_FILE", "config")
        .with("AWS_PROFILE", "work")
        .ask(&json!({ "call": "login", "host": HOST }));
    let text = end["error"]["text"].as_str().unwrap();
    assert!(text.contains("the AWS credentials could not be had"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_is_made_once_with_all_of_its_setup() {
    if !Moto::available() {
        return;
    }
    let moto = Moto::start();
    let client = client(&moto);
    let (path, setup) = ("demo/api", setup());
    assert_eq!(alone(&moto).ask(&call("repository", path, &setup))["ok"], Value::Null);
    let first = alone(&moto).ask(&call("create", path, &setup));
    let made = |made: bool| json!({ "made": made, "differences": [], "unfinished": false, "latest_stays": false });
    assert_eq!(first["ok"], made(true), "{}", first["error"]);

    let repository = found(&client, path).await;
    assert_eq!(
        repository.image_tag_mutability(),
        Some(&ImageTagMutability::ImmutableWithExclusion)
    );
    let filters = repository.image_tag_mutability_exclusion_filters().iter();
    assert_eq!(
        filters.map(|one| one.filter()).collect::<Vec<_>>(),
        ["latest", "*-dev-*"]
    );
    assert!(repository.image_scanning_configuration().unwrap().scan_on_push());
    let encryption = repository.encryption_configuration().unwrap();
    assert_eq!(*encryption.encryption_type(), EncryptionType::Kms);
    assert_eq!(encryption.kms_key(), Some("alias/images"));
    let lifecycle = client.get_lifecycle_policy().repository_name(path).send().await;
    assert_eq!(lifecycle.unwrap().lifecycle_policy_text(), Some(LIFECYCLE));
    let policy = client.get_repository_policy().repository_name(path).send().await;
    assert_eq!(policy.unwrap().policy_text(), Some(POLICY));

    let again = alone(&moto).ask(&call("create", path, &setup));
    assert_eq!(again["ok"], made(false), "{}", again["error"]);
    assert_eq!(found(&client, path).await, repository);

    // Ten jobs of one workflow.
    let jobs: Vec<_> = (0..10)
        .map(|_| alone(&moto).start(&call("create", "demo/web", &setup)))
        .collect();
    let ends: Vec<Value> = jobs.into_iter().map(alone::Running::end).collect();
    for end in &ends {
        assert_eq!(end["ok"]["differences"], json!([]), "{}", end["error"]);
    }
    assert!(ends.iter().any(|end| end["ok"]["made"] == true));
    let policy = client.get_repository_policy().repository_name("demo/web").send().await;
    assert_eq!(policy.unwrap().policy_text(), Some(POLICY));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_is_there_is_told_and_left_alone() {
    if !Moto::available() {
        return;
    }
    let moto = Moto::start();
    let client = client(&moto);
    let path = "demo/api";
    client.create_repository().repository_name(path).send().await.unwrap();
    let before = found(&client, path).await;
    let lifecycle = client.put_lifecycle_policy().repository_name(path);
    lifecycle.lifecycle_policy_text(OTHER_LIFECYCLE).send().await.unwrap();
    let image = client.put_image().repository_name(path).image_tag("1.0.0");
    let manifest =
        r#"{"schemaVersion": 2, "layers": [], "config": {"digest": "sha256:0", "size": 0, "mediaType": "x"}}"#;
    let image = image.image_manifest_media_type("application/vnd.docker.distribution.manifest.v2+json");
    image.image_manifest(manifest).send().await.unwrap();

    let differences = json!([
        "tags are mutable, the setup wants that tags are immutable except *-dev-*, latest",
        "scan on push is off, the setup wants it on",
        "it is encrypted with AES-256, the setup wants the KMS key alias/images",
        "its lifecycle policy is another than the setup's",
        "it has no repository policy, the setup names one",
    ]);
    for name in ["repository", "create"] {
        let end = alone(&moto).ask(&call(name, path, &setup()));
        assert_eq!(end["ok"]["differences"], differences, "{}", end["error"]);
        assert_eq!(end["ok"]["unfinished"], false);
    }
    assert_eq!(found(&client, path).await, before);
    let lifecycle = client.get_lifecycle_policy().repository_name(path).send().await;
    assert_eq!(lifecycle.unwrap().lifecycle_policy_text(), Some(OTHER_LIFECYCLE));
    let policy = client.get_repository_policy().repository_name(path).send().await;
    let policy = policy.unwrap_err().into_service_error();
    assert!(
        policy.is_repository_policy_not_found_exception(),
        "none was added: {policy}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_is_finished_by_the_next() {
    if !Moto::available() {
        return;
    }
    let moto = Moto::start();
    let client = client(&moto);
    let path = "demo/api";
    let wanted = json!({ "tag-mutability": "mutable", "lifecycle-policy": "lifecycle.json", "policy": "policy.json" });
    // As far as a run comes that is killed after its first policy.
    client.create_repository().repository_name(path).send().await.unwrap();
    let lifecycle = client.put_lifecycle_policy().repository_name(path);
    lifecycle.lifecycle_policy_text(LIFECYCLE).send().await.unwrap();
    let seen = alone(&moto).ask(&call("repository", path, &wanted));
    assert_eq!(seen["ok"]["unfinished"], true, "{}", seen["error"]);
    let end = alone(&moto).ask(&call("create", path, &wanted));
    assert_eq!(end["ok"]["made"], false, "{}", end["error"]);
    assert_eq!(end["ok"]["differences"], json!([]));
    let policy = client.get_repository_policy().repository_name(path).send().await;
    assert_eq!(policy.unwrap().policy_text(), Some(POLICY));

    // moto does not know the call: the caller asks the registry itself.
    let digest = format!("sha256:{}", "0".repeat(64));
    let available = json!({ "call": "available", "host": HOST, "path": path, "digests": [digest] });
    let end = alone(&moto).ask(&available);
    assert_eq!(end["ok"], Value::Null, "{}", end["error"]);
}
