//! The events of a calendar: <https://www.rfc-editor.org/rfc/rfc5545#section-3.6.1>. An event that says something we do
//! not understand is refused, so that a freeze is never shorter than its calendar.

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp, ToSpan as _};

use super::CalendarError;
use super::content::Line;
use super::recurrence::Recurrence;
use crate::model::text::one_line;
use crate::model::window::Zone;

/// An event, with every time in the zone that it is written in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    summary: String,
    /// None where its times are local to whoever reads them.
    zone: Option<Zone>,
    start: DateTime,
    /// Of whole days when it has no times.
    length: SignedDuration,
    /// Whether an occurrence may also be as long as this many seconds, whatever the clocks do.
    exact: bool,
    rule: Option<Recurrence>,
    more: Vec<DateTime>,
    without: Vec<DateTime>,
}

/// A date or a time as a property writes it.
struct When {
    at: DateTime,
    zone: Option<Zone>,
    all_day: bool,
}

impl Event {
    /// What it is called, on one line.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// The end of its occurrences that hold `now`, at their widest. `zone` is that of times without one.
    pub fn containing(&self, now: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let zone = self.zone.as_ref().unwrap_or(zone);
        // No clock change, and no day that a zone skips, moves a time by more than two days.
        let (near, local) = (2.days(), zone.local(now));
        let low = local.checked_sub(self.length).ok()?.checked_sub(near).ok()?;
        let high = local.checked_add(near).ok()?;
        let repeated = self.rule.as_ref().map(|rule| rule.between(self.start, low, high));
        let starts = std::iter::once(self.start).chain(self.more.iter().copied());
        let starts = starts.chain(repeated.unwrap_or_default());
        let ends = starts
            .filter(|start| !self.without.contains(start))
            .filter_map(|start| {
                let (from, to) = self.occurrence(start, zone)?;
                (from <= now && now < to).then_some(to)
            });
        ends.max()
    }

    /// The end of the last occurrence, where no rule goes on repeating it.
    pub fn last_end(&self, zone: &Zone) -> Option<Timestamp> {
        let zone = self.zone.as_ref().unwrap_or(zone);
        let starts = std::iter::once(&self.start).chain(&self.more);
        let ends = starts.filter_map(|start| Some(self.occurrence(*start, zone)?.1));
        ends.max().filter(|_| self.rule.is_none())
    }

    fn occurrence(&self, start: DateTime, zone: &Zone) -> Option<(Timestamp, Timestamp)> {
        let end = zone.latest(start.checked_add(self.length).ok()?)?;
        let exact = zone.latest(start)?.checked_add(self.length).ok()?;
        Some((zone.earliest(start)?, if self.exact { end.max(exact) } else { end }))
    }
}

/// The events of a file, without those that are cancelled.
pub fn events(lines: &[Line]) -> Result<Vec<Event>, CalendarError> {
    let mut open: Vec<&str> = Vec::new();
    let mut begun: &[Line] = &[];
    let mut own: Vec<&Line> = Vec::new();
    let mut events = Vec::new();
    let mut seen = false;
    for (place, line) in lines.iter().enumerate() {
        match line.name.as_str() {
            "BEGIN" => {
                if open.is_empty() && line.value != "VCALENDAR" {
                    return Err(line.wrong("this is no iCalendar file: it does not begin with `BEGIN:VCALENDAR`"));
                }
                open.push(&line.value);
                if open == ["VCALENDAR", "VEVENT"] {
                    (begun, own) = (&lines[place..], Vec::new());
                }
            }
            "END" if open.last() != Some(&line.value.as_str()) => {
                return Err(line.wrong(format!("`END:{}` ends nothing that is open", line.value)));
            }
            "END" => {
                if let (["VCALENDAR", "VEVENT"], Some(first)) = (open.as_slice(), begun.first()) {
                    seen = true;
                    events.extend(event(first, &own)?);
                }
                open.pop();
            }
            _ if open.is_empty() => {
                return Err(line.wrong("this is no iCalendar file: it does not begin with `BEGIN:VCALENDAR`"));
            }
            "CALSCALE" if !line.value.eq_ignore_ascii_case("GREGORIAN") => {
                return Err(line.wrong(format!("the calendar scale `{}` is not read", line.value)));
            }
            _ if open == ["VCALENDAR", "VEVENT"] => own.push(line),
            _ => {}
        }
    }
    let end = lines.last().map_or(1, |line| line.number);
    match open.last() {
        Some(component) => Err(CalendarError::new(
            end,
            format!("the file ends before `END:{component}`"),
        )),
        None if !seen => Err(CalendarError::new(end, "there is no event")),
        None => Ok(events),
    }
}

fn event(begin: &Line, lines: &[&Line]) -> Result<Option<Event>, CalendarError> {
    let all = |name: &'static str| lines.iter().copied().filter(move |line| line.name == name);
    let one = |name: &'static str| match (all(name).next(), all(name).nth(1)) {
        (_, Some(second)) => Err(second.wrong(format!("the event has a second {name}"))),
        (first, None) => Ok(first),
    };
    if one("STATUS")?.is_some_and(|line| line.value.eq_ignore_ascii_case("CANCELLED")) {
        return Ok(None);
    }
    if let Some(line) = all("EXRULE").next() {
        return Err(line.wrong("EXRULE is not read; RFC 5545 has taken it out"));
    }
    if let Some(line) = all("RECURRENCE-ID").find(|line| line.parameter("RANGE").is_some()) {
        return Err(line.wrong("a change of this and all later occurrences is not read"));
    }
    let Some(first) = one("DTSTART")? else {
        return Err(begin.wrong("the event has no DTSTART"));
    };
    let start = when(first, &first.value)?;
    let (length, exact) = match (one("DTEND")?, one("DURATION")?) {
        (Some(_), Some(line)) => return Err(line.wrong("the event has both DTEND and DURATION")),
        (Some(line), None) => (start.at.duration_until(same_kind(line, &line.value, &start)?), false),
        (None, Some(line)) => (duration(line)?, true),
        (None, None) if start.all_day => (SignedDuration::from_hours(24), false),
        (None, None) => return Err(first.wrong("the event has no end: add DTEND or DURATION")),
    };
    if length <= SignedDuration::ZERO {
        return Err(first.wrong("the event ends before it starts, so it holds no time"));
    }
    let rule = one("RRULE")?
        .map(|line| Recurrence::parse(line, &start.zone))
        .transpose()?;
    let dates = |name| {
        let written = all(name).flat_map(|line| line.value.split(',').map(move |text| (line, text)));
        written
            .map(|(line, text)| same_kind(line, text, &start))
            .collect::<Result<Vec<_>, _>>()
    };
    let (more, without) = (dates("RDATE")?, dates("EXDATE")?);
    let summary = one("SUMMARY")?.map_or("an event", |line| line.value.as_str());
    let repeats = rule.is_some() || !more.is_empty();
    Ok(Some(Event {
        summary: one_line(&summary.replace("\\n", " ").replace("\\N", " ").replace('\\', "")),
        exact: !start.all_day && (exact || repeats),
        zone: start.zone,
        start: start.at,
        length,
        rule,
        more,
        without,
    }))
}

/// A date or a time in the zone of the event's start, which it must be able to be compared with.
fn same_kind(line: &Line, text: &str, start: &When) -> Result<DateTime, CalendarError> {
    let other = when(line, text)?;
    match (&start.zone, &other.zone) {
        _ if start.all_day != other.all_day => {}
        (None, None) => return Ok(other.at),
        (Some(own), Some(zone)) if own == zone => return Ok(other.at),
        (Some(own), Some(zone)) => return zone.latest(other.at).map(|at| own.local(at)).ok_or_else(|| never(line)),
        _ => {}
    }
    let name = &line.name;
    Err(line.wrong(format!(
        "{name} and DTSTART must both be dates, or times with a zone, or times without one"
    )))
}

fn never(line: &Line) -> CalendarError {
    line.wrong("that time is beyond the end of the calendar")
}

/// Dates and times: <https://www.rfc-editor.org/rfc/rfc5545#section-3.3.5>.
fn when(line: &Line, text: &str) -> Result<When, CalendarError> {
    let wrong = || {
        line.wrong(format!(
            "`{text}` is no date or time: write 20261224, 20261224T180000 or 20261224T180000Z"
        ))
    };
    let as_date = line.parameter("VALUE").map(|kind| kind.eq_ignore_ascii_case("DATE"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if text.len() == 8 && digits(text) && as_date != Some(false) {
        let date = Date::strptime("%Y%m%d", text).map_err(|_| wrong())?;
        return Ok(When {
            at: date.to_datetime(Time::midnight()),
            zone: None,
            all_day: true,
        });
    }
    let plain = text.strip_suffix('Z').unwrap_or(text);
    if as_date == Some(true) || plain.len() != 15 {
        return Err(wrong());
    }
    let zone = match (line.parameter("TZID"), plain.len() < text.len()) {
        (Some(_), true) => return Err(line.wrong("a time in UTC has no TZID")),
        (Some(name), false) => Some(name.parse().map_err(|_| {
            line.wrong(format!(
                "the time zone `{name}` is no IANA name such as `Europe/Berlin`"
            ))
        })?),
        (None, true) => Some(Zone::utc()),
        (None, false) => None,
    };
    Ok(When {
        at: DateTime::strptime("%Y%m%dT%H%M%S", plain).map_err(|_| wrong())?,
        zone,
        all_day: false,
    })
}

/// Durations: <https://www.rfc-editor.org/rfc/rfc5545#section-3.3.6>.
fn duration(line: &Line) -> Result<SignedDuration, CalendarError> {
    let span: Option<Span> = line.value.parse().ok();
    let length = span.and_then(|span| span.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    length.ok_or_else(|| line.wrong(format!("`{}` is no duration: write PT4H or P2D", line.value)))
}
