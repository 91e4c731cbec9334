//! What cannot be set, and what is said about it.

use super::{ChartKeys, chart, edited, file, own, pattern, set, version};

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
            2,
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
