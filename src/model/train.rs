//! Release trains: the times at which a line is cut by itself.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use cronexpr::{Crontab, FallbackTimezoneOption, ParseOptions};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{ParseError, text_type};
use super::window::Zone;

/// Times of days, as five cron fields (crontab(5)). Minute and hour are one number each: a train leaves once a day at most,
/// and a change of the clocks neither leaves it out nor lets it leave twice.
#[derive(Clone, Debug)]
pub struct Schedule {
    text: String,
    crontab: Crontab,
}

impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Schedule {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = |why: &str| ParseError::new("schedule of a train", text, why);
        let fields: Vec<&str> = text.split_whitespace().collect();
        let is_number = |field: &&str| field.bytes().all(|letter| letter.is_ascii_digit());
        if fields.len() != 5 || !fields.iter().take(2).all(is_number) {
            return Err(bad(
                "write minute, hour, day, month and weekday, such as `0 9 * * TUE`; minute and hour are one number each",
            ));
        }
        // The fields are of the clock on the wall; the zone turns what they name into moments.
        let mut options = ParseOptions::default();
        options.fallback_timezone_option = FallbackTimezoneOption::UTC;
        let crontab = cronexpr::parse_crontab_with(text, options)
            .map_err(|_| bad("its fields are out of range, or not of crontab(5); see `0 9 * * TUE`"))?;
        Ok(Self {
            text: text.to_owned(),
            crontab,
        })
    }
}

text_type!(
    Schedule,
    "Schedule",
    "Five cron fields, such as `0 9 * * TUE`: minute and hour as one number each, day, month, weekday."
);

impl Schedule {
    /// Whether it names no time from a day on.
    pub fn never_from(&self, day: Day) -> bool {
        self.from(day.start()).next().is_none()
    }

    /// The dates and times from one on, in order.
    fn from(&self, first: DateTime) -> impl Iterator<Item = DateTime> + '_ {
        let before = first.checked_sub(jiff::Span::new().seconds(1)).unwrap_or(first);
        let start = before.to_zoned(TimeZone::UTC).ok();
        let next = |at: &jiff::Zoned| self.crontab.find_next(at.timestamp()).ok();
        std::iter::successors(start.as_ref().and_then(next), move |at| next(at)).map(|at| at.datetime())
    }
}

/// When trains leave: every so many times of a schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Train {
    /// The days and the time of the day.
    pub cron: Schedule,
    /// The IANA time zone of that time.
    pub zone: Zone,
    /// Every so many of these times, such as 2 for every second one; every one when it is left out.
    #[serde(default = "one")]
    pub every: u32,
    /// The day from which on they are counted; the first time on or after it is a train.
    pub since: Day,
}

fn one() -> u32 {
    1
}

/// The years that are counted in.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2999;

/// A day of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(Date);

impl Day {
    fn start(self) -> DateTime {
        self.0.to_datetime(Time::midnight())
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Day {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match Date::strptime("%Y-%m-%d", text) {
            Ok(day) if YEARS.contains(&day.year()) => Ok(Self(day)),
            Ok(_) => Err(ParseError::new(
                "day to count from",
                text,
                "write one after 1969 and before 3000",
            )),
            Err(_) => Err(ParseError::new("day", text, "write it as `2026-01-06`")),
        }
    }
}

text_type!(Day, "Day", "A day, such as `2026-01-06`.");

/// The train that has left last, and the one that leaves next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trains {
    /// The last one, at or before the time that was asked about.
    pub last: Option<Timestamp>,
    /// The next one; nothing where none ever comes.
    pub next: Option<Timestamp>,
}

impl Train {
    /// The trains around a time.
    pub fn around(&self, now: Timestamp) -> Trains {
        let mut calendar = Calendar::new(&self.cron, self.since);
        let every = u64::from(self.every.max(1));
        // A change of the clocks moves a time by less than a day.
        let day = self.zone.local(now).date().saturating_sub(jiff::Span::new().days(1));
        let mut gone = calendar.before(day);
        let mut moment = |index: u64| calendar.nth(index).and_then(|at| self.zone.moment_of(at));
        while moment(gone).is_some_and(|at| at <= now) {
            gone += 1;
        }
        let last = gone.checked_sub(1).map(|last| last - last % every);
        Trains {
            last: last.and_then(&mut moment),
            next: moment(last.map_or(0, |last| last + every)),
        }
    }
}

/// The times of a schedule from a day on, by their place in the count. Years that begin on the same weekday and are equally
/// long have equally many, so that none is walked through more than once.
struct Calendar<'a> {
    schedule: &'a Schedule,
    since: Date,
    in_years: BTreeMap<(bool, i8), u64>,
}

impl<'a> Calendar<'a> {
    fn new(schedule: &'a Schedule, since: Day) -> Self {
        Self {
            schedule,
            since: since.0,
            in_years: BTreeMap::new(),
        }
    }

    /// How many there are before a day.
    fn before(&mut self, day: Date) -> u64 {
        let whole: u64 = (self.since.year()..day.year()).map(|year| self.in_year(year)).sum();
        let first = self.first_of(day.year());
        whole + self.times(first, day).count() as u64
    }

    /// The one of that place, the first being 0; nothing where the calendar ends before it.
    fn nth(&mut self, index: u64) -> Option<DateTime> {
        let mut left = index;
        for year in self.since.year()..=*YEARS.end() {
            let there = self.in_year(year);
            if left < there {
                let first = self.first_of(year);
                return self
                    .schedule
                    .from(first.to_datetime(Time::midnight()))
                    .nth(usize::try_from(left).ok()?);
            }
            left -= there;
        }
        None
    }

    fn in_year(&mut self, year: i16) -> u64 {
        let (first, end) = (self.first_of(year), self.first_of(year.saturating_add(1)));
        let kind = (first.in_leap_year(), first.weekday().to_monday_zero_offset());
        match self.in_years.get(&kind) {
            Some(known) if year > self.since.year() => *known,
            _ => {
                let counted = self.times(first, end).count() as u64;
                if year > self.since.year() {
                    self.in_years.insert(kind, counted);
                }
                counted
            }
        }
    }

    /// The first day of a year that counts.
    fn first_of(&self, year: i16) -> Date {
        first_day(year).map_or(self.since, |first| first.max(self.since))
    }

    fn times(&self, from: Date, before: Date) -> impl Iterator<Item = DateTime> + '_ {
        let times = self.schedule.from(from.to_datetime(Time::midnight()));
        times.take_while(move |at| at.date() < before)
    }
}

fn first_day(year: i16) -> Option<Date> {
    Date::new(year, 1, 1).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn train(cron: &str, zone: &str, every: u32, since: &str) -> Train {
        Train {
            cron: cron.parse().unwrap(),
            zone: zone.parse().unwrap(),
            every,
            since: since.parse().unwrap(),
        }
    }

    #[test]
    fn trains_leave_by_the_clock_on_the_wall() {
        let berlin = |cron: &str, every| train(cron, "Europe/Berlin", every, "2026-01-06");
        let tuesdays = "0 9 * * TUE";
        // now, last, next
        let table = [
            // Every second Tuesday from 6 January on. Winter: an hour ahead of UTC.
            (berlin(tuesdays, 2), "2026-01-05T00:00:00Z", "-", "2026-01-06T08:00:00Z"),
            (berlin(tuesdays, 2), "2026-01-06T07:59:59Z", "-", "2026-01-06T08:00:00Z"),
            (
                berlin(tuesdays, 2),
                "2026-01-06T08:00:00Z",
                "2026-01-06T08:00:00Z",
                "2026-01-20T08:00:00Z",
            ),
            (
                berlin(tuesdays, 2),
                "2026-01-13T12:00:00Z",
                "2026-01-06T08:00:00Z",
                "2026-01-20T08:00:00Z",
            ),
            // The clocks go forward on 29 March: 9 o'clock comes an hour earlier.
            (
                berlin(tuesdays, 2),
                "2026-03-20T00:00:00Z",
                "2026-03-17T08:00:00Z",
                "2026-03-31T07:00:00Z",
            ),
            // They go back on 25 October.
            (
                berlin(tuesdays, 1),
                "2026-10-24T00:00:00Z",
                "2026-10-20T07:00:00Z",
                "2026-10-27T08:00:00Z",
            ),
            // 02:30 is left out on 29 March: the train leaves an hour later. It is there twice on 25 October: at the first.
            (
                berlin("30 2 * * *", 1),
                "2026-03-29T01:15:00Z",
                "2026-03-28T01:30:00Z",
                "2026-03-29T01:30:00Z",
            ),
            (
                berlin("30 2 * * *", 1),
                "2026-03-29T01:30:00Z",
                "2026-03-29T01:30:00Z",
                "2026-03-30T00:30:00Z",
            ),
            (
                berlin("30 2 * * *", 1),
                "2026-10-25T00:45:00Z",
                "2026-10-25T00:30:00Z",
                "2026-10-26T01:30:00Z",
            ),
            // The first of each month; weekday and day at once are either, as in crontab(5).
            (
                train("0 0 1 * *", "UTC", 3, "2026-01-01"),
                "2026-05-05T00:00:00Z",
                "2026-04-01T00:00:00Z",
                "2026-07-01T00:00:00Z",
            ),
            (
                train("0 0 1 * MON", "UTC", 1, "2026-01-01"),
                "2026-01-02T00:00:00Z",
                "2026-01-01T00:00:00Z",
                "2026-01-05T00:00:00Z",
            ),
        ];
        for (train, now, last, next) in table {
            let shown = |at: Option<Timestamp>| at.map_or("-".to_owned(), |at| at.to_string());
            let found = train.around(now.parse().unwrap());
            assert_eq!(
                (shown(found.last).as_str(), shown(found.next).as_str()),
                (last, next),
                "{} at {now}",
                train.cron
            );
        }
    }

    #[test]
    fn what_is_counted_by_years_is_what_a_walk_comes_to() {
        let last_day = first_day(2065).unwrap();
        for (cron, since, every) in [
            ("0 9 * * TUE", "2026-01-06", 2),
            ("30 2 * * *", "2025-12-31", 7),
            ("0 0 29 2 *", "1999-03-01", 3),
            ("15 4 1 * MON", "2023-02-28", 5),
            ("0 12 31 * *", "2040-05-05", 1),
        ] {
            let train = train(cron, "Europe/Berlin", every, since);
            let moments = train
                .cron
                .from(train.since.start())
                .take_while(|at| at.date() < last_day);
            let moments = moments.filter_map(|at| train.zone.moment_of(at));
            let trains: Vec<Timestamp> = moments.take(1500).step_by(every as usize).collect();
            for now in ["1990-01-01T00:00:00Z", "2026-03-29T00:30:00Z", "2028-02-29T23:59:59Z"] {
                let now: Timestamp = now.parse().unwrap();
                let last = trains.iter().rev().find(|at| **at <= now).copied();
                let next = trains.iter().find(|at| **at > now).copied();
                assert_eq!(train.around(now), Trains { last, next }, "{cron} at {now}");
            }
        }
    }

    #[test]
    fn a_train_beyond_the_calendar_never_leaves() {
        let never = train("0 0 1 1 *", "UTC", u32::MAX, "2026-01-01");
        let trains = never.around("2026-06-01T00:00:00Z".parse().unwrap());
        assert_eq!(trains.last.unwrap().to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(trains.next, None);
        let late = train("0 0 * * *", "UTC", 1, "2999-12-31");
        assert!(late.around("2026-06-01T00:00:00Z".parse().unwrap()).next.is_some());
        for day in ["1969-12-31", "3000-01-01", "9999-12-31"] {
            assert!(day.parse::<Day>().is_err(), "{day}");
        }
    }

    #[test]
    fn refuses_what_is_no_time_of_a_day() {
        for text in [
            "0 9 * *",
            "* 9 * * *",
            "0 */2 * * *",
            "0 24 * * *",
            "0 9 * * FOO",
            "0 9 31 2 * UTC",
            "",
        ] {
            assert!(text.parse::<Schedule>().is_err(), "{text}");
        }
        assert!("0 9 * * TUE".parse::<Schedule>().is_ok());
    }
}
