//! The tools that own the formats agree with what was set.

use std::path::Path;
use std::process::Command;

use super::{BTreeMap, Own, file, plan, set, version};
use crate::common;

fn output(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

fn bytes(folder: &Path, path: &str) -> Vec<u8> {
    std::fs::read(folder.join(path)).unwrap()
}

#[test]
fn cargo_finds_its_lock_file_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(
        folder,
        &[
            (
                "Cargo.toml",
                "[workspace]\nmembers = [\"api\", \"core\"]\nresolver = \"2\"\n[workspace.package]\nversion = \"1.2.3\"\n\
                 [workspace.dependencies]\ncore-x = { path = \"core\", version = \"1.2.3\" }\n",
            ),
            (
                "api/Cargo.toml",
                "[package]\nname = \"api-x\"\nversion.workspace = true\nedition = \"2021\"\n[dependencies]\ncore-x.workspace = true\n",
            ),
            ("api/src/lib.rs", ""),
            (
                "core/Cargo.toml",
                "[package]\nname = \"core-x\"\nversion.workspace = true\nedition = \"2021\"\n",
            ),
            ("core/src/lib.rs", ""),
        ],
    );
    output(folder, env!("CARGO"), &["generate-lockfile", "--offline"]);
    let root = file("Cargo.toml");
    let beside: BTreeMap<String, Vec<u8>> = ["Cargo.lock", "api/Cargo.toml", "core/Cargo.toml"]
        .map(|path| (path.to_owned(), bytes(folder, path)))
        .into();
    let changed = plan(
        &[(root, Some(bytes(folder, "Cargo.toml")))],
        &beside,
        &version("2.0.0-rc.1"),
    )
    .unwrap();
    assert_eq!(changed.len(), 2);
    for (path, content) in changed {
        std::fs::write(folder.join(path), content).unwrap();
    }
    let metadata = output(
        folder,
        env!("CARGO"),
        &["metadata", "--offline", "--locked", "--format-version", "1"],
    );
    let metadata: serde_json::Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() == 2 && packages.iter().all(|package| package["version"] == "2.0.0-rc.1"));
    let before = bytes(folder, "Cargo.lock");
    output(folder, env!("CARGO"), &["update", "--workspace", "--offline"]);
    assert_eq!(
        String::from_utf8(bytes(folder, "Cargo.lock")),
        String::from_utf8(before)
    );
}

#[test]
fn npm_finds_its_lock_file_up_to_date() {
    if !common::has("npm", "apt-get install npm") {
        return;
    }
    for format in ["1", "2", "3"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write(
            folder,
            &[
                (
                    "package.json",
                    "{\n\t\"name\": \"demo\",\n\t\"version\": \"1.2.3\",\n\t\"dependencies\": {\"dep\": \"file:dep\"}\n}\n",
                ),
                ("dep/package.json", "{\"name\": \"dep\", \"version\": \"1.2.3\"}"),
            ],
        );
        let install = [
            "install",
            "--package-lock-only",
            "--offline",
            "--no-audit",
            "--no-fund",
            "--lockfile-version",
            format,
        ];
        output(folder, "npm", &install);
        let beside = BTreeMap::from([("package-lock.json".to_owned(), bytes(folder, "package-lock.json"))]);
        let listed = [(file("package.json"), Some(bytes(folder, "package.json")))];
        for (path, content) in plan(&listed, &beside, &version("2.0.0-rc.1")).unwrap() {
            std::fs::write(folder.join(path), content).unwrap();
        }
        assert_eq!(
            output(folder, "npm", &["pkg", "get", "version"]).trim(),
            "\"2.0.0-rc.1\""
        );
        let before = String::from_utf8(bytes(folder, "package-lock.json")).unwrap();
        assert!(before.contains("2.0.0-rc.1"), "{format}");
        output(folder, "npm", &install);
        assert_eq!(
            String::from_utf8(bytes(folder, "package-lock.json")).unwrap(),
            before,
            "{format}"
        );
    }
}

#[test]
fn python_reads_what_was_set() {
    if !common::has("python3", "apt-get install python3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let start = "[project]\nname = 'x' # ü\nversion = '''1.2.3'''\n[tool.poetry]\nversion = \"1.2.3\"\n";
    let edited = set(
        &file("pyproject.toml"),
        start.as_bytes(),
        &version("2.0.0-beta.4"),
        &Own::default(),
    )
    .unwrap();
    std::fs::write(folder.path().join("pyproject.toml"), edited.content).unwrap();
    let script = "import tomllib\nt = tomllib.load(open('pyproject.toml', 'rb'))\n\
                  print(t['project']['version'], t['tool']['poetry']['version'])";
    assert_eq!(
        output(folder.path(), "python3", &["-c", script]).trim(),
        "2.0.0b4 2.0.0b4"
    );
}

#[test]
fn an_xml_parser_reads_what_was_set() {
    if !common::has("python3", "apt-get install python3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let start = "<project><!-- <version>9</version> --><version><![CDATA[1.2.3]]></version></project>";
    let edited = set(&file("pom.xml"), start.as_bytes(), &version("2.0.0"), &Own::default()).unwrap();
    std::fs::write(folder.path().join("pom.xml"), edited.content).unwrap();
    let script = "import xml.etree.ElementTree as e\nprint(e.parse('pom.xml').getroot().find('version').text)";
    assert_eq!(output(folder.path(), "python3", &["-c", script]).trim(), "2.0.0");
}
