//! A call of ECR in a process of its own, which knows only the AWS variables that a test gives it.
//! The test binary starts itself: `one_call` reads what to do from the environment and writes how it ended.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tidegate::adapters::registry::{Ecr, EcrHost};
use tidegate::config::repository::read_policies;
use tidegate::error::{Error, Result};
use tidegate::model::repository_setup::{Existing, RepositorySetup, Wanted};

const CALL: &str = "TIDEGATE_TEST_ECR";

/// A call about to be made.
pub struct Alone {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

/// A call under way.
pub struct Running {
    child: Child,
    folder: tempfile::TempDir,
}

impl Alone {
    /// With no AWS settings at all, and nobody asked for credentials over the network.
    pub fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: vec![("AWS_EC2_METADATA_DISABLED".to_owned(), "true".to_owned())],
        }
    }

    /// With a key, and an API at this address.
    pub fn at(url: &str) -> Self {
        let key = Self::new().with("AWS_ACCESS_KEY_ID", "key");
        let secret = key.with("AWS_SECRET_ACCESS_KEY", "secret");
        secret
            .with("AWS_ENDPOINT_URL_ECR", url)
            .with("AWS_ENDPOINT_URL_ECR_PUBLIC", url)
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With a file beside the configuration.
    pub fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    /// Makes the call, such as `{"call": "login", "host": "…"}`.
    pub fn start(self, call: &Value) -> Running {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "ecr::alone::one_call", "--ignored", "--nocapture"])
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env(CALL, call.to_string())
            .envs(self.variables)
            .stdout(Stdio::null())
            .spawn();
        Running {
            child: child.unwrap(),
            folder: self.folder,
        }
    }

    /// Makes the call and gives how it ended: `ok` or `error`, and everything that was logged.
    pub fn ask(self, call: &Value) -> Value {
        self.start(call).end()
    }
}

impl Running {
    pub fn end(mut self) -> Value {
        assert!(self.child.wait().unwrap().success());
        let text = std::fs::read_to_string(self.folder.path().join("end.json")).unwrap();
        serde_json::from_str(&text).unwrap()
    }
}

/// Not a test: what `Alone` starts.
#[tokio::test]
#[ignore = "started by the other tests"]
async fn one_call() {
    let Ok(call) = std::env::var(CALL) else { return };
    let log = std::fs::File::create("log").unwrap();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(log)
        .init();
    let mut end = match carry_out(&serde_json::from_str(&call).unwrap()).await {
        Ok(found) => json!({ "ok": found }),
        Err(error) => json!({ "error": told(&error) }),
    };
    end["log"] = std::fs::read_to_string("log").unwrap().into();
    std::fs::write("end.json", end.to_string()).unwrap();
}

async fn carry_out(call: &Value) -> Result<Value> {
    let ecr = Ecr::new(EcrHost::parse(call["host"].as_str().unwrap()).unwrap());
    let path = call["path"].as_str().unwrap_or_default();
    let setup: RepositorySetup = serde_json::from_value(call.get("setup").cloned().unwrap_or(json!({}))).unwrap();
    match call["call"].as_str().unwrap() {
        "login" => Ok(ecr.login().await?.basic().into()),
        "available" => {
            let digests = call["digests"].as_array().unwrap().iter();
            let digests: Vec<_> = digests
                .map(|digest| digest.as_str().unwrap().parse().unwrap())
                .collect();
            Ok(json!(ecr.available(path, &digests).await?))
        }
        "repository" => {
            let wanted = read_policies(Path::new("."), &setup)?;
            let found = ecr.repository(path, &wanted).await?;
            Ok(found.map_or(Value::Null, |found| shown(&wanted, &found)))
        }
        "create" => {
            let wanted = read_policies(Path::new("."), &setup)?;
            let created = ecr.create(path, &wanted).await?;
            let mut found = shown(&wanted, &created.repository);
            found["made"] = created.made.into();
            Ok(found)
        }
        other => panic!("{other} is no call"),
    }
}

fn shown(wanted: &Wanted, existing: &Existing) -> Value {
    json!({
        "differences": wanted.differences(existing),
        "unfinished": wanted.is_unfinished(existing),
        "latest_stays": existing.is_immutable("latest"),
    })
}

fn told(error: &Error) -> Value {
    let retryable = matches!(error, Error::Outside { retryable: true, .. });
    let help = miette::Diagnostic::help(error).map(|help| help.to_string());
    json!({ "kind": error.kind(), "text": error.to_string(), "retryable": retryable, "help": help })
}
