//! The page on version files is true.

use std::collections::BTreeSet;

use serde::Deserialize;
use tidegate::model::version_file::{Kind, VersionFile};

use super::{set, version};
use crate::common;

#[derive(Deserialize)]
struct Example {
    files: Vec<VersionFile>,
}

fn blocks<'t>(page: &'t str, kind: &str) -> Vec<&'t str> {
    let start = format!("```{kind}\n");
    page.split(start.as_str())
        .skip(1)
        .map(|block| block.split("```").next().unwrap())
        .collect()
}

fn page() -> String {
    std::fs::read_to_string(common::repository().join("docs/version-files.md")).unwrap()
}

#[test]
fn its_examples_load_and_set_what_they_show() {
    let page = page();
    let examples = blocks(&page, "toml");
    assert_eq!(examples.len(), 2);
    let files: Vec<VersionFile> = examples
        .iter()
        .flat_map(|text| toml::from_str::<Example>(text).unwrap().files)
        .collect();
    let texts = blocks(&page, "text");
    assert_eq!(texts.len(), 2);
    for (path, text) in ["src/demo/__init__.py", "uv.lock"].into_iter().zip(texts) {
        let file = files.iter().find(|file| file.path == path).unwrap();
        let edited = set(file, text.as_bytes(), &version("2.0.0"), &super::own()).unwrap();
        assert_eq!(edited.before.as_deref(), Some("1.4.0"), "{path}");
    }
}

#[test]
fn its_table_has_every_kind() {
    let page = page();
    let rows = page.lines().filter_map(|line| {
        let cell = line.strip_prefix("| `")?.split('`').next()?;
        serde_json::from_value::<Kind>(serde_json::json!(cell)).ok()
    });
    let rows: BTreeSet<Kind> = rows.collect();
    let schema = serde_json::to_value(schemars::schema_for!(Kind)).unwrap();
    assert_eq!(rows.len(), schema["oneOf"].as_array().unwrap().len());
    for line in page.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let (Some(kind), Some(names)) = (cells.next(), cells.next()) else {
            panic!("{line}")
        };
        let kind: Kind = serde_json::from_value(serde_json::json!(kind.trim_matches('`'))).unwrap();
        for name in names.split(", ") {
            assert_eq!(Kind::of_path(name.trim_matches('`')), Some(kind), "{name}");
        }
    }
}

#[test]
fn its_table_of_python_versions_is_true() {
    let page = page();
    let mut rows = 0;
    for line in page.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [semantic, python] = cells.as_slice() else { continue };
        let Ok(semantic) = semantic.parse() else { continue };
        let file = VersionFile::of_path("pyproject.toml").unwrap();
        let edited = set(&file, b"project.version = \"0\"", &semantic, &super::own()).unwrap();
        assert_eq!(
            String::from_utf8(edited.content).unwrap(),
            format!("project.version = \"{python}\"")
        );
        rows += 1;
    }
    assert_eq!(rows, 5);
}
