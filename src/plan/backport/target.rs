//! Where to: the branches of release lines, as labels and people name them.

use crate::model::name::ComponentName;
use crate::model::refusal::Refusal;
use crate::plan::cut::names::backport_label;
use crate::plan::tag::line::{Line, template};

/// What stands before the name of a target in the label that says it is done.
const DONE: &str = "backported ";

/// A branch that is to get a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What it is called: its line, after the component where each has a branch of its own; else its branch.
    pub name: String,
    /// Its branch.
    pub branch: String,
    /// The labels that ask for it: one of each component whose branch it is.
    pub labels: Vec<String>,
}

impl Target {
    /// The label that says it is done.
    pub fn done(&self) -> String {
        format!("{DONE}{}", self.name)
    }

    /// The refusal where its branch is not there; `others` are the release branches that are. `asked` says that a label asks
    /// for it.
    pub fn missing(&self, others: &[String], asked: bool) -> Refusal {
        let mut ways = Vec::new();
        if !others.is_empty() {
            ways.push(format!("the release branches are {}", others.join(", ")));
        }
        match (self.labels.first(), self.name.rsplit_once(' ')) {
            (None, _) => ways.push("a line is given by its major and minor version, such as 1.4".to_owned()),
            (Some(_), Some((component, line))) => {
                ways.push(format!(
                    "cut this one with `tidegate cut {line} --component {component}`"
                ));
            }
            (Some(_), None) => ways.push(format!("cut this one with `tidegate cut {}`", self.name)),
        }
        if let Some(label) = self.labels.first().filter(|_| asked) {
            ways.push(format!("or take the label `{label}` away"));
        }
        Refusal::new(format!("there is no branch {}", self.branch), ways.join("; "))
    }

    /// The branch of a back-port; a second one of the same has another.
    pub fn head(&self, subject: &str, attempt: u32) -> String {
        let name = self.name.replace(' ', "-");
        match attempt {
            1 => format!("{}{name}", Self::heads(subject)),
            more => format!("{}{name}-{more}", Self::heads(subject)),
        }
    }

    /// How the branches of all back-ports of something begin.
    pub fn heads(subject: &str) -> String {
        format!("backport/{subject}-to-")
    }
}

/// How branches and labels are named.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The template of a release branch, where the configuration has one.
    pub branch: Option<&'a str>,
    /// The template of a label, where the configuration has one.
    pub label: Option<&'a str>,
    /// Every component.
    pub components: &'a [ComponentName],
    /// The only component that counts, where one was chosen.
    pub chosen: Option<&'a ComponentName>,
}

impl Names<'_> {
    /// The targets of a line: one, or one for each component where each has a branch of its own.
    ///
    /// # Errors
    /// What is wrong with a template.
    pub fn of_line(&self, line: Line) -> Result<Vec<Target>, String> {
        let many = self.components.len() > 1;
        let mut targets: Vec<(&ComponentName, Target)> = Vec::new();
        for component in self.components {
            let branch = line.branch(template(self.branch, many), component.as_str())?;
            let label = backport_label(self.label, line, component, many)?;
            match targets.iter_mut().find(|(_, known)| known.branch == branch) {
                Some((_, known)) => known.labels.push(label),
                None => targets.push((
                    component,
                    Target {
                        name: line.to_string(),
                        branch,
                        labels: vec![label],
                    },
                )),
            }
        }
        if targets.len() > 1 {
            for (component, target) in &mut targets {
                target.name = format!("{component} {line}");
            }
            targets.retain(|(component, _)| self.chosen.is_none_or(|chosen| chosen == *component));
        }
        Ok(targets.into_iter().map(|(_, target)| target).collect())
    }

    /// The targets that a label asks for.
    ///
    /// # Errors
    /// What is wrong with a template.
    pub fn asked(&self, label: &str) -> Result<Vec<Target>, String> {
        self.within(label, |target| target.labels.iter().any(|asks| asks == label))
    }

    /// The targets that a label says are done.
    ///
    /// # Errors
    /// What is wrong with a template.
    pub fn done(&self, label: &str) -> Result<Vec<Target>, String> {
        match label.starts_with(DONE) {
            true => self.within(label, |target| target.done() == label),
            false => Ok(Vec::new()),
        }
    }

    /// The targets that somebody names: a line, the branch of one, or another branch.
    ///
    /// # Errors
    /// What is wrong with a template.
    pub fn named(&self, text: &str) -> Result<Vec<Target>, String> {
        if let Ok(line) = text.parse() {
            return self.of_line(line);
        }
        let of_line = self.within(text, |target| target.branch == text)?;
        let other = || Target {
            name: text.to_owned(),
            branch: text.to_owned(),
            labels: Vec::new(),
        };
        Ok(vec![of_line.into_iter().next().unwrap_or_else(other)])
    }

    fn within(&self, name: &str, is_meant: impl Fn(&Target) -> bool) -> Result<Vec<Target>, String> {
        let mut found = Vec::new();
        for line in Line::within(name) {
            found.extend(self.of_line(line)?.into_iter().filter(&is_meant));
        }
        Ok(found)
    }
}
