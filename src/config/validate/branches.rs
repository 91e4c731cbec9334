//! The names of release branches and hotfixes: each tells what it is for, and none is in the way of another branch.

use std::fmt;

use super::Checker;
use crate::config::document::Path;
use crate::config::settings::tag_prefix;
use crate::model::branch_name::{collide, is_branch_name};
use crate::model::version::Version;
use crate::plan::hotfix;
use crate::plan::tag::line::{self, Line};

/// Numbers that names are tried with: what runs together in a name, as 1 and 14 or 11 and 4, is told apart by others of them.
const TRIED: [(u64, u64, u64); 7] = [
    (1, 4, 1),
    (1, 4, 2),
    (1, 5, 1),
    (2, 4, 1),
    (11, 4, 1),
    (1, 14, 1),
    (1, 4, 11),
];

/// The folder of tidegate's own branches: the ledger and proposals.
const OWN: &str = "tidegate";

/// What a branch is for.
#[derive(Clone, Debug, PartialEq)]
enum Purpose {
    Line(Line),
    Hotfix(Version),
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "the line {line}"),
            Self::Hotfix(version) => write!(f, "hotfix {version}"),
        }
    }
}

/// One of the two templates.
struct Kind<'a> {
    table: &'static str,
    own: Option<&'a str>,
    template: &'a str,
}

impl Kind<'_> {
    fn purposes(&self) -> Vec<Purpose> {
        let purpose = |(major, minor, patch)| match self.table {
            "cut" => Purpose::Line(Line { major, minor }),
            _ => Purpose::Hotfix(Version::new(major, minor, patch)),
        };
        let mut purposes: Vec<Purpose> = Vec::new();
        for found in TRIED.map(purpose) {
            if !purposes.contains(&found) {
                purposes.push(found);
            }
        }
        purposes
    }

    fn name(&self, purpose: &Purpose, component: &str) -> Result<String, String> {
        let filled = match purpose {
            Purpose::Line(line) => line.branch(self.template, component),
            Purpose::Hotfix(version) => hotfix::branch_name(self.template, version, component),
        };
        filled.map_err(|cause| format!("the template cannot be filled in: {cause}"))
    }

    fn tells(&self, name: &str, purpose: &Purpose, component: &str) -> bool {
        match purpose {
            Purpose::Line(line) => Line::of_branch(self.template, name, component) == Some(*line),
            Purpose::Hotfix(version) => hotfix::of_branch(self.template, name, component).as_ref() == Some(version),
        }
    }

    fn help(&self, many: bool) -> String {
        let needs = match self.table {
            "cut" => "{{{major}}} and, after it, {{{minor}}}",
            _ => "{{{version}}}",
        };
        let component = match many {
            true => ", and {{{component}}}, as there are many of them",
            false => "",
        };
        let usual = match self.table {
            "cut" => line::template(None, many),
            _ => hotfix::template(None, many),
        };
        format!("it needs {needs}{component}: `{usual}`")
    }
}

/// A name that was tried, and what it is for, in words.
type Tried = (String, String);

impl Checker<'_> {
    pub(super) fn branches(&mut self) {
        let file = self.file;
        let many = file.component.len() > 1;
        let (cut, hotfix) = (file.cut.branch.as_deref(), file.hotfix.branch.as_deref());
        let mut kinds = [
            Kind {
                table: "cut",
                own: cut,
                template: line::template(cut, many),
            },
            Kind {
                table: "hotfix",
                own: hotfix,
                template: hotfix::template(hotfix, many),
            },
        ];
        if kinds.iter().all(|kind| kind.own.is_none()) {
            return;
        }
        // What was written is judged beside what is usual.
        kinds.sort_by_key(|kind| kind.own.is_some());
        let mut tried = Vec::new();
        for kind in &kinds {
            if let Err(message) = self.try_names(kind, &mut tried) {
                let path = Path::of(&[kind.table, "branch"]);
                self.find(&path, message, kind.help(many), "here");
                return;
            }
        }
    }

    /// What the tags of a component begin with.
    fn tag_prefix(&self, component: &str) -> String {
        let many = self.file.component.len() > 1;
        let mut all = self.file.component.iter();
        let own = all.find(|(name, _)| name.as_str() == component);
        let given = own.and_then(|(_, settings)| settings.tag_prefix.as_deref());
        tag_prefix(given, component, many)
    }

    fn try_names(&self, kind: &Kind<'_>, tried: &mut Vec<Tried>) -> Result<(), String> {
        let mut names: Vec<&str> = self.file.component.keys().map(|name| name.as_str()).collect();
        if names.is_empty() {
            names.push("app");
        }
        let many = names.len() > 1;
        let default = self.file.workflow.branch.as_deref().unwrap_or("main");
        let ledger = self.file.ledger.branch.as_deref().unwrap_or(OWN);
        let taken = [
            (OWN, "tidegate's own branches"),
            (ledger, "the ledger"),
            (default, "the default branch"),
        ];
        for component in names {
            for purpose in kind.purposes() {
                let name = kind.name(&purpose, component)?;
                let words = if many {
                    format!("{purpose} of {component}")
                } else {
                    purpose.to_string()
                };
                if !is_branch_name(&name) {
                    return Err(format!("git allows no branch `{name}`, which is for {words}"));
                }
                if let Some((branch, whose)) = taken.iter().find(|(branch, _)| collide(branch, &name)) {
                    return Err(format!("`{name}` would be in the way of {whose}, `{branch}`"));
                }
                if let Purpose::Hotfix(version) = &purpose
                    && name == version.tag(&self.tag_prefix(component))
                {
                    return Err(format!("`{name}` would be the name of the release's tag as well"));
                }
                if let Some((other, its)) = tried.iter().find(|(other, _)| collide(other, &name)) {
                    return Err(match *other == name {
                        true => format!("`{name}` would be for {its} and for {words}"),
                        false => format!("`{name}` and `{other}` cannot both be branches"),
                    });
                }
                if !kind.tells(&name, &purpose, component) {
                    return Err(format!("`{name}` does not tell that it is for {words}"));
                }
                tried.push((name, words));
            }
        }
        Ok(())
    }
}
