//! Whether the forge's rules let a tag be made, before one is.

use globset::GlobBuilder;

use crate::model::forge::{Ruleset, TagRule};
use crate::model::refusal::Refusal;

/// What forbids a tag: to be created, or to be moved where it is there already.
pub fn forbidden(rulesets: &[Ruleset], tag: &str, is_there: bool) -> Option<Refusal> {
    rulesets
        .iter()
        .filter(|ruleset| concerns(ruleset, tag))
        .find_map(|ruleset| {
            let broken = ruleset.rules.iter().find_map(|rule| breaks(rule, tag, is_there))?;
            let page = ruleset.url.as_ref().map(|url| format!(": {url}")).unwrap_or_default();
            Some(Refusal::new(
                format!(
                    "the ruleset `{}` on GitHub lets nobody with this token {broken}",
                    ruleset.name
                ),
                format!("let an owner of the repository add who releases to those who may bypass it{page}"),
            ))
        })
}

fn concerns(ruleset: &Ruleset, tag: &str) -> bool {
    let full = format!("refs/tags/{tag}");
    let fits = |pattern: &String| {
        // fnmatch(3) with FNM_PATHNAME, as GitHub says: `*` stays within a name.
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        pattern == "~ALL" || glob.is_ok_and(|glob| glob.compile_matcher().is_match(&full))
    };
    ruleset.include.iter().any(fits) && !ruleset.exclude.iter().any(fits)
}

/// What the rule forbids, in words. A pattern that cannot be read forbids nothing here: the forge itself will say so.
fn breaks(rule: &TagRule, tag: &str, is_there: bool) -> Option<String> {
    match rule {
        TagRule::Creation => (!is_there).then(|| format!("create {tag}")),
        TagRule::Update => is_there.then(|| format!("move {tag}")),
        TagRule::Name {
            operator,
            pattern,
            negate,
        } => {
            let fits = match operator.as_str() {
                "starts_with" => tag.starts_with(pattern),
                "ends_with" => tag.ends_with(pattern),
                "contains" => tag.contains(pattern),
                "regex" => regex::Regex::new(pattern).ok()?.is_match(tag),
                _ => return None,
            };
            let how = match operator.as_str() {
                "regex" => "fits".to_owned(),
                words => words.replace('_', " "),
            };
            let allowed = if *negate { "no name that" } else { "only a name that" };
            (fits == *negate).then(|| format!("name a tag {tag}: it allows {allowed} {how} `{pattern}`"))
        }
    }
}
