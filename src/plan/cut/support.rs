//! The support window: how many release lines are maintained, and what that means for an older one.

use std::collections::BTreeSet;
use std::ops::Bound;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::pull::{Label, Milestone};
use crate::model::refusal::Refusal;
use crate::model::step::{Action, PullAction, Step};
use crate::plan::tag::line::Line;

/// How a release line is kept up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Support {
    /// It is maintained.
    Maintained,
    /// It is maintained, and the next new line closes it.
    NextToClose,
    /// Nothing is released from it any more.
    Closed,
}

impl Support {
    /// Its word, for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Maintained => "maintained",
            Self::NextToClose => "next to close",
            Self::Closed => "closed",
        }
    }
}

/// The release lines of a component and how many of them are maintained.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    lines: BTreeSet<Line>,
    kept: Option<u32>,
}

impl Window {
    /// The lines that have a final version or a branch, and how many of them are maintained; all without a number.
    pub fn new(lines: impl IntoIterator<Item = Line>, kept: Option<u32>) -> Self {
        Self {
            lines: lines.into_iter().collect(),
            kept,
        }
    }

    /// The lines that are closed.
    pub fn closed(&self) -> impl Iterator<Item = Line> {
        let closed = self.lines.iter().copied();
        closed.filter(|line| self.of(*line) == Support::Closed)
    }

    /// How a line is kept up.
    pub fn of(&self, line: Line) -> Support {
        let newer = self.newer(line).count();
        match self.kept {
            Some(kept) if newer >= kept as usize => Support::Closed,
            Some(kept) if newer + 1 == kept as usize => Support::NextToClose,
            _ => Support::Maintained,
        }
    }

    /// The same in words, such as `1.2 is closed since 1.4; 1.3 and 1.4 are maintained`.
    pub fn words(&self, line: Line) -> String {
        let since = match (self.of(line), self.kept) {
            (Support::Closed, Some(kept)) => self.newer(line).nth(kept as usize - 1),
            (Support::NextToClose, _) => return format!("{line} is maintained until the next line is cut"),
            _ => None,
        };
        match since {
            Some(since) => format!("{line} is closed since {since}; {}", self.maintained()),
            None => format!("{line} is maintained"),
        }
    }

    /// Why nothing is released from a line any more; nothing while it is maintained.
    pub fn refusal(&self, line: Line) -> Option<Refusal> {
        let kept = self.kept.filter(|_| self.of(line) == Support::Closed)?;
        Some(Refusal::new(
            self.words(line),
            format!(
                "release from a line that is maintained, or raise `supported = {kept}` under `[cut]` on the default branch"
            ),
        ))
    }

    fn newer(&self, line: Line) -> impl Iterator<Item = &Line> {
        self.lines.range((Bound::Excluded(line), Bound::Unbounded))
    }

    fn maintained(&self) -> String {
        let kept = self.kept.map_or(usize::MAX, |kept| kept as usize);
        let mut lines: Vec<String> = self.lines.iter().rev().take(kept).map(Line::to_string).collect();
        lines.reverse();
        match lines.split_last() {
            Some((last, [])) => format!("{last} is maintained"),
            Some((last, before)) => format!("{} and {last} are maintained", before.join(", ")),
            None => String::new(),
        }
    }
}

/// How a line is known at the forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The line.
    pub line: Line,
    /// The label of pull requests that are to be picked onto its branch.
    pub label: String,
    /// The title of its milestone.
    pub milestone: String,
}

/// What is left to do so that the forge says of each closed line that it is closed.
pub fn closing_steps(window: &Window, known: &[Known], labels: &[Label], milestones: &[Milestone]) -> Vec<Step> {
    let mut steps = Vec::new();
    for one in known.iter().filter(|one| window.of(one.line) == Support::Closed) {
        let words = window.words(one.line);
        let description: String = words.chars().take(100).collect();
        let label = labels.iter().find(|label| label.name == one.label);
        if let Some(label) = label.filter(|label| label.description != description) {
            let label = Label {
                description,
                ..label.clone()
            };
            steps.push(step(PullAction::KeepLabel { label }, &words));
        }
        let milestone = milestones.iter().find(|milestone| milestone.title == one.milestone);
        if let Some(milestone) = milestone.filter(|milestone| milestone.open) {
            let milestone = Milestone {
                open: false,
                ..milestone.clone()
            };
            steps.push(step(PullAction::KeepMilestone { milestone }, &words));
        }
    }
    steps
}

fn step(action: PullAction, words: &str) -> Step {
    Step::new(Action::Pull(action), words)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn window(lines: &[&str], kept: u32) -> Window {
        Window::new(
            lines.iter().map(|line| line.parse().unwrap()),
            (kept > 0).then_some(kept),
        )
    }

    #[test]
    fn the_newest_lines_are_maintained() {
        let two = window(&["1.2", "1.3", "1.4"], 2);
        for (line, support, words) in [
            (
                "1.1",
                Support::Closed,
                "1.1 is closed since 1.3; 1.3 and 1.4 are maintained",
            ),
            (
                "1.2",
                Support::Closed,
                "1.2 is closed since 1.4; 1.3 and 1.4 are maintained",
            ),
            (
                "1.3",
                Support::NextToClose,
                "1.3 is maintained until the next line is cut",
            ),
            ("1.4", Support::Maintained, "1.4 is maintained"),
            ("1.5", Support::Maintained, "1.5 is maintained"),
        ] {
            let line: Line = line.parse().unwrap();
            assert_eq!((two.of(line), two.words(line).as_str()), (support, words));
            assert_eq!(two.refusal(line).is_some(), support == Support::Closed);
        }
        let one = window(&["1.9", "2.0"], 1);
        assert_eq!(
            one.words("1.9".parse().unwrap()),
            "1.9 is closed since 2.0; 2.0 is maintained"
        );
        assert_eq!(
            window(&["1.2", "1.3"], 0).of("0.1".parse().unwrap()),
            Support::Maintained
        );
    }

    #[test]
    fn a_closed_line_is_closed_at_the_forge_once() {
        let window = window(&["1.2", "1.3", "1.4"], 2);
        let known: Vec<Known> = ["1.2", "1.3"]
            .map(|line| Known {
                line: line.parse().unwrap(),
                label: format!("backport {line}"),
                milestone: line.to_owned(),
            })
            .into();
        let label = |line: &str, description: &str| Label {
            name: format!("backport {line}"),
            color: "0e8a16".to_owned(),
            description: description.to_owned(),
        };
        let milestone = |line: &str, open| Milestone {
            title: line.to_owned(),
            description: String::new(),
            open,
        };
        let before = [label("1.2", "to be picked"), label("1.3", "to be picked")];
        let steps = closing_steps(
            &window,
            &known,
            &before,
            &[milestone("1.2", true), milestone("1.3", true)],
        );
        let told: Vec<String> = steps.iter().map(|step| step.action.to_string()).collect();
        assert_eq!(told, ["keep the label `backport 1.2`", "close the milestone 1.2"]);
        let after = [label("1.2", "1.2 is closed since 1.4; 1.3 and 1.4 are maintained")];
        assert_eq!(closing_steps(&window, &known, &after, &[milestone("1.2", false)]), []);
    }
}
