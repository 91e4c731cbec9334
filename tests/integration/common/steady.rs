//! What a run said, without what differs from run to run.

use std::path::Path;

use regex::Regex;

/// The text without a folder, whose length would tell where lines are broken: they are joined again.
pub fn placeless(text: &str, folder: &Path) -> String {
    let places = [folder.canonicalize().unwrap(), folder.to_owned()].map(|place| place.display().to_string());
    if !places.iter().any(|place| text.contains(place)) {
        return text.to_owned();
    }
    let joined = Regex::new("\\n  (│ |      )")
        .unwrap()
        .replace_all(text, " ")
        .into_owned();
    places.iter().fold(joined, |text, place| text.replace(place, ""))
}

/// The text with commits as `COMMIT`, times as `TIME` and the names of short commits as `SHORT`.
pub fn steady(text: &str) -> String {
    let mut text = text.to_owned();
    for (pattern, word) in [
        (r"\b[0-9a-f]{40}\b", "COMMIT"),
        (r"\b\d{4}-\d\d-\d\dT[0-9:.]+Z\b", "TIME"),
        (r"\b[0-9a-f]{7,12}\b", "SHORT"),
        (r"http://(127\.0\.0\.1|localhost):\d+", "http://github"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, word).into_owned();
    }
    text
}
