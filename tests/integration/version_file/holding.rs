//! Files of every format, with the places of their versions.

use super::{ChartKeys, VersionFile, chart, file, pattern};

/// Files whose `@` are the places of the version: everything else has to stay.
pub fn holding() -> Vec<(VersionFile, &'static str)> {
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
