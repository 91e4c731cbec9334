//! The files of a project that say its version, as `tidegate.toml` names them.

use regex::{Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A file that says the version: its path alone where the name tells the kind, or a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Written", into = "Written")]
pub struct VersionFile {
    /// Its path from the root of the repository, with `/` between folders.
    pub path: String,
    /// How it says the version.
    pub form: Form,
}

/// How a file says the version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// In a format that is known.
    Known(Kind),
    /// In a Helm chart: the keys to set.
    Chart(ChartKeys),
    /// Where a pattern matches.
    Pattern(Pattern),
}

/// The formats that are known by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A Rust manifest, `Cargo.toml`.
    Cargo,
    /// The lock file of Rust packages, `Cargo.lock`.
    CargoLock,
    /// A Node manifest, `package.json`.
    Npm,
    /// The lock file of Node packages, `package-lock.json` or `npm-shrinkwrap.json`.
    NpmLock,
    /// A Python project, `pyproject.toml`.
    Pyproject,
    /// A Maven project, `pom.xml`.
    Maven,
    /// A Helm chart, `Chart.yaml`.
    Chart,
    /// The version and nothing else, `VERSION`.
    Plain,
}

/// Which keys of a Helm chart are set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChartKeys {
    /// `version`, and `appVersion` where the chart has it.
    #[default]
    Both,
    /// `version` alone.
    Version,
    /// `appVersion` alone.
    AppVersion,
}

/// A regular expression whose group `version` takes in the version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The expression, in the syntax of the `regex` crate; `^` and `$` stand for the ends of a line.
    pub text: String,
    /// How many times it has to match.
    pub matches: usize,
}

impl Kind {
    /// The kind that a file's name tells.
    pub fn of_path(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        Some(match name {
            "Cargo.toml" => Self::Cargo,
            "Cargo.lock" => Self::CargoLock,
            "package.json" => Self::Npm,
            "package-lock.json" | "npm-shrinkwrap.json" => Self::NpmLock,
            "pyproject.toml" => Self::Pyproject,
            "pom.xml" => Self::Maven,
            "Chart.yaml" => Self::Chart,
            "VERSION" | "VERSION.txt" | "version.txt" => Self::Plain,
            _ => return None,
        })
    }
}

impl Pattern {
    /// The compiled expression.
    ///
    /// # Errors
    /// It is no regular expression, or has no group named `version`; in words.
    pub fn compile(&self) -> Result<Regex, String> {
        let built = RegexBuilder::new(&self.text).multi_line(true).crlf(true).build();
        let regex = built.map_err(|error| error.to_string())?;
        if !regex.capture_names().flatten().any(|name| name == "version") {
            return Err(format!(
                "`{}` has no group named `version`: write `(?<version>…)` around the version",
                self.text
            ));
        }
        Ok(regex)
    }
}

impl VersionFile {
    /// A file whose name tells its kind.
    pub fn of_path(path: &str) -> Option<Self> {
        Some(Self {
            path: path.to_owned(),
            form: Form::of(Kind::of_path(path)?),
        })
    }

    /// The format, where it is a known one.
    pub fn kind(&self) -> Option<Kind> {
        match &self.form {
            Form::Known(kind) => Some(*kind),
            Form::Chart(_) => Some(Kind::Chart),
            Form::Pattern(_) => None,
        }
    }
}

impl Form {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Chart => Self::Chart(ChartKeys::default()),
            kind => Self::Known(kind),
        }
    }
}

/// A version file as it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "write a path, or { path = \"…\" } with `kind`, `keys`, `pattern` or `matches` beside it"
)]
enum Written {
    /// The path of a file whose name tells its kind.
    Path(String),
    /// The long form.
    Table(Table),
}

/// The long form of a version file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Table {
    /// Its path from the root of the repository.
    path: String,
    /// Its format; told by its name when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    /// Which keys of a Helm chart are set; `both` when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    keys: Option<ChartKeys>,
    /// A regular expression with a group named `version`, for a file of any other format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
    /// How many times the pattern has to match; 1 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    matches: Option<usize>,
}

impl TryFrom<Written> for VersionFile {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let table = match written {
            Written::Path(path) => Table {
                path,
                kind: None,
                keys: None,
                pattern: None,
                matches: None,
            },
            Written::Table(table) => table,
        };
        let path = relative(&table.path)?;
        let form = match (table.pattern, table.kind.or_else(|| Kind::of_path(&path))) {
            (Some(_), _) if table.kind.is_some() => {
                return Err(format!("{path}: say either its `kind` or a `pattern`"));
            }
            (Some(text), _) => {
                let matches = table.matches.unwrap_or(1);
                let pattern = Pattern { text, matches };
                pattern.compile().map_err(|why| format!("{path}: {why}"))?;
                if matches == 0 {
                    return Err(format!("{path}: a pattern has to match at least once"));
                }
                Form::Pattern(pattern)
            }
            (None, _) if table.matches.is_some() => {
                return Err(format!("{path}: `matches` goes with a `pattern`"));
            }
            (None, Some(Kind::Chart)) => Form::Chart(table.keys.unwrap_or_default()),
            (None, Some(kind)) => Form::Known(kind),
            (None, None) => {
                return Err(format!(
                    "`{path}` is no name that tells how the file says the version; add `kind = \"plain\"` (or another), or a \
                     `pattern` with a group named `version`"
                ));
            }
        };
        if table.keys.is_some() && !matches!(form, Form::Chart(_)) {
            return Err(format!("{path}: `keys` goes with a Helm chart"));
        }
        Ok(Self { path, form })
    }
}

/// A path that stays inside the repository, without `./` in front.
fn relative(path: &str) -> Result<String, String> {
    let bare = path.strip_prefix("./").unwrap_or(path);
    let inside = bare
        .split('/')
        .all(|part| !["", ".", ".."].contains(&part) && !part.contains(['\\', '\0']));
    if inside {
        Ok(bare.to_owned())
    } else {
        Err(format!(
            "`{path}` is no path of a file: write it from the root of the repository with `/` between folders, such as \
             `services/api/Cargo.toml`"
        ))
    }
}

impl From<VersionFile> for Written {
    fn from(file: VersionFile) -> Self {
        let told = Kind::of_path(&file.path);
        let mut table = Table {
            path: file.path,
            kind: None,
            keys: None,
            pattern: None,
            matches: None,
        };
        match file.form {
            Form::Known(kind) => table.kind = Some(kind).filter(|kind| told != Some(*kind)),
            Form::Chart(keys) => {
                table.kind = Some(Kind::Chart).filter(|kind| told != Some(*kind));
                table.keys = Some(keys).filter(|keys| *keys != ChartKeys::default());
            }
            Form::Pattern(pattern) => {
                table.pattern = Some(pattern.text);
                table.matches = Some(pattern.matches).filter(|matches| *matches != 1);
            }
        }
        if table.kind.is_none() && table.keys.is_none() && table.pattern.is_none() {
            Self::Path(table.path)
        } else {
            Self::Table(table)
        }
    }
}
