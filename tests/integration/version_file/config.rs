//! Version files as `tidegate.toml` writes them.

use serde::Deserialize;
use tidegate::model::version_file::{ChartKeys, Form, Kind, VersionFile};

#[derive(Deserialize, serde::Serialize)]
struct Files {
    files: Vec<VersionFile>,
}

#[test]
fn a_path_or_a_table() {
    let text = r#"files = [
        "Cargo.toml",
        "./charts/demo/Chart.yaml",
        { path = "Chart.yaml", keys = "app-version" },
        { path = "RELEASE", kind = "plain" },
        { path = "x.py", pattern = '__version__ = "(?<version>[^"]+)"', matches = 2 },
    ]"#;
    let files: Files = toml::from_str(text).unwrap();
    let [cargo, chart, app, plain, pattern] = files.files.as_slice() else {
        panic!()
    };
    assert_eq!(cargo.form, Form::Known(Kind::Cargo));
    assert_eq!(
        (chart.path.as_str(), &chart.form),
        ("charts/demo/Chart.yaml", &Form::Chart(ChartKeys::Both))
    );
    assert_eq!(app.form, Form::Chart(ChartKeys::AppVersion));
    assert_eq!(plain.form, Form::Known(Kind::Plain));
    assert!(matches!(&pattern.form, Form::Pattern(pattern) if pattern.matches == 2));
    let again: Files = toml::from_str(&toml::to_string(&files).unwrap()).unwrap();
    assert_eq!(again.files, files.files);
}

#[test]
fn what_is_refused() {
    let table = [
        ("\"src/lib.rs\"", "is no name that tells"),
        ("\"../Cargo.toml\"", "is no path of a file"),
        ("\"/Cargo.toml\"", "is no path of a file"),
        ("\"a//Cargo.toml\"", "is no path of a file"),
        ("\"\"", "is no path of a file"),
        (
            "{ path = \"x\", kind = \"plain\", pattern = \"(?<version>.)\" }",
            "either its `kind` or a `pattern`",
        ),
        ("{ path = \"x\", pattern = \"(.)\" }", "no group named `version`"),
        ("{ path = \"x\", pattern = \"(?<version>\" }", "unclosed group"),
        (
            "{ path = \"x\", pattern = \"(?<version>.)\", matches = 0 }",
            "at least once",
        ),
        ("{ path = \"VERSION\", matches = 2 }", "`matches` goes with a `pattern`"),
        (
            "{ path = \"VERSION\", keys = \"both\" }",
            "`keys` goes with a Helm chart",
        ),
        ("{ path = \"VERSION\", kidn = \"plain\" }", "write a path, or"),
    ];
    for (text, said) in table {
        let error = toml::from_str::<Files>(&format!("files = [{text}]"))
            .err()
            .unwrap()
            .to_string();
        assert!(error.contains(said) && error.contains("line 1"), "{text}: {error}");
    }
}

#[test]
fn the_schema_takes_both_forms() {
    let schema = serde_json::to_value(schemars::schema_for!(VersionFile)).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for (value, fits) in [
        (serde_json::json!("Cargo.toml"), true),
        (serde_json::json!({"path": "x", "kind": "cargo-lock"}), true),
        (serde_json::json!({"path": "x", "kind": "unheard"}), false),
        (serde_json::json!({"path": "x", "more": 1}), false),
        (serde_json::json!({"kind": "plain"}), false),
        (serde_json::json!(1), false),
    ] {
        assert_eq!(validator.is_valid(&value), fits, "{value} by {schema}");
    }
}
