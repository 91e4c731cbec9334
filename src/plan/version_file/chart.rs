//! `Chart.yaml`: `version` and `appVersion` at the top of the first document.

use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::place::{Place, Trouble};
use crate::model::version_file::ChartKeys;

/// The places of the chosen keys, `version` first.
pub(super) fn places(text: &str, keys: ChartKeys) -> Result<Vec<Place>, Trouble> {
    let found = top(text, &["version", "appVersion"])?;
    let [version, app] = found.as_slice() else {
        return Ok(Vec::new());
    };
    let wanted = match keys {
        ChartKeys::Both => vec![("version", version, true), ("appVersion", app, false)],
        ChartKeys::Version => vec![("version", version, true)],
        ChartKeys::AppVersion => vec![("appVersion", app, true)],
    };
    let mut places = Vec::new();
    for (key, place, needed) in wanted {
        match place {
            Some(span) => places.push(Place::after_v(text, span.clone())),
            None if needed => {
                return Err(Trouble::new(
                    format!("it has no `{key}` at the top"),
                    format!("add `{key}: \"0.0.0\"`, or choose other `keys`"),
                ));
            }
            None => {}
        }
    }
    Ok(places)
}

/// Where the values of these keys stand, without their quotes.
fn top(text: &str, keys: &[&str]) -> Result<Vec<Option<Range<usize>>>, Trouble> {
    let mut found: Vec<Option<Range<usize>>> = vec![None; keys.len()];
    let mut depth = 0_usize;
    // The key whose value comes next; the outer option is empty where a key comes next.
    let mut key: Option<Option<usize>> = None;
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|error| Trouble::broken("YAML", error.info(), Some(error.marker().line())))?;
        let opens = matches!(event, Event::SequenceStart(..) | Event::MappingStart(..));
        let closes = matches!(event, Event::SequenceEnd | Event::MappingEnd);
        let node = opens || matches!(event, Event::Scalar(..) | Event::Alias(..));
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        if depth == 0 && node && !matches!(event, Event::MappingStart(..)) {
            return Err(Trouble::broken("Helm chart", "there are no keys at the top", Some(1)));
        }
        if depth == 1 && node {
            match key {
                Some(Some(index)) => {
                    let name = keys.get(index).copied().unwrap_or_default();
                    let place = value(text, name, &event, span)?;
                    let slot = found.get_mut(index).filter(|slot| slot.is_none());
                    *slot.ok_or_else(|| twice(text, name, span))? = Some(place);
                    key = None;
                }
                Some(None) => key = None,
                None => {
                    let name = if let Event::Scalar(name, ..) = &event { name } else { "" };
                    key = Some(keys.iter().position(|key| *key == name));
                }
            }
        }
        depth = (depth + usize::from(opens)).saturating_sub(usize::from(closes));
    }
    Ok(found)
}

fn twice(text: &str, key: &str, span: Span) -> Trouble {
    let offset = span.byte_range().unwrap_or_default().start;
    Trouble::new(format!("`{key}` stands there twice"), "remove one of the two").at(text, offset)
}

/// The bytes of a value that stands on one line.
fn value(text: &str, key: &str, event: &Event<'_>, span: Span) -> Result<Range<usize>, Trouble> {
    let range = span.byte_range().unwrap_or_default();
    let raw = text.get(range.clone()).unwrap_or_default();
    let inner = match event {
        Event::Scalar(_, ScalarStyle::Plain, ..) => Some(range.clone()),
        Event::Scalar(_, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted, ..) if raw.len() >= 2 => {
            Some(range.start + 1..range.end - 1)
        }
        _ => None,
    };
    let inner = inner.filter(|inner| !inner.is_empty() && !raw.contains(['\n', '\r']));
    inner.ok_or_else(|| {
        Trouble::new(
            format!("`{key}` is no text on one line"),
            format!("write it as `{key}: \"0.0.0\"`"),
        )
        .at(text, range.start)
    })
}
