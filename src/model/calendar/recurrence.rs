//! Recurrence rules of whole days, weeks, months and years: <https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10>.
//! Parts that are not understood are refused.

use jiff::ToSpan as _;
use jiff::civil::{Date, DateTime, Weekday};

use super::CalendarError;
use super::content::Line;
use crate::model::window::Zone;

/// A rule that repeats an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recurrence {
    every: Period,
    interval: i32,
    count: Option<u32>,
    /// The last start that there can be.
    until: Option<DateTime>,
    months: Vec<i8>,
    month_days: Vec<i8>,
    /// Weekdays, each with its place in the month or year: 0 for all, -1 for the last.
    weekdays: Vec<(i16, Weekday)>,
    places: Vec<i16>,
    week_start: Weekday,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Period {
    Day,
    Week,
    Month,
    Year,
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

impl Recurrence {
    /// Reads the rule of an event whose times are in `zone`.
    pub fn parse(line: &Line, zone: &Option<Zone>) -> Result<Self, CalendarError> {
        let mut every = None;
        let mut rule = Self {
            every: Period::Day,
            interval: 1,
            count: None,
            until: None,
            months: Vec::new(),
            month_days: Vec::new(),
            weekdays: Vec::new(),
            places: Vec::new(),
            week_start: Weekday::Monday,
        };
        for part in line.value.split(';') {
            let wrong = || line.wrong(format!("`{part}` of the RRULE is not read"));
            let (name, value) = part.split_once('=').ok_or_else(wrong)?;
            let read = match name.to_ascii_uppercase().as_str() {
                "FREQ" => period(value).map(|period| every = Some(period)),
                "INTERVAL" => number(value, 1, 10_000).map(|number| rule.interval = number),
                "COUNT" => number(value, 1, 100_000).map(|number| rule.count = Some(number.unsigned_abs())),
                "UNTIL" => until(value, zone).map(|until| rule.until = Some(until)),
                "BYMONTH" => list(value, |text| number(text, 1, 12)?.try_into().ok()).map(|list| rule.months = list),
                "BYMONTHDAY" => {
                    list(value, |text| signed(text, 31)?.try_into().ok()).map(|list| rule.month_days = list)
                }
                "BYDAY" => list(value, weekday).map(|list| rule.weekdays = list),
                "BYSETPOS" => list(value, |text| signed(text, 366)?.try_into().ok()).map(|list| rule.places = list),
                "WKST" => weekday(value)
                    .filter(|(place, _)| *place == 0)
                    .map(|(_, day)| rule.week_start = day),
                _ => None,
            };
            read.ok_or_else(wrong)?;
        }
        rule.every = every.ok_or_else(|| line.wrong("the RRULE has no FREQ"))?;
        let placed = rule.weekdays.iter().any(|(place, _)| *place != 0);
        if placed && matches!(rule.every, Period::Day | Period::Week) {
            return Err(line.wrong("the RRULE counts weekdays in a day or a week"));
        }
        if rule.count.is_some() && rule.until.is_some() {
            return Err(line.wrong("the RRULE has both COUNT and UNTIL"));
        }
        Ok(rule)
    }

    /// The starts from `low` to `high`, of an event that starts at `start`.
    pub fn between(&self, start: DateTime, low: DateTime, high: DateTime) -> Vec<DateTime> {
        let mut starts = Vec::new();
        let mut left = self.count;
        // A rule that counts has to be followed from its start; any other can be joined where it matters.
        let skipped = match self.count {
            Some(_) => 0,
            None => self.periods_before(start.date(), low.date()),
        };
        for index in skipped.. {
            let Some((first, last)) = self.period(start.date(), index) else {
                break;
            };
            if first > high.date() {
                break;
            }
            for day in self.days(start.date(), first, last) {
                let at = day.to_datetime(start.time());
                if at < start {
                    continue;
                }
                if at > high || left == Some(0) || self.until.is_some_and(|until| at > until) {
                    return starts;
                }
                left = left.map(|left| left - 1);
                if at >= low {
                    starts.push(at);
                }
            }
        }
        starts
    }

    /// How many periods of the rule end before that day.
    fn periods_before(&self, start: Date, day: Date) -> i32 {
        let days = |from: Date| {
            (day.duration_since(from).as_hours() / 24)
                .try_into()
                .unwrap_or(i32::MAX)
        };
        let years = i32::from(day.year()) - i32::from(start.year());
        let whole = match self.every {
            Period::Day => days(start),
            Period::Week => days(self.week_of(start).unwrap_or(start)) / 7,
            Period::Month => years * 12 + i32::from(day.month()) - i32::from(start.month()),
            Period::Year => years,
        };
        (whole / self.interval).max(0)
    }

    fn week_of(&self, day: Date) -> Option<Date> {
        day.checked_sub(i64::from(day.weekday().since(self.week_start)).days())
            .ok()
    }

    /// The first and the last day of a period of the rule, counted from 0.
    fn period(&self, start: Date, index: i32) -> Option<(Date, Date)> {
        let steps = i64::from(index.checked_mul(self.interval)?);
        match self.every {
            Period::Day => start.checked_add(steps.days()).ok().map(|day| (day, day)),
            Period::Week => {
                let first = self.week_of(start)?.checked_add((steps * 7).days()).ok()?;
                Some((first, first.checked_add(6.days()).ok()?))
            }
            Period::Month => {
                let first = start.first_of_month().checked_add(steps.months()).ok()?;
                Some((first, first.last_of_month()))
            }
            Period::Year => {
                let first = start.first_of_year().checked_add(steps.years()).ok()?;
                Some((first, first.last_of_year()))
            }
        }
    }

    /// The days of a period that the rule means, in order.
    fn days(&self, start: Date, first: Date, last: Date) -> Vec<Date> {
        let all = first.series(1.day()).take_while(|day| *day <= last);
        let days: Vec<Date> = all.filter(|day| self.means(start, *day)).collect();
        if self.places.is_empty() {
            return days;
        }
        let count = days.len();
        let place = |index: usize| (index as i64 + 1, index as i64 - count as i64);
        let chosen = days.iter().enumerate().filter(|(index, _)| {
            let (ahead, back) = place(*index);
            self.places
                .iter()
                .any(|wanted| [ahead, back].contains(&i64::from(*wanted)))
        });
        chosen.map(|(_, day)| *day).collect()
    }

    /// Whether the rule means that day; what it leaves out is taken from the event's start.
    fn means(&self, start: Date, day: Date) -> bool {
        let from_start = self.month_days.is_empty() && self.weekdays.is_empty();
        let month = match self.months.as_slice() {
            [] => self.every != Period::Year || !from_start || day.month() == start.month(),
            months => months.contains(&day.month()),
        };
        let month_day = match self.month_days.as_slice() {
            [] => !from_start || matches!(self.every, Period::Day | Period::Week) || day.day() == start.day(),
            days => days.contains(&day.day()) || days.contains(&(day.day() - day.days_in_month() - 1)),
        };
        let weekday = match self.weekdays.as_slice() {
            [] => self.every != Period::Week || !from_start || day.weekday() == start.weekday(),
            weekdays => weekdays.iter().any(|(place, weekday)| {
                *weekday == day.weekday() && (*place == 0 || self.places_of(day).contains(place))
            }),
        };
        month && month_day && weekday
    }

    /// The place of a day among those of its weekday, from the start and from the end of its month or year.
    fn places_of(&self, day: Date) -> [i16; 2] {
        let (number, count) = if self.every == Period::Month || !self.months.is_empty() {
            (i16::from(day.day()), i16::from(day.days_in_month()))
        } else {
            (day.day_of_year(), day.days_in_year())
        };
        [(number - 1) / 7 + 1, -((count - number) / 7 + 1)]
    }
}

fn period(text: &str) -> Option<Period> {
    match text.to_ascii_uppercase().as_str() {
        "DAILY" => Some(Period::Day),
        "WEEKLY" => Some(Period::Week),
        "MONTHLY" => Some(Period::Month),
        "YEARLY" => Some(Period::Year),
        _ => None,
    }
}

fn number(text: &str, least: i32, most: i32) -> Option<i32> {
    text.parse().ok().filter(|number| (least..=most).contains(number))
}

fn signed(text: &str, most: i32) -> Option<i32> {
    number(text, -most, most).filter(|number| *number != 0)
}

fn list<T>(text: &str, one: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(one).collect()
}

/// A weekday with its place: `FR`, `4TH`, `-1MO`.
fn weekday(text: &str) -> Option<(i16, Weekday)> {
    let (place, name) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let (_, weekday) = WEEKDAYS.iter().find(|(own, _)| own.eq_ignore_ascii_case(name))?;
    let place = if place.is_empty() { 0 } else { signed(place, 53)? };
    Some((place.try_into().ok()?, *weekday))
}

/// The last start. A time in UTC, where the event's own are local to whoever reads them, is taken as late as it can be.
fn until(text: &str, zone: &Option<Zone>) -> Option<DateTime> {
    if text.len() == 8 {
        let last = Date::strptime("%Y%m%d", text).ok()?;
        return last.to_datetime(jiff::civil::Time::MAX).into();
    }
    let (plain, is_utc) = text.strip_suffix('Z').map_or((text, false), |plain| (plain, true));
    let at = DateTime::strptime("%Y%m%dT%H%M%S", plain).ok()?;
    match (is_utc, zone) {
        (true, Some(zone)) => Some(zone.local(Zone::utc().earliest(at)?)),
        (true, None) => at.checked_add(14.hours()).ok(),
        (false, _) => Some(at),
    }
}
