//! Floating tags: `v1` and `v1.4` lead to the newest stable version that they stand for, and never back.

use super::Facts;
use crate::model::version::{Floating, Version};

/// The floating tags that have to lead to the commit of this version: none for a prerelease, and none that a higher
/// version, anywhere, has a claim to.
pub fn floating(facts: &Facts<'_>, version: &Version, wanted: &[Floating]) -> Vec<String> {
    if version.is_prerelease() {
        return Vec::new();
    }
    let stable = || {
        facts
            .tags
            .known
            .iter()
            .map(|tag| &tag.version)
            .filter(|known| !known.is_prerelease())
    };
    let newest = |floating: &&Floating| {
        let same = |known: &Version| match floating {
            Floating::Major => known.0.major == version.0.major,
            Floating::Minor => (known.0.major, known.0.minor) == (version.0.major, version.0.minor),
        };
        !stable().any(|known| same(known) && known.0.cmp_precedence(&version.0).is_gt())
    };
    let name = |floating: &Floating| match floating {
        Floating::Major => format!("{}{}", facts.prefix, version.0.major),
        Floating::Minor => format!("{}{}.{}", facts.prefix, version.0.major, version.0.minor),
    };
    wanted.iter().filter(newest).map(name).collect()
}

/// Whether a tag with the component's prefix has the form of a floating one: `v1`, `v1.4`.
pub fn is_floating(prefix: &str, name: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    let numbers: Option<Vec<&str>> = name.strip_prefix(prefix).map(|rest| rest.split('.').collect());
    numbers.is_some_and(|numbers| numbers.len() <= 2 && numbers.into_iter().all(number))
}
