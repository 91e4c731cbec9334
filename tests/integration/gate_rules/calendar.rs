//! The rule `freeze` with a calendar: what RFC 5545 means by an event, and what is refused.

use tidegate::model::calendar::Calendar;
use tidegate::model::verdict::RuleStatus::{Fail, Pass, Unknown, Wait};
use tidegate::plan::gate::freeze;

use super::case::{Case, at, table};

/// A freeze in Berlin by a calendar with these events.
fn calendar(events: &str) -> Case {
    let mut case = unread();
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}\r\nEND:VCALENDAR\r\n",
        events.replace('\n', "\r\n")
    );
    let freeze = case.environment.gate.freeze.as_mut().unwrap();
    freeze.calendar.as_mut().unwrap().read(text.as_bytes()).unwrap();
    case
}

fn unread() -> Case {
    Case::new("gate.freeze = { zone = 'Europe/Berlin', calendar = 'holidays.ics' }")
}

fn event(properties: &str) -> Case {
    calendar(&format!("BEGIN:VEVENT\n{properties}\nEND:VEVENT"))
}

/// Asserts that a case is closed from one moment to the other, and open right before and after.
fn closed(case: &Case, from: &str, to: &str) {
    let policy = case.environment.gate.freeze.as_ref().unwrap();
    let second = jiff::SignedDuration::from_secs(1);
    let judge = |now| freeze::judge(policy, now);
    assert_eq!(judge(at(from) - second).status, Pass, "a second before {from}");
    assert_eq!(judge(at(from)).next_check_at, Some(at(to)), "at {from}");
    assert_eq!(judge(at(to) - second).status, Wait, "a second before {to}");
    assert_eq!(judge(at(to)).status, Pass, "at {to}");
}

#[test]
fn words() {
    let christmas = event("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227\nSUMMARY:Christmas\\, as ever");
    let every_day = event("DTSTART;VALUE=DATE:20200101\nRRULE:FREQ=DAILY\nSUMMARY:Closed");
    let words = table(
        "freeze",
        &[
            ("an ordinary day", christmas.clone(), Pass),
            ("an event", christmas.when("2026-12-25T10:00:00Z"), Wait),
            ("no day is open", every_day, Fail),
            ("the calendar was not read", unread(), Unknown),
        ],
    );
    insta::assert_snapshot!(words);
}

#[test]
fn dates_and_times() {
    let day = event("DTSTART;VALUE=DATE:20261224");
    closed(&day, "2026-12-23T23:00:00Z", "2026-12-24T23:00:00Z");
    let days = event("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227");
    closed(&days, "2026-12-23T23:00:00Z", "2026-12-26T23:00:00Z");
    let utc = event("DTSTART:20261224T180000Z\nDTEND:20261224T200000Z");
    closed(&utc, "2026-12-24T18:00:00Z", "2026-12-24T20:00:00Z");
    let zoned = event("DTSTART;TZID=America/New_York:20261224T180000\nDTEND;TZID=America/New_York:20261224T200000");
    closed(&zoned, "2026-12-24T23:00:00Z", "2026-12-25T01:00:00Z");
    let two_zones = event("DTSTART;TZID=Europe/Berlin:20261224T180000\nDTEND;TZID=America/New_York:20261224T200000");
    closed(&two_zones, "2026-12-24T17:00:00Z", "2026-12-25T01:00:00Z");
    let floating = event("DTSTART:20261224T180000\nDURATION:PT4H");
    closed(&floating, "2026-12-24T17:00:00Z", "2026-12-24T21:00:00Z");
    // A day of 23 hours; a duration of a day may also mean 24.
    let short = event("DTSTART;VALUE=DATE:20260329");
    closed(&short, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
    let wide = event("DTSTART:20260328T120000\nDURATION:P1D");
    closed(&wide, "2026-03-28T11:00:00Z", "2026-03-29T11:00:00Z");
}

#[test]
fn what_else_a_file_holds() {
    let folded = event("DTSTART;VALU\n E=DATE:2026\n\t1224\nX-NOTE;X-BY=\"a;b:c\":d");
    closed(&folded, "2026-12-23T23:00:00Z", "2026-12-24T23:00:00Z");
    let alarm = event("DTSTART:20261224T180000Z\nDTEND:20261224T200000Z\nBEGIN:VALARM\nDURATION:PT9H\nEND:VALARM");
    closed(&alarm, "2026-12-24T18:00:00Z", "2026-12-24T20:00:00Z");
    let cancelled = calendar(
        "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260311\nSTATUS:CANCELLED\nEND:VEVENT\n\
         BEGIN:VTODO\nDTSTART;VALUE=DATE:20260311\nEND:VTODO\n\
         BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261224\nTRANSP:TRANSPARENT\nEND:VEVENT",
    );
    assert_eq!(cancelled.rule("freeze").status, Pass);
    closed(&cancelled, "2026-12-23T23:00:00Z", "2026-12-24T23:00:00Z");
}

#[test]
fn events_that_adjoin_end_together() {
    let mut case = calendar(
        "BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\nRRULE:FREQ=DAILY;COUNT=400\nEND:VEVENT\n\
         BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261224\nEND:VEVENT",
    );
    closed(&case, "2026-12-23T23:00:00Z", "2028-01-28T23:00:00Z");
    let freeze = case.environment.gate.freeze.as_mut().unwrap();
    freeze.deny = vec!["2028-01-29..2028-01-31".parse().unwrap()];
    freeze.allow = vec!["Tue 09:00..Tue 16:00".parse().unwrap()];
    let asked = case.when("2026-12-24T12:00:00Z").rule("freeze");
    assert_eq!(asked.next_check_at, Some(at("2028-02-01T08:00:00Z")));
}

/// A first day, the rule, and the days of a span in which it is closed.
type Repeated = (
    &'static str,
    &'static str,
    (&'static str, &'static str),
    &'static [&'static str],
);

/// The examples of <https://www.rfc-editor.org/rfc/rfc5545#section-3.8.5.3> and some more.
const REPEATED: [Repeated; 15] = [
    (
        "19970902",
        "RRULE:FREQ=DAILY;COUNT=3",
        ("1997-08-01", "1997-12-31"),
        &["0902", "0903", "0904"],
    ),
    (
        "19970902",
        "RRULE:FREQ=DAILY;INTERVAL=10;COUNT=3",
        ("1997-08-01", "1997-12-31"),
        &["0902", "0912", "0922"],
    ),
    (
        "19970902",
        "RRULE:FREQ=WEEKLY;UNTIL=19970917T000000Z",
        ("1997-08-01", "1997-12-31"),
        &["0902", "0909", "0916"],
    ),
    (
        "19970902",
        "RRULE:FREQ=WEEKLY;COUNT=4;WKST=SU;BYDAY=TU,TH",
        ("1997-08-01", "1997-12-31"),
        &["0902", "0904", "0909", "0911"],
    ),
    // The week starts on Monday, and then on Sunday.
    (
        "19970805",
        "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
        ("1997-08-01", "1997-12-31"),
        &["0805", "0810", "0819", "0824"],
    ),
    (
        "19970805",
        "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
        ("1997-08-01", "1997-12-31"),
        &["0805", "0817", "0819", "0831"],
    ),
    (
        "19970905",
        "RRULE:FREQ=MONTHLY;UNTIL=19971224;BYDAY=1FR",
        ("1997-08-01", "1997-12-31"),
        &["0905", "1003", "1107", "1205"],
    ),
    (
        "19970922",
        "RRULE:FREQ=MONTHLY;COUNT=3;BYDAY=-2MO",
        ("1997-08-01", "1997-12-31"),
        &["0922", "1020", "1117"],
    ),
    (
        "19970928",
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=-3",
        ("1997-09-01", "1997-12-31"),
        &["0928", "1029", "1128", "1229"],
    ),
    // The third of Tuesday, Wednesday and Thursday in the month.
    (
        "19970904",
        "RRULE:FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
        ("1997-08-01", "1997-12-31"),
        &["0904", "1007", "1106"],
    ),
    // A month without a 31st has no such day.
    (
        "20260131",
        "RRULE:FREQ=MONTHLY",
        ("2026-01-01", "2026-06-30"),
        &["0131", "0331", "0531"],
    ),
    ("20001225", "RRULE:FREQ=YEARLY", ("2026-01-01", "2026-12-31"), &["1225"]),
    ("20160229", "RRULE:FREQ=YEARLY", ("2026-01-01", "2028-12-31"), &["0229"]),
    // Thanksgiving; the last Monday of May; an exception and a day more.
    (
        "19701126",
        "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
        ("2026-01-01", "2026-12-31"),
        &["1126"],
    ),
    (
        "19710531",
        "RRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO\nEXDATE;VALUE=DATE:20260525\nRDATE;VALUE=DATE:20260526,20260527",
        ("2026-01-01", "2026-12-31"),
        &["0526", "0527"],
    ),
];

#[test]
fn repeated_events() {
    for (start, rule, (first, last), expected) in REPEATED {
        let case = event(&format!("DTSTART;VALUE=DATE:{start}\n{rule}"));
        let policy = case.environment.gate.freeze.unwrap();
        let (first, last): (jiff::civil::Date, jiff::civil::Date) = (first.parse().unwrap(), last.parse().unwrap());
        let days = first.series(jiff::ToSpan::day(1)).take_while(|day| *day <= last);
        let is_closed = |day: &jiff::civil::Date| {
            let noon = day.at(12, 0, 0, 0).in_tz("UTC").unwrap().timestamp();
            freeze::judge(&policy, noon).status != Pass
        };
        let closed: Vec<String> = days
            .filter(is_closed)
            .map(|day| day.strftime("%m%d").to_string())
            .collect();
        assert_eq!(closed, expected, "{start} {rule}");
    }
}

#[test]
fn times_repeat_by_the_wall_clock() {
    let weekly = event(
        "DTSTART;TZID=Europe/Berlin:20260302T150000\nDTEND;TZID=Europe/Berlin:20260302T170000\nRRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Berlin:20260316T150000",
    );
    closed(&weekly, "2026-03-23T14:00:00Z", "2026-03-23T16:00:00Z");
    closed(&weekly, "2026-03-30T13:00:00Z", "2026-03-30T15:00:00Z");
    assert_eq!(
        weekly.when("2026-03-16T15:00:00Z").rule("freeze").status,
        Pass,
        "an exception"
    );
    let last = event("DTSTART:20260302T150000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260304T150000Z");
    closed(&last, "2026-03-04T15:00:00Z", "2026-03-04T16:00:00Z");
    assert_eq!(
        last.when("2026-03-05T15:30:00Z").rule("freeze").status,
        Pass,
        "the last start is included"
    );
}

#[test]
fn what_is_not_understood_is_refused_with_its_line() {
    let day = "DTSTART;VALUE=DATE:20261224";
    let mut said = String::new();
    for event in [
        "SUMMARY:no start".to_owned(),
        "DTSTART:20261224T180000Z".to_owned(),
        "DTSTART:24.12.2026".to_owned(),
        "DTSTART:20261332T180000Z".to_owned(),
        "DTSTART;VALUE=DATE:20261224T180000".to_owned(),
        "DTSTART;TZID=W. Europe Standard Time:20261224T180000\nDURATION:PT1H".to_owned(),
        "DTSTART;TZID=Europe/Berlin:20261224T180000Z\nDURATION:PT1H".to_owned(),
        format!("{day}\n{day}"),
        format!("{day}\nDTEND;VALUE=DATE:20261224"),
        format!("{day}\nDTEND:20261225T180000Z"),
        format!("{day}\nDTEND;VALUE=DATE:20261225\nDURATION:P1D"),
        format!("{day}\nDURATION:one day"),
        format!("{day}\nRRULE:FREQ=HOURLY"),
        format!("{day}\nRRULE:INTERVAL=2"),
        format!("{day}\nRRULE:FREQ=YEARLY;BYEASTER=0"),
        format!("{day}\nRRULE:FREQ=YEARLY;BYMONTH=13"),
        format!("{day}\nRRULE:FREQ=WEEKLY;BYDAY=2MO"),
        format!("{day}\nRRULE:FREQ=DAILY;COUNT=3;UNTIL=20261231"),
        format!("{day}\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY"),
        format!("{day}\nEXRULE:FREQ=DAILY"),
        format!("{day}\nEXDATE:20261224T000000Z"),
        format!("{day}\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20261224"),
        format!("{day}\nno property"),
        format!("{day}\nEND:VTODO"),
    ] {
        let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{event}\nEND:VEVENT\nEND:VCALENDAR\n");
        let mut calendar: Calendar = "holidays.ics".parse().unwrap();
        let error = calendar.read(text.as_bytes()).unwrap_err();
        assert_eq!(calendar.events(), None, "{event}");
        said.push_str(&format!("{}\n  {error}\n", event.replace('\n', "\n| ")));
    }
    for text in [
        "",
        "BEGIN:VCALENDAR\nEND:VCALENDAR",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261224",
        "BEGIN:VCARD\nEND:VCARD",
        "VERSION:2.0",
        "BEGIN:VCALENDAR\nCALSCALE:JULIAN\nEND:VCALENDAR",
    ] {
        let error = "holidays.ics"
            .parse::<Calendar>()
            .unwrap()
            .read(text.as_bytes())
            .unwrap_err();
        said.push_str(&format!("{}\n  {error}\n", text.replace('\n', "\n| ")));
    }
    let error = "a.ics"
        .parse::<Calendar>()
        .unwrap()
        .read(b"BEGIN:VCALENDAR\nX:\xff")
        .unwrap_err();
    assert_eq!(error.to_string(), "line 2: this is no UTF-8 text");
    insta::assert_snapshot!(said);
    for path in ["", "/etc/holidays.ics", "../holidays.ics", "a/./b.ics", "a\\b.ics"] {
        assert!(path.parse::<Calendar>().is_err(), "{path}");
    }
}
