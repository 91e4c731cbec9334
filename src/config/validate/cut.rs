//! Release branches: what is asked for is possible, and the template of labels can be filled in.

use super::Checker;
use crate::config::document::Path;
use crate::plan::cut::names::backport_label;
use crate::plan::tag::line::Line;

/// A line to fill the template in with.
const ANY: Line = Line { major: 1, minor: 4 };

/// How many times of a schedule there are at most between two trains: a year of days.
const MOST: u32 = 366;

impl Checker<'_> {
    pub(super) fn cut(&mut self) {
        let (file, cut) = (self.file, &self.file.cut);
        if cut.checks.as_ref().is_some_and(|checks| checks.require.is_empty()) {
            let help = "name the checks, or take `checks` out";
            let path = Path::of(&["cut", "checks", "require"]);
            self.find(&path, "no check is asked for".to_owned(), help, "names nothing");
        }
        let named = file.component.keys().next().cloned();
        if let (Some(label), Some(component)) = (&file.backport.label, named.or_else(|| "app".parse().ok()))
            && let Err(cause) = backport_label(Some(label), ANY, &component, true)
        {
            let help = "it may use {{{major}}}, {{{minor}}} and {{{component}}}";
            let message = format!("the template cannot be filled in: {cause}");
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
