//! Windows of time in a zone: weekly (`Fri 15:00..Mon 06:00`) or by date (`2026-12-20..2027-01-03`), half-open.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{Disambiguation, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::text::{ParseError, text_type};

/// An IANA time zone, such as `Europe/Berlin`, as the bundled data has it: never as the machine's own has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(TimeZone, String);

impl Zone {
    /// UTC.
    pub fn utc() -> Self {
        Self(TimeZone::UTC, "UTC".to_owned())
    }

    /// The date and time there.
    pub fn local(&self, at: Timestamp) -> DateTime {
        at.to_zoned(self.0.clone()).datetime()
    }

    /// The first moment that a date and time there can mean: where the clocks go back, the first of the two; where they
    /// skip it, the one that clocks set forward too early would show. None beyond the end of time.
    pub fn earliest(&self, at: DateTime) -> Option<Timestamp> {
        self.moment(at, Disambiguation::Earlier)
    }

    /// The last moment that a date and time there can mean.
    pub fn latest(&self, at: DateTime) -> Option<Timestamp> {
        self.moment(at, Disambiguation::Later)
    }

    /// The moment that a date and time there means, as clocks that are set show it (RFC 5545, section 3.3.5): the first of
    /// two, and where they skip it, as long after the change as it is after the last time before.
    pub fn moment_of(&self, at: DateTime) -> Option<Timestamp> {
        self.moment(at, Disambiguation::Compatible)
    }

    fn moment(&self, at: DateTime, disambiguation: Disambiguation) -> Option<Timestamp> {
        let zoned = self.0.to_ambiguous_zoned(at).disambiguate(disambiguation).ok()?;
        Some(zoned.timestamp())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.1)
    }
}

impl FromStr for Zone {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let zone = TimeZoneDatabase::bundled()
            .get(text)
            .map_err(|_| ParseError::new("time zone", text, "use an IANA name such as `Europe/Berlin` or `UTC`"))?;
        Ok(Self(zone, text.to_owned()))
    }
}

text_type!(Zone, "Zone", "An IANA time zone, such as `Europe/Berlin`.");

/// A window of time; its end is outside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Window {
    /// From a time on one weekday to a time on another, every week.
    Weekly {
        /// Its first moment.
        from: (Weekday, Time),
        /// The first moment after it.
        to: (Weekday, Time),
    },
    /// From one date and time to another, once.
    Dated {
        /// Its first moment.
        from: DateTime,
        /// The first moment after it.
        to: DateTime,
    },
}

/// What a window is for. Where the clocks change, a window that denies is read at its widest and one that allows at
/// its narrowest, so that the change never opens what was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Nothing enters in it.
    Deny,
    /// Things enter in it alone.
    Allow,
}

impl Window {
    /// The occurrence that holds `now`, as its first moment and the first moment after it.
    pub fn containing(&self, now: Timestamp, zone: &Zone, purpose: Purpose) -> Option<(Timestamp, Timestamp)> {
        self.occurrences(now, zone, purpose)
            .take_while(|(from, _)| *from <= now)
            .find(|(_, to)| now < *to)
    }

    /// The first moment of the next occurrence after `now`.
    pub fn next_start(&self, now: Timestamp, zone: &Zone, purpose: Purpose) -> Option<Timestamp> {
        let mut starts = self.occurrences(now, zone, purpose).map(|(from, _)| from);
        starts.find(|from| *from > now)
    }

    /// The end of a window that comes once.
    pub fn last_end(&self, zone: &Zone) -> Option<Timestamp> {
        match self {
            Self::Weekly { .. } => None,
            Self::Dated { to, .. } => zone.latest(*to),
        }
    }

    /// The occurrences that hold a moment, in order, from those on that can hold `around`. One that a clock change
    /// leaves nothing of is left out.
    fn occurrences<'a>(
        &self,
        around: Timestamp,
        zone: &'a Zone,
        purpose: Purpose,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> + use<'a> {
        let (first, weekly) = match self {
            Self::Dated { from, to } => (Some((*from, *to)), false),
            Self::Weekly { from, to } => (first_of(zone.local(around).date(), *from, *to), true),
        };
        let week_after = move |(from, to): &(DateTime, DateTime)| {
            let week = weekly.then(|| 7.days())?;
            Some((from.checked_add(week).ok()?, to.checked_add(week).ok()?))
        };
        std::iter::successors(first, week_after)
            .filter_map(move |(from, to)| match purpose {
                Purpose::Deny => Some((zone.earliest(from)?, zone.latest(to)?)),
                Purpose::Allow => Some((zone.latest(from)?, zone.earliest(to)?)),
            })
            .filter(|(from, to)| from < to)
    }
}

/// The occurrence that starts in the week before the week up to `today`: no earlier one reaches into today, even where
/// a zone skips a whole day.
fn first_of(today: Date, from: (Weekday, Time), to: (Weekday, Time)) -> Option<(DateTime, DateTime)> {
    let back = i64::from(today.weekday().since(from.0)) + 7;
    let start = today.checked_sub(back.days()).ok()?.to_datetime(from.1);
    Some((start, weekly_end(start, to)?))
}

fn weekly_end(start: DateTime, to: (Weekday, Time)) -> Option<DateTime> {
    let ahead = i64::from(to.0.since(start.date().weekday()));
    let end = start.date().checked_add(ahead.days()).ok()?.to_datetime(to.1);
    if end > start {
        return Some(end);
    }
    end.checked_add(SignedDuration::from_hours(7 * 24)).ok()
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("Mon", Weekday::Monday),
    ("Tue", Weekday::Tuesday),
    ("Wed", Weekday::Wednesday),
    ("Thu", Weekday::Thursday),
    ("Fri", Weekday::Friday),
    ("Sat", Weekday::Saturday),
    ("Sun", Weekday::Sunday),
];

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Weekly { from, to } => {
                let name = |day: Weekday| WEEKDAYS[day.to_monday_zero_offset().unsigned_abs() as usize].0;
                let clock = |time: Time| time.strftime("%H:%M").to_string();
                write!(f, "{} {}..{} {}", name(from.0), clock(from.1), name(to.0), clock(to.1))
            }
            Self::Dated { from, to } => write!(f, "{}..{}", dated(*from), dated(*to)),
        }
    }
}

fn dated(at: DateTime) -> String {
    if at.time() == Time::midnight() {
        return at.date().to_string();
    }
    at.strftime("%Y-%m-%dT%H:%M").to_string()
}

impl FromStr for Window {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = |why: &str| ParseError::new("window of time", text, why);
        let (from, to) = text
            .split_once("..")
            .ok_or_else(|| bad("write `Fri 15:00..Mon 06:00` or `2026-12-20..2027-01-03`"))?;
        let window = match (weekly(from), weekly(to)) {
            (Some(from), Some(to)) => Self::Weekly { from, to },
            _ => match (date_time(from), date_time(to)) {
                (Some(from), Some(to)) => Self::Dated { from, to },
                _ => {
                    return Err(bad(
                        "both ends must be a weekday and a time (`Fri 15:00`) or a date (`2026-12-20`, `2026-12-20T18:00`)",
                    ));
                }
            },
        };
        match &window {
            Self::Weekly { from, to } if from == to => Err(bad("it ends where it starts, so it holds no time")),
            Self::Dated { from, to } if from >= to => Err(bad("it ends before it starts, so it holds no time")),
            _ => Ok(window),
        }
    }
}

fn weekly(text: &str) -> Option<(Weekday, Time)> {
    let (day, time) = text.trim().split_once(' ')?;
    let (_, weekday) = WEEKDAYS.iter().find(|(name, _)| name.eq_ignore_ascii_case(day))?;
    Some((*weekday, Time::strptime("%H:%M", time.trim()).ok()?))
}

fn date_time(text: &str) -> Option<DateTime> {
    let text = text.trim();
    if text.contains('T') {
        return text.parse().ok();
    }
    Some(text.parse::<Date>().ok()?.to_datetime(Time::midnight()))
}

text_type!(
    Window,
    "Window",
    "A half-open window of time: `Fri 15:00..Mon 06:00` every week, or `2026-12-20..2027-01-03` once."
);

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_weekend_is_half_open_and_returns_each_week() {
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        let window: Window = "Fri 15:00..Mon 06:00".parse().unwrap();
        let holds = |now: &str| window.containing(at(now), &zone, Purpose::Deny);
        // Winter: Berlin is one hour ahead.
        assert_eq!(holds("2026-03-06T13:59:59Z"), None);
        let (from, to) = holds("2026-03-06T14:00:00Z").unwrap();
        assert_eq!((from, to), (at("2026-03-06T14:00:00Z"), at("2026-03-09T05:00:00Z")));
        assert!(holds("2026-03-09T04:59:59Z").is_some());
        assert_eq!(holds("2026-03-09T05:00:00Z"), None);
        // The clocks go forward on 29 March 2026: the weekend is an hour shorter.
        assert_eq!(holds("2026-03-28T12:00:00Z").unwrap().1, at("2026-03-30T04:00:00Z"));
        assert_eq!(
            window.next_start(at("2026-03-10T00:00:00Z"), &zone, Purpose::Deny),
            Some(at("2026-03-13T14:00:00Z"))
        );
    }

    #[test]
    fn a_clock_change_widens_what_denies_and_narrows_what_allows() {
        let zone: Zone = "Europe/Berlin".parse().unwrap();
        // 02:30 happens twice on 25 October 2026: 00:30 and 01:30 UTC.
        let window: Window = "Sun 02:30..Sun 02:45".parse().unwrap();
        let now = at("2026-10-25T01:00:00Z");
        assert!(window.containing(now, &zone, Purpose::Deny).is_some());
        assert!(window.containing(now, &zone, Purpose::Allow).is_none());
    }

    #[test]
    fn refuses_what_holds_no_time() {
        for text in [
            "Fri 15:00",
            "Fri 25:00..Mon 06:00",
            "Fri 15:00..Fri 15:00",
            "2026-12-20..2026-12-20",
            "noon..night",
        ] {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
        for text in [
            "Fri 15:00..Mon 06:00",
            "2026-12-20..2027-01-03",
            "2026-12-20T18:00..2027-01-03",
        ] {
            assert_eq!(text.parse::<Window>().unwrap().to_string(), text);
        }
        assert!("Middle/Earth".parse::<Zone>().is_err());
    }
}
