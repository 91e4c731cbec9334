//! Release branches: what is asked for is possible, and the templates can be filled in.

use super::Checker;
use crate::config::document::Path;
use crate::model::version::Version;
use crate::plan::cut::names::backport_label;
use crate::plan::hotfix::branch_name;
use crate::plan::tag::line::Line;

/// A line to fill templates in with.
const ANY: Line = Line { major: 1, minor: 4 };

/// The branch of a hotfix by a template, which must tell one version from another.
fn hotfix_branch(template: &str, component: &str) -> Result<(), String> {
    let name = |patch| branch_name(template, &Version::new(1, 4, patch), component);
    match (name(1), name(2)) {
        (Err(cause), _) | (_, Err(cause)) => Err(format!("the template cannot be filled in: {cause}")),
        (Ok(one), Ok(other)) if one == other => Err(format!("every hotfix would be made on `{one}`")),
        _ => Ok(()),
    }
}

impl Checker<'_> {
    pub(super) fn cut(&mut self) {
        let (file, cut) = (self.file, &self.file.cut);
        if cut.checks.as_ref().is_some_and(|checks| checks.require.is_empty()) {
            let help = "name the checks, or take `checks` out";
            let path = Path::of(&["cut", "checks", "require"]);
            self.find(&path, "no check is asked for".to_owned(), help, "names nothing");
        }
        let (branch, label) = (cut.branch.as_deref(), file.backport.label.as_deref());
        let named = file.component.keys().next().cloned();
        if let Some(component) = named.or_else(|| "app".parse().ok()) {
            let filled = branch.map(|template| ANY.branch(template, component.as_str()));
            self.template(&Path::of(&["cut", "branch"]), filled);
            let filled = label.map(|template| backport_label(Some(template), ANY, &component, true));
            self.template(&Path::of(&["backport", "label"]), filled);
            let own = file.hotfix.branch.as_deref();
            let filled = own.map(|template| hotfix_branch(template, component.as_str()));
            if let Some(Err(cause)) = filled {
                let help = "it needs {{{version}}}, and may use {{{component}}}: `hotfix/{{{version}}}`";
                self.find(&Path::of(&["hotfix", "branch"]), cause, help, "here");
            }
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
        if cut.train.as_ref().is_some_and(|train| train.every == 0) {
            let help = "write 1 for every time, 2 for every second one";
            let path = Path::of(&["cut", "train", "every"]);
            self.find(&path, "every no time is no train".to_owned(), help, "here");
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

    fn template(&mut self, path: &Path, filled: Option<Result<String, String>>) {
        if let Some(Err(cause)) = filled {
            let help = "it may use {{{major}}}, {{{minor}}} and {{{component}}}";
            self.find(path, format!("the template cannot be filled in: {cause}"), help, "here");
        }
    }
}
