//! All files of a release at once.

use super::{BTreeMap, VersionFile, companions, file, members, pattern, plan, version};

type Texts = &'static [(&'static str, &'static str)];

/// The plan of the listed files among those of a repository, with what goes with them as a caller would read it.
fn planned(listed: &[VersionFile], repository: Texts, to: &str) -> Result<BTreeMap<String, String>, String> {
    let content = |path: &str| {
        let found = repository.iter().find(|(name, _)| *name == path);
        found.map(|(_, text)| text.as_bytes().to_vec())
    };
    let all: Vec<String> = repository.iter().map(|(path, _)| (*path).to_owned()).collect();
    let mut beside = BTreeMap::new();
    for file in listed {
        let manifest = content(&file.path).unwrap_or_default();
        let mut names = companions(&file.path);
        names.extend(members(&file.path, &manifest, &all));
        beside.extend(
            names
                .into_iter()
                .filter_map(|name| Some((name.clone(), content(&name)?))),
        );
    }
    let files: Vec<_> = listed.iter().map(|file| (file.clone(), content(&file.path))).collect();
    let changed =
        plan(&files, &beside, &version(to)).map_err(|refusal| format!("{} | {}", refusal.reason, refusal.help))?;
    let text = |(path, content)| (path, String::from_utf8(content).unwrap());
    Ok(changed.into_iter().map(text).collect())
}

fn names(changed: &BTreeMap<String, String>) -> Vec<&str> {
    changed.keys().map(String::as_str).collect()
}

const WORKSPACE: Texts = &[
    (
        "Cargo.toml",
        "[workspace]\nmembers = [\"crates/*\"]\n[workspace.package]\nversion = \"1.2.3\"\n[workspace.dependencies]\n\
         core = { path = \"crates/core\", version = \"1.2.3\" }\nalone = { path = \"crates/alone\", version = \"1.2.3\" }\n",
    ),
    (
        "Cargo.lock",
        "version = 4\n[[package]]\nname = \"alone\"\nversion = \"1.2.3\"\n[[package]]\nname = \"api\"\nversion = \"1.2.3\"\n\
         [[package]]\nname = \"core\"\nversion = \"1.2.3\"\n",
    ),
    (
        "crates/core/Cargo.toml",
        "[package]\nname = \"core\"\nversion.workspace = true\n",
    ),
    (
        "crates/api/Cargo.toml",
        "[package]\nname = \"api\"\nversion.workspace = true\n[dependencies]\ncore = { path = \"../core\", version = \"1.2.3\" }\n",
    ),
    (
        "crates/alone/Cargo.toml",
        "[package]\nname = \"alone\"\nversion = \"1.2.3\"\n",
    ),
    ("crates/core/tests/broken/Cargo.toml", "[package\n"),
    (
        "crates/core/tests/other/Cargo.toml",
        "[workspace]\n[workspace.package]\nversion = \"1.2.3\"\n",
    ),
    (
        "crates/core/tests/other/in/Cargo.toml",
        "[package]\nname = \"alone\"\nversion.workspace = true\n",
    ),
];

#[test]
fn a_workspace_moves_with_those_that_inherit_its_version() {
    let changed = planned(&[file("Cargo.toml")], WORKSPACE, "2.0.0").unwrap();
    assert_eq!(names(&changed), ["Cargo.lock", "Cargo.toml", "crates/api/Cargo.toml"]);
    assert_eq!(
        changed["Cargo.lock"],
        "version = 4\n[[package]]\nname = \"alone\"\nversion = \"1.2.3\"\n[[package]]\nname = \"api\"\nversion = \"2.0.0\"\n\
         [[package]]\nname = \"core\"\nversion = \"2.0.0\"\n"
    );
    assert!(changed["Cargo.toml"].contains("core\", version = \"2.0.0\""));
    assert!(changed["Cargo.toml"].contains("alone\", version = \"1.2.3\""));
    assert!(changed["crates/api/Cargo.toml"].ends_with("version = \"2.0.0\" }\n"));
}

#[test]
fn a_member_alone_moves_alone() {
    let changed = planned(&[file("crates/alone/Cargo.toml")], WORKSPACE, "2.0.0").unwrap();
    assert_eq!(names(&changed), ["Cargo.lock", "crates/alone/Cargo.toml"]);
    assert_eq!(changed["Cargo.lock"].matches("2.0.0").count(), 1);
    let refused = planned(&[file("crates/core/Cargo.toml")], WORKSPACE, "2.0.0").unwrap_err();
    assert!(
        refused.contains("crates/core/Cargo.toml:3: its version is the workspace's"),
        "{refused}"
    );
    // With the workspace's own it only follows.
    let both = [file("crates/core/Cargo.toml"), file("Cargo.toml")];
    let changed = planned(&both, WORKSPACE, "2.0.0").unwrap();
    assert_eq!(names(&changed), ["Cargo.lock", "Cargo.toml", "crates/api/Cargo.toml"]);
}

#[test]
fn node_locks_follow_from_where_they_are() {
    const FILES: Texts = &[
        (
            "package.json",
            "{\"version\": \"1.2.3\", \"workspaces\": [\"packages/*\"]}",
        ),
        ("packages/a/package.json", "{\"name\": \"a\", \"version\": \"1.2.3\"}"),
        (
            "package-lock.json",
            "{\"version\": \"1.2.3\", \"packages\": {\"\": {\"version\": \"1.2.3\"}, \"packages/a\": {\"version\": \"1.2.3\"}}}",
        ),
        ("own/package.json", "{\"version\": \"1.2.3\"}"),
        ("own/npm-shrinkwrap.json", "{\"version\": \"1.2.3\"}"),
    ];
    let changed = planned(&[file("packages/a/package.json")], FILES, "2.0.0").unwrap();
    assert_eq!(
        changed["package-lock.json"],
        "{\"version\": \"1.2.3\", \"packages\": {\"\": {\"version\": \"1.2.3\"}, \"packages/a\": {\"version\": \"2.0.0\"}}}"
    );
    let changed = planned(&[file("package.json"), file("packages/a/package.json")], FILES, "2.0.0").unwrap();
    assert_eq!(changed["package-lock.json"].matches("2.0.0").count(), 3);
    let changed = planned(&[file("own/package.json")], FILES, "2.0.0").unwrap();
    assert_eq!(names(&changed), ["own/npm-shrinkwrap.json", "own/package.json"]);
    let changed = planned(&[file("package-lock.json")], FILES, "2.0.0").unwrap();
    assert_eq!(changed["package-lock.json"].matches("2.0.0").count(), 2);
}

#[test]
fn maven_modules_follow_a_parent_that_is_listed() {
    const FILES: Texts = &[
        (
            "pom.xml",
            "<project><groupId>g</groupId><artifactId>p</artifactId><version>1.2.3</version></project>",
        ),
        (
            "a/pom.xml",
            "<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1.2.3</version></parent>\
             <artifactId>a</artifactId></project>",
        ),
    ];
    let changed = planned(&[file("pom.xml"), file("a/pom.xml")], FILES, "2.0.0").unwrap();
    assert!(changed.len() == 2 && changed["a/pom.xml"].contains("<version>2.0.0</version></parent>"));
    let refused = planned(&[file("a/pom.xml")], FILES, "2.0.0").unwrap_err();
    assert!(
        refused.contains("a/pom.xml: its version is that of its parent g:p"),
        "{refused}"
    );
}

#[test]
fn all_files_or_none() {
    const FILES: Texts = &[
        ("Cargo.toml", "[package]\nname = \"demo\"\nversion = \"1.2.3\"\n"),
        ("VERSION", "no version\n"),
        ("Cargo.lock", "[[package\n"),
        ("x.txt", "a 1.2.3\nb 1.2.3\n"),
    ];
    let listed = [file("Cargo.toml"), file("VERSION"), file("package.json")];
    let refused = planned(&listed, FILES, "2.0.0").unwrap_err();
    for part in [
        "VERSION:1: it holds something else",
        "package.json: there is no such file",
        "Cargo.lock:1: it is no TOML",
        "mend the path in tidegate.toml",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    // One file at two places by two patterns, and nothing where nothing changes.
    let twice = [
        pattern("x.txt", "a (?<version>[0-9.]+)", 1),
        pattern("x.txt", "b (?<version>[0-9.]+)", 1),
    ];
    assert_eq!(planned(&twice, FILES, "2.0.0").unwrap()["x.txt"], "a 2.0.0\nb 2.0.0\n");
    assert!(planned(&twice, FILES, "1.2.3").unwrap().is_empty());
    assert!(planned(&[], FILES, "1.2.3").unwrap().is_empty());
}

#[test]
fn the_lock_files_beside_and_above() {
    assert_eq!(
        companions("a/b/Cargo.toml"),
        ["a/b/Cargo.lock", "a/Cargo.lock", "Cargo.lock"]
    );
    assert_eq!(companions("package.json"), ["package-lock.json", "npm-shrinkwrap.json"]);
    assert!(companions("VERSION").is_empty() && companions("Cargo.lock").is_empty());
}
