//! The names that belong to a release line beside its branch: what `cut` makes and other commands find again.

use crate::model::name::ComponentName;
use crate::plan::tag::line::Line;
use crate::templates;

/// The template of the label for pull requests that are to be picked onto a line, where the configuration has none.
pub const BACKPORT_LABEL: &str = "backport {{{major}}}.{{{minor}}}";

/// The same where there are many components.
const BACKPORT_LABEL_OF_MANY: &str = "backport {{{component}}} {{{major}}}.{{{minor}}}";

/// The label of pull requests that are to be picked onto a line, such as `backport 1.4`. `many` says whether the repository
/// has more than this component.
///
/// # Errors
/// What is wrong with the template.
pub fn backport_label(
    template: Option<&str>,
    line: Line,
    component: &ComponentName,
    many: bool,
) -> Result<String, String> {
    let usual = if many { BACKPORT_LABEL_OF_MANY } else { BACKPORT_LABEL };
    let values = serde_json::json!({ "major": line.major, "minor": line.minor, "component": component });
    templates::fill(template.unwrap_or(usual), &values).map_err(|error| error.to_string())?
}

/// The milestone of a line's first version, such as `1.4.0`, or `api 1.4.0` where there are many components.
pub fn milestone(line: Line, component: &ComponentName, many: bool) -> String {
    match many {
        true => format!("{component} {}", line.first()),
        false => line.first().to_string(),
    }
}

/// The branch that holds the proposal to raise a branch to the versions of a line, such as `tidegate/main-1.5`.
pub fn raising(base: &str, line: Line, component: &ComponentName, many: bool) -> String {
    match many {
        true => format!("tidegate/{base}-{component}-{line}"),
        false => format!("tidegate/{base}-{line}"),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_component_where_there_are_many() {
        let line: Line = "1.4".parse().unwrap();
        let api: ComponentName = "api".parse().unwrap();
        assert_eq!(backport_label(None, line, &api, false).unwrap(), "backport 1.4");
        assert_eq!(backport_label(None, line, &api, true).unwrap(), "backport api 1.4");
        let own = Some("to {{{component}}}-{{{minor}}}");
        assert_eq!(backport_label(own, line, &api, false).unwrap(), "to api-4");
        assert!(backport_label(Some("{{{patch}}}"), line, &api, false).is_err());
        assert_eq!(
            (milestone(line, &api, false), milestone(line, &api, true)),
            ("1.4.0".to_owned(), "api 1.4.0".to_owned())
        );
        assert_eq!(raising("main", line, &api, true), "tidegate/main-api-1.4");
    }
}
