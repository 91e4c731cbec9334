//! Headings of versions, as people write them.

use jiff::civil::Date;

use super::document::Kind;
use crate::model::version::Version;

/// How a heading of a version is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Style {
    level: usize,
    lead: String,
    bracket: bool,
    inline: bool,
    date: DateStyle,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum DateStyle {
    None,
    After(String),
    Parentheses,
}

impl Style {
    /// The style of Keep a Changelog; in brackets when the version is a link.
    pub(super) fn new(bracket: bool) -> Self {
        Self {
            level: 2,
            lead: String::new(),
            bracket,
            inline: false,
            date: DateStyle::After("-".to_owned()),
        }
    }

    /// The level of the heading.
    pub(super) fn level(&self) -> usize {
        self.level
    }

    /// The label of its link's definition at the end of the file.
    pub(super) fn label(&self, version: &Version) -> Option<String> {
        (self.bracket && !self.inline).then(|| format!("{}{version}", self.lead))
    }

    /// A heading in this style.
    pub(super) fn write(&self, version: &Version, date: Date, url: Option<&str>) -> String {
        // A heading below the second level would stand among the sections of the notes.
        let marks = "#".repeat(self.level.min(2));
        let lead = &self.lead;
        let name = match url.filter(|_| self.inline) {
            Some(url) => format!("[{lead}{version}]({url})"),
            None if self.bracket && !self.inline => format!("[{lead}{version}]"),
            None => format!("{lead}{version}"),
        };
        match &self.date {
            DateStyle::None => format!("{marks} {name}"),
            DateStyle::After(sign) => format!("{marks} {name} {sign} {date}"),
            DateStyle::Parentheses => format!("{marks} {name} ({date})"),
        }
    }
}

/// Reads a line as a heading with its level (CommonMark 0.31.2, 4.2). A version is one up to the third level: some tools
/// write patches there.
pub(super) fn read(line: &str, prefix: &str) -> Option<(usize, Kind)> {
    let text = line.trim_end();
    let indented = text.len() - text.trim_start_matches(' ').len();
    let text = text.trim_start_matches(' ');
    let level = text.bytes().take_while(|byte| *byte == b'#').count();
    let rest = text.get(level..)?;
    if indented > 3 || !(1..=6).contains(&level) || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let kind = match level {
        1..=3 => named(rest.trim(), prefix, level),
        _ => None,
    };
    Some((level, kind.unwrap_or(Kind::Heading(level))))
}

/// What a heading names, when it is a version or what comes next.
fn named(title: &str, prefix: &str, level: usize) -> Option<Kind> {
    let (label, after, bracket, inline) = match title.strip_prefix('[') {
        Some(inner) => {
            let (label, after) = inner.split_once(']')?;
            match after.strip_prefix('(').and_then(|link| link.split_once(')')) {
                Some((_, after)) => (label, after, true, true),
                None => (label, after, true, false),
            }
        }
        None => {
            let (label, after) = title.split_once(char::is_whitespace).unwrap_or((title, ""));
            (label, after, false, false)
        }
    };
    let after = after.trim();
    if label.eq_ignore_ascii_case("unreleased") {
        return Some(Kind::Unreleased { bracket, level });
    }
    let (lead, version) = version(label, prefix)?;
    let sign = after.split(char::is_whitespace).next().unwrap_or_default();
    let date = match after.chars().next() {
        None | Some('[') => DateStyle::None,
        Some('(') => DateStyle::Parentheses,
        Some('-' | '–' | '—' | '/' | '|' | ':') if !sign.bytes().any(|byte| byte.is_ascii_alphanumeric()) => {
            DateStyle::After(sign.to_owned())
        }
        Some(first) if first.is_ascii_digit() || bracket => DateStyle::None,
        _ => return None,
    };
    let lead = lead.to_owned();
    let style = Style {
        level,
        lead,
        bracket,
        inline,
        date,
    };
    Some(Kind::Version(version, style))
}

/// A version with what stands before it: nothing, the prefix of the component's tags, or `v`.
pub(super) fn version<'a>(label: &'a str, prefix: &str) -> Option<(&'a str, Version)> {
    let label = label.trim();
    let leads = [0, prefix.len(), 1];
    let allowed = |lead: &str| lead.is_empty() || lead == prefix || lead == "v" || lead == "V";
    leads.into_iter().find_map(|length| {
        let (lead, rest) = label.split_at_checked(length)?;
        let version = rest.parse().ok().filter(|_| allowed(lead))?;
        Some((lead, version))
    })
}
