//! Files that say the version: what is set, what stays, what is refused.

use std::collections::BTreeMap;

use holding::holding;
use tidegate::model::version::Version;
use tidegate::model::version_file::{ChartKeys, Form, Kind, Pattern, VersionFile};
use tidegate::plan::version_file::{Own, VersionFileError, companions, members, plan, read, set};

mod config;
mod holding;
mod page;
mod refused;
mod together;
mod tools;

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn file(path: &str) -> VersionFile {
    VersionFile::of_path(path).unwrap()
}

fn pattern(path: &str, text: &str, matches: usize) -> VersionFile {
    let text = text.to_owned();
    VersionFile {
        path: path.to_owned(),
        form: Form::Pattern(Pattern { text, matches }),
    }
}

fn chart(keys: ChartKeys) -> VersionFile {
    VersionFile {
        path: "Chart.yaml".to_owned(),
        form: Form::Chart(keys),
    }
}

fn own() -> Own {
    Own {
        crates: ["demo", "core"].map(str::to_owned).into(),
        folders: ["", "packages/a"].map(str::to_owned).into(),
        projects: [("org.example".to_owned(), "parent".to_owned())].into(),
        workspace: false,
    }
}

fn edited(file: &VersionFile, content: &str, to: &str) -> Result<String, VersionFileError> {
    let edited = set(file, content.as_bytes(), &version(to), &own())?;
    assert_eq!(edited.changed, edited.content != content.as_bytes(), "{content}");
    Ok(String::from_utf8(edited.content).unwrap())
}

fn written(file: &VersionFile, template: &str, version: &str) -> String {
    let python = file.kind() == Some(Kind::Pyproject);
    let version = if python {
        version.replace("-rc.", "rc")
    } else {
        version.to_owned()
    };
    let mut text = String::new();
    let mut rest = template.replace("@OLD", "7.1.0");
    // `demo@@` is the name, the sign itself, and the place.
    rest = rest.replace("@@", "\u{1}@");
    text.push_str(&rest.replace('@', &version).replace('\u{1}', "@"));
    text
}

#[test]
fn only_the_version_changes() {
    let mut places = 0;
    for (file, template) in holding() {
        let before = written(&file, template, "1.2.3");
        for to in ["1.2.3", "2.0.0", "1.4.0-rc.1", "10.20.30"] {
            let after = edited(&file, &before, to).unwrap_or_else(|error| panic!("{before}\n{error:?}"));
            assert_eq!(after, written(&file, template, to), "{file:?}");
            places += 1;
        }
        let found = read(&file, before.as_bytes(), &own()).unwrap();
        assert_eq!((found.text.as_str(), found.version), ("1.2.3", Some(version("1.2.3"))));
        let line = 1 + template.split_once('@').unwrap().0.matches('\n').count();
        assert!(found.line == line, "{template}: {}", found.line);
    }
    assert!(places > 100);
}

#[test]
fn setting_twice_is_setting_once() {
    let versions = ["0.1.0", "1.2.3", "1.2.3-alpha.1", "1.2.3-rc.10", "22.0.0"];
    for (file, template) in holding() {
        let start = written(&file, template, "1.2.3");
        for one in versions {
            let first = edited(&file, &start, one).unwrap();
            for other in versions {
                let second = edited(&file, &first, other).unwrap();
                assert_eq!(second, edited(&file, &start, other).unwrap(), "{file:?} {one} {other}");
            }
            let again = set(&file, first.as_bytes(), &version(one), &own()).unwrap();
            assert!(!again.changed && again.content == first.as_bytes(), "{file:?} {one}");
            let found = read(&file, first.as_bytes(), &own()).unwrap();
            assert_eq!(found.version, Some(version(one)), "{file:?}");
            assert_eq!(again.before, Some(found.text));
        }
    }
}

#[test]
fn what_stood_there_need_not_be_a_semantic_version() {
    let table = [
        (
            file("pom.xml"),
            "<project><version>1.0-SNAPSHOT</version></project>",
            "1.0-SNAPSHOT",
        ),
        (file("VERSION"), "1.4\n", "1.4"),
        (file("package.json"), "{\"version\":\"\"}", ""),
        (
            file("pyproject.toml"),
            "[project]\nversion = \"0.0.0.post1\"",
            "0.0.0.post1",
        ),
        (chart(ChartKeys::AppVersion), "appVersion: 1.16", "1.16"),
    ];
    for (file, content, before) in table {
        let edited = set(&file, content.as_bytes(), &version("2.0.0"), &own()).unwrap();
        assert_eq!(edited.before.as_deref(), Some(before));
        assert!(String::from_utf8(edited.content).unwrap().contains("2.0.0"));
        assert_eq!(read(&file, content.as_bytes(), &own()).unwrap().version, None);
    }
}

#[test]
fn python_versions_follow_pep_440() {
    let pyproject = |text: &str| format!("[project]\nversion = \"{text}\"\n");
    let table = [
        ("1.4.0", "1.4.0"),
        ("1.4.0-rc.1", "1.4.0rc1"),
        ("1.4.0-alpha.2", "1.4.0a2"),
        ("1.4.0-beta.3", "1.4.0b3"),
        ("1.4.0-dev", "1.4.0.dev0"),
    ];
    for (semantic, python) in table {
        let file = file("pyproject.toml");
        assert_eq!(edited(&file, &pyproject("0"), semantic).unwrap(), pyproject(python));
        let found = read(&file, pyproject(python).as_bytes(), &own()).unwrap();
        assert_eq!((found.text.as_str(), found.version), (python, Some(version(semantic))));
    }
    for refused in [
        "1.4.0-rc",
        "1.4.0-rc1",
        "1.4.0-nightly.1",
        "1.4.0-rc.1.2",
        "1.4.0-rc.x",
        "1.4.0+build.7",
    ] {
        let error = edited(&file("pyproject.toml"), &pyproject("0"), refused).unwrap_err();
        assert_eq!(error.line, Some(2));
        assert!(
            error.to_string().contains("PEP 440") && error.help.contains("rc.N"),
            "{error:?}"
        );
    }
}

#[test]
fn deep_and_huge_files_do_no_harm() {
    let deep = |open: &str, close: &str| open.repeat(200_000) + &close.repeat(200_000);
    let json = format!("{{\"x\": {}, \"version\": \"1.0.0\"}}", deep("[", "]"));
    let after = edited(&file("package.json"), &json, "2.0.0").unwrap();
    assert!(after.ends_with("\"version\": \"2.0.0\"}"));
    // The other parsers may give up, and say so.
    let _ = edited(&file("Cargo.toml"), &format!("x = {}", deep("[", "]")), "2.0.0").unwrap_err();
    for (file, content) in [
        (
            file("pom.xml"),
            format!("<project><version>1</version>{}</project>", deep("<a>", "</a>")),
        ),
        (chart(ChartKeys::Both), format!("version: 1.0.0\nx: {}", deep("[", "]"))),
        (
            chart(ChartKeys::Both),
            format!("version: 1.0.0\nx: {}", deep("{a: ", "}")),
        ),
    ] {
        match edited(&file, &content, "2.0.0") {
            Ok(after) => assert!(after.contains("2.0.0")),
            Err(error) => assert!(error.reason.contains("it is no "), "{error:?}"),
        }
    }
    let mut lock = "{\"version\": \"1.0.0\", \"packages\": {\"\": {\"version\": \"1.0.0\"}".to_owned();
    for number in 0..50_000 {
        lock.push_str(&format!(
            ",\n\"node_modules/x{number}\": {{\"version\": \"1.0.0\", \"license\": \"MIT\"}}"
        ));
    }
    lock.push_str("}}");
    let after = edited(&file("package-lock.json"), &lock, "2.0.0").unwrap();
    assert_eq!(after.matches("\"2.0.0\"").count(), 2);
}

#[test]
fn the_name_tells_the_kind() {
    let table = [
        ("Cargo.toml", Some(Kind::Cargo)),
        ("services/api/Cargo.lock", Some(Kind::CargoLock)),
        ("package.json", Some(Kind::Npm)),
        ("a/npm-shrinkwrap.json", Some(Kind::NpmLock)),
        ("package-lock.json", Some(Kind::NpmLock)),
        ("pyproject.toml", Some(Kind::Pyproject)),
        ("pom.xml", Some(Kind::Maven)),
        ("charts/x/Chart.yaml", Some(Kind::Chart)),
        ("VERSION", Some(Kind::Plain)),
        ("cargo.toml", None),
        ("Cargo.toml.orig", None),
        ("src/version.rs", None),
    ];
    for (path, kind) in table {
        assert_eq!(Kind::of_path(path), kind, "{path}");
        assert_eq!(VersionFile::of_path(path).and_then(|file| file.kind()), kind, "{path}");
    }
}
