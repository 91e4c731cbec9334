//! temp
#![allow(missing_docs)]
use super::scenario::Scenario;
use super::settings::Settings;
use crate::cli::Global;
use crate::error::{Error, Result};
use std::path::{Path, PathBuf};
pub const FILE_NAME: &str = "tidegate.toml";
pub struct Overrides {
    pub remote: Option<String>,
    pub ledger_branch: Option<String>,
    pub checks_file: Option<PathBuf>,
}
impl Overrides {
    pub fn of(g: &Global) -> Self {
        Self {
            remote: g.remote.clone(),
            ledger_branch: g.ledger.clone(),
            checks_file: g.checks.clone(),
        }
    }
}
pub fn find(start: &Path) -> Result<PathBuf> {
    start
        .ancestors()
        .map(|f| f.join(FILE_NAME))
        .find(|f| f.is_file())
        .ok_or_else(|| Error::usage("no tidegate.toml", "run `tidegate init`"))
}
fn expand(text: &str, env: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(i) = rest.find("${") {
        out.push_str(&rest[..i]);
        let end = rest[i..].find('}').unwrap() + i;
        let inner = &rest[i + 2..end];
        let (n, d) = inner.split_once(":-").unwrap_or((inner, ""));
        out.push_str(&env(n).unwrap_or(d.to_owned()));
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}
pub fn load(
    text: &str,
    source: &str,
    root: &Path,
    o: &Overrides,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Settings> {
    let mut file: super::schema::File =
        toml::from_str(&expand(text, env)).map_err(|e| Error::usage(format!("{source}: {e}"), "fix it"))?;
    if file.component.is_empty() {
        file.component.insert("app".parse()?, Default::default());
    }
    let ladder =
        crate::model::ladder::Ladder::new(&file.environment).map_err(|c| Error::usage(format!("cycle {c:?}"), "x"))?;
    Ok(Settings {
        ladder,
        root: root.to_owned(),
        source: source.to_owned(),
        remote: o
            .remote
            .clone()
            .or(file.ledger.remote.clone())
            .unwrap_or("origin".into()),
        ledger_branch: o
            .ledger_branch
            .clone()
            .or(file.ledger.branch.clone())
            .unwrap_or("tidegate/ledger".into()),
        checks_file: root.join(
            o.checks_file
                .clone()
                .or(file.checks.file.clone())
                .unwrap_or(".tidegate/checks.json".into()),
        ),
        file,
    })
}
pub fn read(file: &Path, o: &Overrides) -> Result<Settings> {
    let text = std::fs::read_to_string(file).map_err(|e| Error::file("reading", file, &e))?;
    load(
        &text,
        &file.display().to_string(),
        file.parent().unwrap(),
        o,
        &crate::env_vars::text,
    )
}
pub fn read_scenario(project: &Path, _s: &Settings) -> Result<Option<Scenario>> {
    let f = project.join("rehearsal.toml");
    if !f.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&f).map_err(|e| Error::file("reading", &f, &e))?;
    Ok(Some(
        toml::from_str(&text).map_err(|e| Error::usage(e.to_string(), "x"))?,
    ))
}
