//! Release branches: what is asked for is possible, and labels tell the line that they are for.

use std::collections::BTreeMap;

use super::Checker;
use crate::config::document::Path;
use crate::model::name::ComponentName;
use crate::plan::cut::names::backport_label;
use crate::plan::tag::line::Line;

/// Lines that labels are tried with: 1 and 14 must not read as 11 and 4.
const LINES: [Line; 5] = [
    Line { major: 1, minor: 4 },
    Line { major: 1, minor: 5 },
    Line { major: 2, minor: 4 },
    Line { major: 11, minor: 4 },
    Line { major: 1, minor: 14 },
];

/// How many times of a schedule there are at most between two trains: a year of days.
const MOST: u32 = 366;

impl Checker<'_> {
    /// Whether the labels of lines tell which is meant.
    fn labels(&self, template: &str) -> Result<(), String> {
        let mut names: Vec<ComponentName> = self.file.component.keys().cloned().collect();
        if names.is_empty() {
            names.extend("app".parse());
        }
        let mut seen = BTreeMap::new();
        for (component, line) in names.iter().flat_map(|name| LINES.map(|line| (name, line))) {
            let label = backport_label(Some(template), line, component, true)
                .map_err(|cause| format!("the template cannot be filled in: {cause}"))?;
            let words = match names.len() {
                1 => format!("the line {line}"),
                _ => format!("the line {line} of {component}"),
            };
            if let Some(other) = seen.insert(label.clone(), words.clone()) {
                return Err(format!("`{label}` would be the label of {other} and of {words}"));
            }
        }
        Ok(())
    }

    pub(super) fn cut(&mut self) {
        let (file, cut) = (self.file, &self.file.cut);
        if cut.checks.as_ref().is_some_and(|checks| checks.require.is_empty()) {
            let help = "name the checks, or take `checks` out";
            let path = Path::of(&["cut", "checks", "require"]);
            self.find(&path, "no check is asked for".to_owned(), help, "names nothing");
        }
        if let Some(Err(message)) = file.backport.label.as_ref().map(|label| self.labels(label)) {
            let help = match file.component.len() {
                0 | 1 => "it needs {{{major}}} and {{{minor}}}: `backport {{{major}}}.{{{minor}}}`",
                _ => {
                    "it needs {{{component}}}, {{{major}}} and {{{minor}}}: `backport {{{component}}} {{{major}}}.{{{minor}}}`"
                }
            };
            self.find(&Path::of(&["backport", "label"]), message, help, "here");
        }
        if cut.supported == Some(0) {
            let help = "say how many lines are maintained, or take it out: then all are";
            let path = Path::of(&["cut", "supported"]);
            self.find(&path, "no release line is maintained".to_owned(), help, "none");
        }
        if cut.pause_label.as_ref().is_some_and(|label| label.trim().is_empty()) {
            let help = "name a label, such as `cut`, or take it out";
            self.find(
                &Path::of(&["cut", "pause-label"]),
                "no label has an empty name".to_owned(),
                help,
                "empty",
            );
        }
        if let Some(train) = cut.train.as_ref().filter(|train| !(1..=MOST).contains(&train.every)) {
            let message = match train.every {
                0 => "every no time is no train".to_owned(),
                every => format!("a train at every {every}th time is none to wait for"),
            };
            let help = format!("write 1 for every time, 2 for every second one, {MOST} at most");
            let path = Path::of(&["cut", "train", "every"]);
            self.find(&path, message, help, "here");
        }
        if cut
            .train
            .as_ref()
            .is_some_and(|train| train.cron.never_from(train.since))
        {
            let help = "name a day that there is";
            let path = Path::of(&["cut", "train", "cron"]);
            self.find(&path, "no train ever leaves at this time".to_owned(), help, "never");
        }
    }
}
