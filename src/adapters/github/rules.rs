//! The rules that GitHub has for tags (<https://docs.github.com/en/rest/repos/rules>).

use serde::Deserialize;

use super::{GitHub, PAGE};
use crate::error::Result;
use crate::model::forge::{Ruleset, TagRule};

#[derive(Deserialize)]
struct Listed {
    id: u64,
    enforcement: String,
}

#[derive(Deserialize)]
struct Record {
    name: String,
    current_user_can_bypass: Option<String>,
    #[serde(rename = "_links", default)]
    links: Links,
    #[serde(default)]
    conditions: Option<Conditions>,
    #[serde(default)]
    rules: Vec<Rule>,
}

#[derive(Default, Deserialize)]
struct Links {
    html: Option<Link>,
}

#[derive(Deserialize)]
struct Link {
    href: String,
}

#[derive(Default, Deserialize)]
struct Conditions {
    #[serde(default)]
    ref_name: Patterns,
}

#[derive(Default, Deserialize)]
struct Patterns {
    #[serde(default)]
    include: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

#[derive(Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: String,
    parameters: Option<Parameters>,
}

#[derive(Deserialize)]
struct Parameters {
    #[serde(default)]
    operator: String,
    #[serde(default)]
    pattern: String,
    #[serde(default)]
    negate: bool,
}

/// Those that are in force and that the token's owner cannot pass by. Plans and servers without rules have none.
pub(super) async fn of_tags(github: &GitHub) -> Result<Vec<Ruleset>> {
    let operation = "reading the rules for tags";
    let mut found = Vec::new();
    for page in 1.. {
        let rest = format!("rulesets?includes_parents=true&targets=tag&per_page={PAGE}&page={page}");
        let listed: Vec<Listed> = github.look(operation, &rest).await?.unwrap_or_default();
        let last = listed.len() < PAGE;
        for ruleset in listed.into_iter().filter(|listed| listed.enforcement == "active") {
            let rest = format!("rulesets/{}?includes_parents=true", ruleset.id);
            let record: Option<Record> = github.look(operation, &rest).await?;
            found.extend(record.filter(|record| !record.passes()).map(Record::ruleset));
        }
        if last {
            break;
        }
    }
    Ok(found)
}

impl Record {
    /// A server that does not tell refuses the tag itself.
    fn passes(&self) -> bool {
        matches!(
            self.current_user_can_bypass.as_deref(),
            None | Some("always" | "exempt")
        )
    }

    fn ruleset(self) -> Ruleset {
        let conditions = self.conditions.unwrap_or_default();
        Ruleset {
            name: self.name,
            url: self.links.html.map(|link| link.href),
            include: conditions.ref_name.include,
            exclude: conditions.ref_name.exclude,
            rules: self.rules.into_iter().filter_map(Rule::of_tag).collect(),
        }
    }
}

impl Rule {
    fn of_tag(self) -> Option<TagRule> {
        match (self.kind.as_str(), self.parameters) {
            ("creation", _) => Some(TagRule::Creation),
            ("update", _) => Some(TagRule::Update),
            ("tag_name_pattern", Some(parameters)) => Some(TagRule::Name {
                operator: parameters.operator,
                pattern: parameters.pattern,
                negate: parameters.negate,
            }),
            _ => None,
        }
    }
}
