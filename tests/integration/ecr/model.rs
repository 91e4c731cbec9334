//! What is decided without asking anybody: hosts, permissions, tags that stay, and what differs.

use std::path::Path;

use tidegate::adapters::registry::{EcrHost, Request, advice, permission};
use tidegate::config::repository::read_policies;
use tidegate::model::repository_setup::{
    Encryption, Existing, Mutability, Policy, RepositorySetup, TagPattern, Wanted, is_immutable,
};

#[test]
fn hosts_are_known_and_lookalikes_are_not() {
    let table = [
        (
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
            "eu-west-1",
            false,
            false,
        ),
        (
            "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
            "us-gov-west-1",
            true,
            false,
        ),
        (
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
            "cn-north-1",
            false,
            false,
        ),
        (
            "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu",
            "eusc-de-east-1",
            false,
            false,
        ),
        ("123456789012.dkr-ecr.eu-west-1.on.aws", "eu-west-1", false, true),
        ("123456789012.dkr-ecr-fips.us-east-1.on.aws", "us-east-1", true, true),
        (
            "123456789012.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
            "cn-north-1",
            false,
            true,
        ),
    ];
    for (host, region, fips, dual_stack) in table {
        let expected = EcrHost::Private {
            account: "123456789012".to_owned(),
            region: region.to_owned(),
            fips,
            dual_stack,
        };
        let found = EcrHost::parse(host);
        assert_eq!(found.as_ref().map(EcrHost::region), Some(region));
        assert_eq!(found, Some(expected), "{host}");
    }
    for (host, dual_stack) in [("public.ecr.aws", false), ("ecr-public.aws.com", true)] {
        let found = EcrHost::parse(host).unwrap();
        assert_eq!(found, EcrHost::Public { dual_stack });
        assert_eq!((found.is_public(), found.region()), (true, "us-east-1"));
    }
    let others = [
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.com",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com.",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com:443",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.org",
        "123456789012.dkr.ecr.evil.com",
        "123456789012.dkr.ecr.eu-west-1.evil.amazonaws.com",
        "123456789012.dkr.ecr..amazonaws.com",
        "123456789012.dkr.ecr.1.amazonaws.com",
        "123456789012.dkr.ecr.eu_west.amazonaws.com",
        "123456789012.dkr.ecr.EU.amazonaws.com",
        "123456789012.dkr-ecr.eu-west-1.amazonaws.com",
        "123456789012.dkr.ecr.eu-west-1.on.aws",
        "12345678901.dkr.ecr.eu-west-1.amazonaws.com",
        "1234567890123.dkr.ecr.eu-west-1.amazonaws.com",
        "12345678901a.dkr.ecr.eu-west-1.amazonaws.com",
        "x.123456789012.dkr.ecr.eu-west-1.amazonaws.com",
        "123456789012.ecr.eu-west-1.amazonaws.com",
        "public.ecr.aws.evil.com",
        "evil-public.ecr.aws",
        "gallery.ecr.aws",
        "ghcr.io",
        "localhost:5000",
        "",
    ];
    for host in others {
        assert_eq!(EcrHost::parse(host), None, "{host}");
    }
}

#[test]
fn every_request_names_its_permission() {
    let table = [
        ("HEAD", "manifests/1.0.0", "ecr:BatchGetImage", ""),
        ("GET", "manifests/sha256:0", "ecr:BatchGetImage", ""),
        (
            "HEAD",
            "blobs/sha256:0",
            "ecr:BatchCheckLayerAvailability",
            "ecr-public:BatchCheckLayerAvailability",
        ),
        ("GET", "blobs/sha256:0", "ecr:GetDownloadUrlForLayer", ""),
        (
            "POST",
            "blobs/uploads/",
            "ecr:InitiateLayerUpload",
            "ecr-public:InitiateLayerUpload",
        ),
        (
            "PATCH",
            "blobs/uploads/1",
            "ecr:UploadLayerPart",
            "ecr-public:UploadLayerPart",
        ),
        (
            "PUT",
            "blobs/uploads/1?digest=x",
            "ecr:CompleteLayerUpload",
            "ecr-public:CompleteLayerUpload",
        ),
        ("PUT", "manifests/1.0.0", "ecr:PutImage", "ecr-public:PutImage"),
        ("GET", "tags/list", "ecr:ListImages", ""),
    ];
    for (method, place, private, public) in table {
        let request = Request::of(method, place).unwrap();
        assert_eq!(permission(request, false), Some(private));
        assert_eq!(permission(request, true).unwrap_or_default(), public);
        assert!(advice(request, false).contains(private));
        let full = advice(request, false).contains("quota");
        assert_eq!(
            full,
            request == Request::WriteManifest,
            "only a manifest counts as an image"
        );
    }
    assert_eq!(Request::of("DELETE", "manifests/1.0.0"), None);
    assert_eq!(Request::of("GET", ""), None);
}

/// Every text of up to `length` of these letters.
fn texts(letters: &str, length: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut last = all.clone();
    for _ in 0..length {
        let longer = last
            .iter()
            .flat_map(|text| letters.chars().map(move |letter| format!("{text}{letter}")));
        last = longer.collect();
        all.extend(last.clone());
    }
    all
}

#[test]
fn a_pattern_takes_in_what_its_expression_does() {
    let tags = texts("ab.", 5);
    let mut tried = 0;
    for pattern in texts("ab*", 4) {
        let parsed = pattern.parse::<TagPattern>();
        let fits = !pattern.is_empty() && pattern.matches('*').count() <= 2;
        assert_eq!(parsed.is_ok(), fits, "{pattern}");
        let Ok(parsed) = parsed else { continue };
        let expression = regex::Regex::new(&format!("^{}$", pattern.replace('*', ".*"))).unwrap();
        for tag in &tags {
            assert_eq!(parsed.matches(tag), expression.is_match(tag), "{pattern} {tag}");
            tried += 1;
        }
    }
    assert!(tried > 10_000);
    for wrong in ["a b", "ä", "a?", "a/b", &"a".repeat(129)] {
        assert!(wrong.parse::<TagPattern>().is_err(), "{wrong}");
    }
    let dotted: TagPattern = "1.*".parse().unwrap();
    assert!(dotted.matches("1.4") && !dotted.matches("14"));
}

#[test]
fn a_tag_stays_unless_a_pattern_says_otherwise() {
    let patterns: Vec<TagPattern> = ["latest", "dev-*"].iter().map(|text| text.parse().unwrap()).collect();
    for (tag, excepted) in [("latest", true), ("dev-1", true), ("1.0.0", false), ("dev", false)] {
        assert_eq!(is_immutable(Mutability::Immutable, &patterns, tag), !excepted, "{tag}");
        assert_eq!(is_immutable(Mutability::Mutable, &patterns, tag), excepted, "{tag}");
        assert!(is_immutable(Mutability::Immutable, &[], tag));
        assert!(!is_immutable(Mutability::Mutable, &[], tag));
    }
}

fn existing() -> Existing {
    Existing {
        mutability: Mutability::Immutable,
        exceptions: Vec::new(),
        scan_on_push: false,
        encryption: Encryption::Aes256,
        lifecycle_policy: None,
        policy: None,
        empty: false,
    }
}

fn wanted(setup: RepositorySetup) -> Wanted {
    Wanted {
        setup,
        lifecycle_policy: None,
        policy: None,
    }
}

#[test]
fn what_a_setup_leaves_out_is_no_difference() {
    let plain = wanted(RepositorySetup::default());
    let mut other = existing();
    other.scan_on_push = true;
    other.encryption = Encryption::Kms(Some("arn:aws:kms:eu-west-1:1:key/2".to_owned()));
    other.policy = Policy::parse("{}").ok();
    assert_eq!(plain.differences(&other), Vec::<String>::new());
    other.mutability = Mutability::Mutable;
    assert_eq!(plain.differences(&other).len(), 1);

    let mut ordered = wanted(RepositorySetup::default());
    ordered.setup.mutable_tags = vec!["b".parse().unwrap(), "a".parse().unwrap()];
    let mut found = existing();
    found.exceptions = vec!["a".parse().unwrap(), "b".parse().unwrap()];
    assert_eq!(ordered.differences(&found), Vec::<String>::new());
}

#[test]
fn a_key_is_another_where_that_can_be_told() {
    let arn = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd";
    let mut found = existing();
    found.encryption = Encryption::Kms(Some(arn.to_owned()));
    let other = arn.replace("1234abcd", "5678");
    for (key, same) in [
        (arn, true),
        ("1234abcd", true),
        ("alias/images", true),
        ("5678", false),
        (other.as_str(), false),
    ] {
        let mut plan = wanted(RepositorySetup::default());
        plan.setup.kms_key = Some(key.to_owned());
        assert_eq!(plan.differences(&found).is_empty(), same, "{key}");
    }
}

#[test]
fn policies_are_compared_by_what_they_say() {
    let policy = |text: &str| Policy::parse(text).unwrap();
    let one = policy(r#"{"Action": ["ecr:PutImage"], "Effect": "Allow"}"#);
    assert_eq!(one, policy(r#"{"Effect":"Allow","Action":"ecr:PutImage"}"#));
    assert_ne!(one, policy(r#"{"Effect":"Deny","Action":"ecr:PutImage"}"#));
    let mut plan = wanted(RepositorySetup::default());
    plan.policy = Some(one.clone());
    let mut found = existing();
    assert!(
        plan.misses_policy(&found) && !plan.is_unfinished(&found),
        "it may hold images"
    );
    found.empty = true;
    assert!(plan.is_unfinished(&found));
    found.policy = Some(policy("{}"));
    assert!(!plan.is_unfinished(&found));
    assert_eq!(
        plan.differences(&found),
        ["its repository policy is another than the setup's"]
    );
}

#[test]
fn the_files_of_a_setup_are_there_and_are_policies() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("good.json"), "{\"rules\": []}").unwrap();
    std::fs::write(folder.path().join("bad.json"), "{").unwrap();
    std::fs::write(folder.path().join("list.json"), "[]").unwrap();
    let read = |name: &str| {
        let setup = RepositorySetup {
            lifecycle_policy: Some(Path::new(name).to_owned()),
            ..RepositorySetup::default()
        };
        read_policies(folder.path(), &setup)
    };
    let good = read("good.json").unwrap();
    assert_eq!(good.lifecycle_policy.unwrap().text(), "{\"rules\": []}");
    for name in ["bad.json", "list.json", "gone.json", "."] {
        let error = read(name).unwrap_err();
        assert_eq!(error.kind(), "usage");
        assert!(
            error
                .to_string()
                .starts_with(&format!("`lifecycle-policy` names {name}")),
            "{error}"
        );
    }
}
