//! What moto does not have: a fake of AWS that keeps what it was asked. What it hears and says is held against the
//! official description of the API, which comes with botocore.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::HOST;
use super::alone::Alone;
use crate::common::wire::{header, listen, serve};

const PRIVATE: &str = "AmazonEC2ContainerRegistry_V20150921";
const PUBLIC: &str = "SpencerFrontendService";

/// Holds each exchange against the description of its operation.
const DESCRIBED: &str = r#"
import json, sys
import botocore.session
from botocore.validate import ParamValidator

prefix, exchanges = json.load(sys.stdin)
session = botocore.session.get_session()
model = session.get_service_model({"SpencerFrontendService": "ecr-public"}.get(prefix, "ecr"))
assert model.metadata["targetPrefix"] == prefix and model.metadata["jsonVersion"] == "1.1", model.metadata
for operation, given, status, answer in exchanges:
    operation = model.operation_model(operation)
    pairs = [(given, operation.input_shape)]
    if status == 200:
        pairs.append((answer, operation.output_shape))
    else:
        assert answer["__type"] in [error.name for error in operation.error_shapes], answer
    for value, shape in pairs:
        report = ParamValidator().validate(value, shape)
        assert not report.has_errors(), f"{shape.name}: {report.generate_report()}"
"#;

/// An operation with its input, and the status and the body that it was answered with.
type Exchange = (String, Value, u16, Value);

/// A fake, and what it was asked.
struct Fake {
    url: String,
    service: &'static str,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
}

impl Fake {
    /// `answer` gets the operation and its input, and gives a status and a body.
    fn start(service: &'static str, answer: impl Fn(&str, &Value) -> (u16, Value) + Send + Sync + 'static) -> Self {
        let (listener, url) = listen();
        let exchanges = Arc::new(Mutex::new(Vec::new()));
        let seen = exchanges.clone();
        serve(listener, move |request| {
            let target = header(request, "x-amz-target").unwrap();
            let operation = target.strip_prefix(&format!("{service}.")).unwrap();
            assert_eq!(header(request, "content-type").unwrap(), "application/x-amz-json-1.1");
            let signed = header(request, "authorization").unwrap();
            assert!(signed.starts_with("AWS4-HMAC-SHA256 Credential=key/"), "{signed}");
            let start = request.windows(4).position(|window| window == b"\r\n\r\n").unwrap();
            let input: Value = serde_json::from_slice(&request[start + 4..]).unwrap();
            let (status, body) = answer(operation, &input);
            let exchange = (operation.to_owned(), input, status, body.clone());
            seen.lock().unwrap().push(exchange);
            let body = body.to_string();
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {length}\r\n\r\n"
            );
            Some(format!("{head}{body}").into_bytes())
        });
        Self {
            url,
            service,
            exchanges,
        }
    }

    /// One that refuses everything.
    fn refusing(status: u16, code: &'static str, message: &'static str) -> Self {
        Self::start(PRIVATE, move |_, _| {
            (status, json!({ "__type": code, "message": message }))
        })
    }

    fn ask(&self, call: &Value) -> Value {
        let alone = Alone::at(&self.url).file("policy.json", super::POLICY);
        alone.ask(call)
    }

    /// What it was asked since the last time.
    fn asked(&self) -> Vec<(String, Value)> {
        let exchanges = std::mem::take(&mut *self.exchanges.lock().unwrap());
        exchanges
            .into_iter()
            .map(|(operation, input, ..)| (operation, input))
            .collect()
    }

    /// What it was asked since the last time, all of it as the API is described.
    fn described(&self) -> Vec<(String, Value)> {
        let python = crate::common::found("moto_server").map(|moto| moto.with_file_name("python"));
        if let Some(python) = python.filter(|python| python.is_file()) {
            let exchanges = json!([self.service, *self.exchanges.lock().unwrap()]);
            let mut python = Command::new(python);
            let python = python
                .args(["-c", DESCRIBED])
                .stdin(Stdio::piped())
                .stderr(Stdio::piped());
            let mut python = python.spawn().unwrap();
            let mut input = python.stdin.take().unwrap();
            input.write_all(exchanges.to_string().as_bytes()).unwrap();
            drop(input);
            let end = python.wait_with_output().unwrap();
            assert!(end.status.success(), "{}", String::from_utf8_lossy(&end.stderr));
        }
        self.asked()
    }
}

fn digests(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("sha256:{number:064x}")).collect()
}

/// Every third layer is there; one is unknown in the form of a failure.
fn layers(input: &Value) -> Value {
    let asked = input["layerDigests"].as_array().unwrap();
    let number = |digest: &Value| u64::from_str_radix(&digest.as_str().unwrap()[7..], 16).unwrap();
    let (failed, known): (Vec<&Value>, Vec<&Value>) = asked.iter().partition(|digest| number(digest) == 7);
    let layer = |digest: &&Value| {
        let there = number(digest).is_multiple_of(3);
        json!({ "layerDigest": digest, "layerAvailability": if there { "AVAILABLE" } else { "UNAVAILABLE" } })
    };
    let failure = |digest: &&Value| json!({ "layerDigest": digest, "failureCode": "MissingLayerDigest", "failureReason": "it is missing" });
    // The order of the answer is not promised.
    json!({
        "layers": known.iter().rev().map(layer).collect::<Vec<_>>(),
        "failures": failed.iter().map(failure).collect::<Vec<_>>(),
    })
}

#[test]
fn layers_are_asked_for_a_hundred_at_a_time() {
    let expected: Vec<bool> = (0..230).map(|number| number % 3 == 0).collect();
    let call = |host: &str, path: &str, count: usize| json!({ "call": "available", "host": host, "path": path, "digests": digests(count) });
    let fake = Fake::start(PRIVATE, |_, input| (200, layers(input)));
    let end = fake.ask(&call(HOST, "demo/api", 230));
    assert_eq!(end["ok"], json!(expected), "{}", end["error"]);
    let log = end["log"].as_str().unwrap();
    assert!(
        log.contains("BatchCheckLayerAvailability"),
        "what is no secret is logged"
    );
    let asked = fake.described();
    let mut counts = Vec::new();
    for (operation, input) in &asked {
        assert_eq!(operation, "BatchCheckLayerAvailability");
        assert_eq!(input["registryId"], "123456789012");
        assert_eq!(input["repositoryName"], "demo/api");
        counts.push(input["layerDigests"].as_array().unwrap().len());
    }
    counts.sort_unstable();
    assert_eq!(counts, [30, 100, 100]);

    assert_eq!(fake.ask(&call(HOST, "demo/api", 0))["ok"], json!([]));
    assert!(fake.asked().is_empty(), "there is nothing to ask");

    let fake = Fake::start(PUBLIC, |_, input| (200, layers(input)));
    let end = fake.ask(&call("public.ecr.aws", "alias/demo/api", 230));
    assert_eq!(end["ok"], json!(expected), "{}", end["error"]);
    assert_eq!(fake.described()[0].1["repositoryName"], "demo/api");
}

#[test]
fn layers_that_may_not_be_asked_for_are_left_to_the_registry() {
    let call = json!({ "call": "available", "host": HOST, "path": "demo/api", "digests": digests(2) });
    let table = [
        (400, "AccessDeniedException", Value::Null),
        (400, "UnknownOperationException", Value::Null),
        // Nothing is in a repository that is not there.
        (400, "RepositoryNotFoundException", json!([false, false])),
    ];
    for (status, code, expected) in table {
        let end = Fake::refusing(status, code, "no").ask(&call);
        assert_eq!((&end["ok"], &end["error"]), (&expected, &Value::Null), "{code}");
    }
    let end = Fake::refusing(400, "ExpiredTokenException", "too old").ask(&call);
    assert_eq!(end["error"]["retryable"], false, "{end:#}");
}

#[test]
fn a_refusal_names_what_is_missing() {
    let call = |name: &str| json!({ "call": name, "host": HOST, "path": "demo/api", "setup": {} });
    let denied = |name: &str| {
        let fake = Fake::refusing(400, "AccessDeniedException", "User: x is not authorized");
        let end = fake.ask(&call(name));
        assert_eq!(end["error"]["kind"], "outside");
        assert_eq!(fake.asked().len(), 1, "it is not asked again");
        (
            end["error"]["text"].as_str().unwrap().to_owned(),
            end["error"]["help"].as_str().unwrap().to_owned(),
        )
    };
    let (text, help) = denied("login");
    assert!(
        text.ends_with("it answered 400 AccessDeniedException: User: x is not authorized"),
        "{text}"
    );
    assert!(help.contains("`ecr:GetAuthorizationToken`"), "{help}");
    let (text, help) = denied("repository");
    let target = "demo/api of account 123456789012 in eu-west-1";
    assert!(text.contains(target) && help.contains(target), "{text}: {help}");
    assert!(help.contains("`ecr:DescribeRepositories`"), "{help}");
    assert!(denied("create").1.contains("`ecr:CreateRepository`"));

    let table = [
        ("login", 400, "ExpiredTokenException", false, "sign in again"),
        (
            "login",
            400,
            "UnrecognizedClientException",
            false,
            "does not know these credentials",
        ),
        ("create", 400, "KmsException", false, "KMS key"),
        ("create", 400, "LimitExceededException", false, "quota"),
        ("create", 400, "InvalidParameterException", false, "`repository` table"),
        ("create", 400, "Strange", false, "documentation"),
        ("create", 500, "ServerException", true, "run the same command again"),
        ("login", 400, "ThrottlingException", true, "run the same command again"),
    ];
    for (name, status, code, retryable, help) in table {
        let fake = Fake::refusing(status, code, "no");
        let end = fake.ask(&call(name));
        assert_eq!(end["error"]["retryable"], retryable, "{code}");
        let told = end["error"]["help"].as_str().unwrap();
        assert!(told.contains(help), "{code}: {told}");
        // The SDK takes a limit for one that passes.
        let again = retryable || code == "LimitExceededException";
        assert_eq!(fake.asked().len(), if again { 3 } else { 1 }, "{code}");
    }
    let down = format!("http://{}", crate::common::registry::Registry::down());
    let end = Alone::at(&down).ask(&call("login"));
    assert_eq!(end["error"]["retryable"], true, "{end:#}");
    let both = Alone::at(&down).ask(&json!({
        "call": "login", "host": "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com",
    }));
    let text = both["error"]["text"].as_str().unwrap();
    assert!(text.contains("FIPS and custom endpoint"), "{text}");
    assert_eq!(both["error"]["retryable"], false);
    let odd = Fake::start(PRIVATE, |_, _| {
        (200, json!({ "authorizationData": [{ "authorizationToken": "?" }] }))
    });
    let end = odd.ask(&call("login"));
    let text = end["error"]["text"].as_str().unwrap();
    assert!(text.ends_with("it answered without a login"), "{text}");
}

#[test]
fn ecr_public_has_a_login_and_repositories_of_its_own() {
    let fake = Fake::start(PUBLIC, |operation, _| match operation {
        // base64 of `AWS:word`
        "GetAuthorizationToken" => (
            200,
            json!({ "authorizationData": { "authorizationToken": "QVdTOndvcmQ=" } }),
        ),
        "CreateRepository" => (200, json!({ "repository": { "repositoryName": "demo/api" } })),
        "SetRepositoryPolicy" => (200, json!({})),
        other => panic!("{other} was not expected"),
    });
    let end = fake.ask(&json!({ "call": "login", "host": "public.ecr.aws" }));
    assert_eq!(end["ok"], "Basic QVdTOndvcmQ=", "{}", end["error"]);
    fake.described();

    let setup = json!({ "tag-mutability": "immutable", "policy": "policy.json" });
    let call = json!({ "call": "create", "host": "public.ecr.aws", "path": "alias/demo/api", "setup": setup });
    let end = fake.ask(&call);
    assert_eq!(end["ok"]["made"], true, "{}", end["error"]);
    assert_eq!(
        end["ok"]["differences"],
        json!(["tags are mutable, the setup wants that tags are immutable"])
    );
    let asked = fake.described();
    let operations: Vec<&str> = asked.iter().map(|(operation, _)| operation.as_str()).collect();
    assert_eq!(operations, ["CreateRepository", "SetRepositoryPolicy"]);
    assert_eq!(asked[0].1, json!({ "repositoryName": "demo/api" }));
    assert_eq!(asked[1].1["policyText"], super::POLICY);
}

#[test]
fn a_repository_of_ecr_public_that_is_there_is_left_alone_once_it_holds_an_image() {
    for (images, unfinished) in [(json!([]), true), (json!([{ "imageTags": ["1.0.0"] }]), false)] {
        let fake = Fake::start(PUBLIC, move |operation, _| match operation {
            "CreateRepository" => (400, json!({ "__type": "RepositoryAlreadyExistsException" })),
            "DescribeRepositories" => (200, json!({ "repositories": [{ "repositoryName": "api" }] })),
            "GetRepositoryPolicy" => (400, json!({ "__type": "RepositoryPolicyNotFoundException" })),
            "DescribeImages" => (200, json!({ "imageDetails": images })),
            "SetRepositoryPolicy" => (200, json!({})),
            other => panic!("{other} was not expected"),
        });
        let setup = json!({ "tag-mutability": "mutable", "policy": "policy.json" });
        let end = fake.ask(&json!({ "call": "create", "host": "public.ecr.aws", "path": "a/api", "setup": setup }));
        assert_eq!(end["ok"]["made"], false, "{}", end["error"]);
        let told = end["ok"]["differences"].as_array().unwrap().len();
        assert_eq!(told, usize::from(!unfinished));
        let set = fake
            .described()
            .iter()
            .any(|(operation, _)| operation == "SetRepositoryPolicy");
        assert_eq!(set, unfinished);
    }
}
