//! Calendars in iCalendar files (RFC 5545): holidays and freezes that somebody else keeps. Their events deny.

mod content;
mod event;
mod recurrence;

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

pub use self::event::Event;
use super::digest::Digest;
use super::text::{ParseError, text_type};
use super::window::Zone;

/// A calendar that a policy names by its file, and what was read there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    path: String,
    read: Option<(Digest, Vec<Event>)>,
}

/// What is wrong with a calendar, and in which line, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct CalendarError {
    /// The line.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl CalendarError {
    fn new(line: usize, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { line, message }
    }
}

impl Calendar {
    /// The file, relative to the configuration that names it, with `/` between its folders.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Takes what the file holds.
    ///
    /// # Errors
    /// It is no iCalendar file, has no event, or has one that is not understood in full: what such an event denies
    /// would be unknown.
    pub fn read(&mut self, file: &[u8]) -> Result<(), CalendarError> {
        self.read = Some((Digest::of(file), event::events(&content::lines(file)?)?));
        Ok(())
    }

    /// The SHA-256 digest of the file, once it was read.
    pub fn digest(&self) -> Option<&Digest> {
        self.read.as_ref().map(|(digest, _)| digest)
    }

    /// Its events, once it was read.
    pub fn events(&self) -> Option<&[Event]> {
        self.read.as_ref().map(|(_, events)| events.as_slice())
    }

    /// The event that holds `now` and ends last, with its end. `zone` is that of times without one.
    pub fn containing(&self, now: Timestamp, zone: &Zone) -> Option<(&Event, Timestamp)> {
        let events = self.events().unwrap_or_default().iter();
        let holding = events.filter_map(|event| Some((event, event.containing(now, zone)?)));
        holding.max_by_key(|(_, end)| *end)
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl FromStr for Calendar {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let leads_out = text.starts_with('/') || text.split('/').any(|part| matches!(part, "" | "." | ".."));
        if leads_out || text.contains('\\') {
            let why = "name a file beside this one or in a folder below, such as `holidays.ics`";
            return Err(ParseError::new("path of a calendar", text, why));
        }
        Ok(Self {
            path: text.to_owned(),
            read: None,
        })
    }
}

text_type!(
    Calendar,
    "Calendar",
    "An iCalendar file (RFC 5545) beside this file or in a folder below, such as `holidays.ics`."
);
