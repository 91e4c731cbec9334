//! Files that say the version: what is set, what stays, what is refused.

use std::collections::BTreeMap;

use tidegate::model::version::Version;
use tidegate::model::version_file::{ChartKeys, Form, Kind, Pattern, VersionFile};
use tidegate::plan::version_file::{Own, VersionFileError, companions, members, plan, read, set};

mod config;
mod page;
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

/// Files whose `@` are the places of the version: everything else has to stay.
fn holding() -> Vec<(VersionFile, &'static str)> {
    vec![
        (file("Cargo.toml"), "[package]\nname = \"demo\"\nversion = \"@\"\n"),
        // Comments, quotes, tabs, no final newline, dotted keys, inline tables, line ends of Windows.
        (
            file("a/Cargo.toml"),
            "# version = \"9.9.9\"\n[package]\r\nname\t=\t'demo'\r\nversion\t=\t'@' # version = \"8.8.8\"",
        ),
        (file("Cargo.toml"), "package.name = \"demo\"\npackage.version = \"@\""),
        (
            file("Cargo.toml"),
            "package = { name = \"demo\", \"version\" = \"@\" }\n",
        ),
        (
            file("Cargo.toml"),
            "[package]\nversion = \"\"\"@\"\"\"\ndescription = '''\nversion = \"0.1.0\"\n'''\n",
        ),
        (
            file("Cargo.toml"),
            "\u{feff}[package]\nname = \"dемо\" # ü\nversion = \"@\"\n",
        ),
        (
            file("Cargo.toml"),
            "[package.metadata.x]\nversion = \"7.0.0\"\n[dependencies]\nversion = \"7.0.0\"\nserde = { version = \"7.0.0\" }\n\
             [workspace.package]\nversion = \"@\"\n[package]\nname = \"x\"\nversion.workspace = true\n",
        ),
        // Own packages that are found by path are asked for in the new version; ranges and foreign ones are not touched.
        (
            file("Cargo.toml"),
            "[package]\nname = \"demo\"\nversion = \"@\"\n[dependencies]\ncore = { path = \"core\", version = \"=@\" }\n\
             renamed = { version = \"^@\", path = \"x\", package = \"core\" }\n\
             demo = \"7\"\nother = { path = \"other\", version = \"7.0.0\" }\n\
             [dev-dependencies.core]\npath = \"core\"\nversion = \">=7, <8\"\n\
             [target.'cfg(unix)'.build-dependencies]\ncore = { path = \"core\", version = \"@\" }\n\
             [workspace.dependencies]\ncore = { path = \"core\", version = \"~ @\", features = [] }\n",
        ),
        (
            file("Cargo.lock"),
            "version = 4\n\n[[package]]\nname = \"core\"\nversion = \"@\"\n\n[[package]]\nname = \"demo\"\nversion = \"@\"\n\
             dependencies = [\n \"core\",\n \"serde 7.0.0\",\n]\n\n[[package]]\nname = \"serde\"\nversion = \"7.0.0\"\n\
             source = \"registry+https://github.com/rust-lang/crates.io-index\"\nchecksum = \"00\"\n",
        ),
        // A published version of an own package is a dependency.
        (
            file("Cargo.lock"),
            "[[package]]\nname = \"core\"\nversion = \"0.0.9\"\nsource = \"registry+x\"\n[[package]]\nname = \"core\"\n\
             version = \"@\"\ndependencies = [\"core 0.0.9\"]\n[[package]]\nname = \"x\"\nversion = \"@OLD\"\n\
             dependencies = [\"core @\"]\n",
        ),
        (
            file("package.json"),
            "{\n  \"name\": \"demo\",\n  \"version\": \"@\"\n}\n",
        ),
        (
            file("package.json"),
            "\u{feff}{\r\n\t\"dependencies\": {\"version\": \"7.0.0\"}, \"x\": \"\\\"version\\\": \\\"7.0.0\\\"\",\r\n\t\"version\":\"@\",\
             \"ü\":[{\"version\":\"7.0.0\"}]}",
        ),
        (file("package.json"), "{\"version\" : \"v@\"}"),
        (file("package.json"), "{\"\\u0076ersion\":\"@\"}"),
        (
            file("package-lock.json"),
            "{\n  \"name\": \"demo\",\n  \"version\": \"@\",\n  \"lockfileVersion\": 1,\n  \"dependencies\": {\n    \"demo\": {\n      \
             \"version\": \"7.0.0\"\n    }\n  }\n}\n",
        ),
        (
            file("package-lock.json"),
            "{\"version\": \"@\", \"lockfileVersion\": 2, \"packages\": {\"\": {\"name\": \"demo\", \"version\": \"@\"}, \
             \"packages/a\": {\"version\": \"@\"}, \"packages/b\": {\"version\": \"7.0.0\"}, \
             \"node_modules/packages/a\": {\"version\": \"7.0.0\"}, \"node_modules/a\": {\"link\": true}}, \
             \"dependencies\": {\"a\": {\"version\": \"file:packages/a\"}, \"\": {\"version\": \"7.0.0\"}}}",
        ),
        (
            file("npm-shrinkwrap.json"),
            "{\"lockfileVersion\": 3, \"packages\": {\"\": {\"version\": \"@\"}}}",
        ),
        (
            file("pyproject.toml"),
            "[project]\nname = \"demo\"\nversion = \"@\" # here\n",
        ),
        (
            file("pyproject.toml"),
            "[build-system]\nrequires = [\"x==7.0.0\"]\n[project]\ndynamic = [\"version\"]\n[tool.poetry]\nversion = '@'\n\
             [tool.poetry.dependencies]\nversion = \"7.0.0\"\n[tool.other]\nversion = \"7.0.0\"\n",
        ),
        (
            file("pyproject.toml"),
            "project = {version = \"@\"}\r\n[tool.poetry]\r\nversion = \"@\"\r\n",
        ),
        (
            file("pom.xml"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n  \
             <!-- <version>9.9.9</version> -->\n  <parent><groupId>g</groupId><artifactId>a</artifactId>\
             <version>7.0.0</version></parent>\n  <version>@</version>\n  <description><![CDATA[<version>7.0.0</version>]]>\
             </description>\n  <dependencies><dependency><version>7.0.0</version></dependency></dependencies>\n</project>\n",
        ),
        (
            file("pom.xml"),
            "<project><properties><revision>@</revision><x>7.0.0</x></properties><version>${revision}</version></project>",
        ),
        (
            file("pom.xml"),
            "\u{feff}<m:project xmlns:m=\"m\">\r\n<m:version> <!-- ü 9.9.9 -->\r\n\t@ \r\n</m:version></m:project>",
        ),
        (file("pom.xml"), "<project><version><![CDATA[@]]></version></project>"),
        // The parent moves too.
        (
            file("a/pom.xml"),
            "<project><parent><groupId>org.example</groupId><artifactId>parent</artifactId><version>@</version></parent>\
             <artifactId>a</artifactId></project>",
        ),
        (
            chart(ChartKeys::Both),
            "apiVersion: v2\nname: demo\nversion: @\nappVersion: \"@\"\n",
        ),
        (
            chart(ChartKeys::Both),
            "---\r\n# version: 9.9.9\r\nversion:   '@'   # version: 8.8.8\r\ndependencies:\r\n- name: x\r\n  version: 7.0.0\r\n\
             annotations: {version: 7.0.0}\r\ndescription: |\r\n  version: 7.0.0\r\n---\r\nversion: 7.0.0",
        ),
        (
            chart(ChartKeys::Version),
            "\u{feff}ü: ü\nversion: @\nappVersion: 7.0.0\n",
        ),
        (chart(ChartKeys::AppVersion), "appVersion: v@ # ü\nversion: 7.0.0"),
        (chart(ChartKeys::Both), "{\"version\": \"@\", name: x, appVersion: @}"),
        (
            chart(ChartKeys::Both),
            "version: &v @\nappVersion: !!str \"@\"\n? [a, b]\n: 7.0.0\n",
        ),
        (file("VERSION"), "@"),
        (file("VERSION"), "v@\r\n"),
        (file("version.txt"), "\u{feff}\n  @\t\n\n"),
        (
            pattern("x.py", "__version__ = \"(?<version>[^\"]+)\"", 1),
            "# ü\n__version__ = \"@\"\n__version__ = '7.0.0'\n",
        ),
        (
            pattern("README.md", r"demo[:@](?<version>\d+\.\d+\.\d+[-+.\w]*)", 2),
            "demo:@ and demo@@, not demos:7.0.0\n",
        ),
        (
            pattern("x", r"^version: (?P<version>.+)$", 1),
            "x version: 7.0.0\r\nversion: @\r\n",
        ),
    ]
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
        assert!(found.line == line || found.line > 1, "{template}: {}", found.line);
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
            "[project]\nversion = \"0.0.0.dev0\"",
            "0.0.0.dev0",
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
fn what_cannot_be_set_says_where_and_what_to_do() {
    let table = [
        (
            file("Cargo.toml"),
            "[package]\nversion.workspace = true\n",
            2,
            "workspace's",
            "list the workspace's Cargo.toml",
        ),
        (
            file("Cargo.toml"),
            "[package]\nversion = { workspace = true }\n",
            2,
            "workspace's",
            "list",
        ),
        (file("Cargo.toml"), "[workspace]\nmembers = []\n", 0, "neither", "add"),
        (file("Cargo.toml"), "[package]\nversion = 1\n", 0, "neither", "add"),
        (
            file("Cargo.toml"),
            "[package]\nversion = \"1.0.0\"\nversion = \"1.0.0\"\n",
            3,
            "duplicate key",
            "mend",
        ),
        (file("Cargo.toml"), "[package\n", 1, "no TOML", "mend"),
        (
            file("Cargo.lock"),
            "[[package]]\nname = \"x\"\nversion = \"1.0.0\"\n",
            0,
            "no entry",
            "manifest",
        ),
        (
            file("package.json"),
            "{\n\"version\": 1}",
            2,
            "no string",
            "write it as",
        ),
        (
            file("package.json"),
            "{\"version\": \"1.0.0\",\n\n\"version\": \"2.0.0\"}",
            3,
            "twice",
            "remove",
        ),
        (
            file("package.json"),
            "{\"engines\": {\"version\": \"1.0.0\"}}",
            0,
            "no `version`",
            "add",
        ),
        (
            file("package.json"),
            "{\n\"version\": \"1.0.0\",\n}",
            3,
            "no JSON",
            "mend",
        ),
        (file("package.json"), "[]", 1, "no JSON object", "mend"),
        (file("package.json"), "", 1, "no JSON", "mend"),
        (
            file("package-lock.json"),
            "{\"lockfileVersion\": 3, \"packages\": {\"\": {}}}",
            0,
            "no entry",
            "manifest",
        ),
        (
            file("pyproject.toml"),
            "[project]\nname = \"x\"\ndynamic = [\"version\"]\n",
            3,
            "dynamic",
            "`pattern`",
        ),
        (
            file("pyproject.toml"),
            "[tool.x]\nversion = \"1.0.0\"\n",
            0,
            "neither",
            "add",
        ),
        (
            file("pom.xml"),
            "<project>\n<version>1</version>\n<version>1</version></project>",
            3,
            "twice",
            "remove",
        ),
        (
            file("pom.xml"),
            "<project><parent><groupId>g</groupId><artifactId>a</artifactId><version>1</version></parent></project>",
            0,
            "its parent g:a",
            "list the parent's pom.xml",
        ),
        (file("pom.xml"), "<project/>", 0, "no `<version>`", "add"),
        (
            file("pom.xml"),
            "<project>\n<version>1.0&#46;0</version></project>",
            2,
            "entities",
            "write it as",
        ),
        (
            file("pom.xml"),
            "<project><version>1.<!-- -->0</version></project>",
            1,
            "one piece",
            "write it as",
        ),
        (
            file("pom.xml"),
            "<project>\n<version>${a}${b}</version></project>",
            2,
            "${a}${b}",
            "`${revision}`",
        ),
        (
            file("pom.xml"),
            "<project>\n<version>${x}</version></project>",
            2,
            "${x}",
            "`${revision}`",
        ),
        (file("pom.xml"), "<html/>", 1, "not `<project>`", "mend"),
        (file("pom.xml"), "<project>\n<version>1</project>", 2, "no XML", "mend"),
        (
            file("pom.xml"),
            "<!DOCTYPE p [<!ENTITY v \"1\">]>\n<project><version>&v;</version></project>",
            1,
            "no XML",
            "mend",
        ),
        (
            chart(ChartKeys::Both),
            "name: x\nappVersion: 1.0.0",
            0,
            "no `version`",
            "add",
        ),
        (
            chart(ChartKeys::AppVersion),
            "version: 1.0.0",
            0,
            "no `appVersion`",
            "add",
        ),
        (
            chart(ChartKeys::Both),
            "version: 1.0.0\nversion: 1.0.0",
            2,
            "twice",
            "remove",
        ),
        (
            chart(ChartKeys::Both),
            "x: &v 1.0.0\nversion: *v",
            2,
            "one line",
            "write it as",
        ),
        (
            chart(ChartKeys::Both),
            "version: |\n  1.0.0\n",
            1,
            "one line",
            "write it as",
        ),
        (
            chart(ChartKeys::Both),
            "name: x\nversion: {a: b}\n",
            2,
            "one line",
            "write it as",
        ),
        (
            chart(ChartKeys::Both),
            "name: x\nversion:\n",
            0,
            "one line",
            "write it as",
        ),
        (chart(ChartKeys::Both), "- version: 1.0.0\n", 1, "no keys", "mend"),
        (
            chart(ChartKeys::Both),
            "name: x\nversion: \"1.0.0\n",
            0,
            "no YAML",
            "mend",
        ),
        (chart(ChartKeys::Both), "", 0, "no `version`", "add"),
        (file("VERSION"), "", 1, "something else", "1.4.0"),
        (file("VERSION"), "\n1.0.0\n2.0.0\n", 2, "something else", "1.4.0"),
        (file("VERSION"), "version = 1.0.0\n", 1, "something else", "`pattern`"),
        (
            pattern("x", "v(?<version>[0-9.]+)", 1),
            "none",
            0,
            "matches nowhere",
            "mend",
        ),
        (
            pattern("x", "v(?<version>[0-9.]+)", 1),
            "v1\nv2\n",
            0,
            "2 times (lines 1, 2), and 1",
            "`matches = 2`",
        ),
        (
            pattern("x", "v(?<version>[0-9.]+)", 3),
            "v1\nv2\n",
            0,
            "2 times",
            "`matches = 2`",
        ),
        (
            pattern("x", "v(?<version>[0-9.]*)", 1),
            "\nv\n",
            2,
            "without a version",
            "never empty",
        ),
        (
            pattern("x", "v(?<version>[0-9.]+)", 1),
            "v1.0.0",
            0,
            "the whole of 2.0.0-rc.1",
            "widen",
        ),
        (
            pattern("x", "v([0-9.]+)", 1),
            "v1.0.0",
            0,
            "no group named `version`",
            "mend",
        ),
        (
            pattern("x", "v(?<version>[0-9.]+", 1),
            "v1.0.0",
            0,
            "cannot be used",
            "mend",
        ),
    ];
    for (file, content, line, reason, help) in table {
        let error = edited(&file, content, "2.0.0-rc.1").expect_err(content);
        let place = (error.line.unwrap_or(0), error.path.as_str());
        assert!(
            line == 0 || place == (line, file.path.as_str()),
            "{content:?}: {error:?}"
        );
        assert!(
            error.to_string().contains(reason) && error.help.contains(help),
            "{content:?}: {error:?}"
        );
    }
    let error = set(&file("VERSION"), b"1.0\n\xff", &version("1.0.0"), &own()).unwrap_err();
    assert_eq!(
        (error.line, error.to_string().as_str()),
        (Some(2), "VERSION:2: it is no text in UTF-8")
    );
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
