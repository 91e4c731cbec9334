//! Freezes on the days when clocks change, minute by minute, against a definition of their own: the zone's offsets are
//! written down here, and nothing of them is asked of the library that the rule uses.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use tidegate::model::verdict::RuleStatus::{Pass, Wait};
use tidegate::plan::gate::freeze;

use super::case::{Case, at};

/// A clock change: the zone, its moment, and the minutes ahead of UTC before and after it.
struct Change(&'static str, &'static str, i64, i64);

const CHANGES: [Change; 9] = [
    Change("Europe/Berlin", "2026-03-29T01:00:00Z", 60, 120),
    Change("Europe/Berlin", "2026-10-25T01:00:00Z", 120, 60),
    Change("America/New_York", "2026-03-08T07:00:00Z", -300, -240),
    Change("America/New_York", "2026-11-01T06:00:00Z", -240, -300),
    // Half an hour.
    Change("Australia/Lord_Howe", "2026-04-04T15:00:00Z", 660, 630),
    Change("Australia/Lord_Howe", "2026-10-03T15:30:00Z", 630, 660),
    // At midnight: Sunday has no 00:00 in spring, Saturday has 23:00 twice in autumn.
    Change("America/Santiago", "2026-04-05T03:00:00Z", -180, -240),
    Change("America/Santiago", "2026-09-06T04:00:00Z", -240, -180),
    // A day that never was.
    Change("Pacific/Apia", "2011-12-30T10:00:00Z", -600, 840),
];

/// Windows by their minutes from the earlier of the two readings of the clock at the change.
const WINDOWS: [(i64, i64); 6] = [(-90, 90), (-60, 20), (0, 60), (10, 50), (30, 120), (-720, 720)];

impl Change {
    /// Minutes since 1970 in UTC.
    fn moment(&self) -> i64 {
        at(self.1).as_second() / 60
    }

    /// The minutes since 1970 that the wall clock shows.
    fn wall(&self, minute: i64) -> i64 {
        minute + if minute < self.moment() { self.2 } else { self.3 }
    }

    /// The first and the last minute that a reading of the wall clock can mean: when it shows that; or, when it is never
    /// shown, when a clock that was set before or after the change would have.
    fn meant(&self, wall: i64) -> (i64, i64) {
        let both = [wall - self.2, wall - self.3];
        let shown = both.iter().copied().filter(|minute| self.wall(*minute) == wall);
        let shown: Vec<i64> = shown.collect();
        let meant = if shown.is_empty() { both.to_vec() } else { shown };
        (*meant.iter().min().unwrap(), *meant.iter().max().unwrap())
    }

    fn weekly(&self, (from, to): (i64, i64)) -> String {
        let text = |wall: i64| {
            let civil = DateTime::constant(1970, 1, 1, 0, 0, 0, 0) + SignedDuration::from_mins(wall);
            civil.strftime("%a %H:%M").to_string()
        };
        format!("{}..{}", text(from), text(to))
    }
}

/// Asks the rule every minute, and holds it to the times at which it says that it opens.
fn every_minute(change: &Change, window: (i64, i64), key: &str) {
    let text = change.weekly(window);
    let case = Case::new(&format!(
        "gate.freeze = {{ zone = '{}', {key} = ['{text}'] }}",
        change.0
    ));
    let policy = case.environment.gate.freeze.unwrap();
    let (from, to) = (change.meant(window.0), change.meant(window.1));
    let mut promised: Option<Timestamp> = None;
    for minute in change.moment() - 24 * 60..change.moment() + 24 * 60 {
        let now = Timestamp::from_second(minute * 60).unwrap();
        let title = format!("{} {key} {text} at {now}", change.0);
        let outcome = freeze::judge(&policy, now);
        let open = outcome.status == Pass;
        let shown = (window.0..window.1).contains(&change.wall(minute));
        if key == "deny" {
            let widest = from.0 <= minute && minute < to.1;
            assert_eq!(open, !widest, "{title}");
            assert!(!shown || !open, "{title}: the wall clock shows a denied time");
        } else {
            let narrowest = from.1 <= minute && minute < to.0;
            assert_eq!(open, narrowest, "{title}");
            assert!(shown || !open, "{title}: the wall clock shows no allowed time");
        }
        if let Some(promise) = promised.filter(|promise| now < *promise) {
            assert_eq!(
                outcome.next_check_at,
                Some(promise),
                "{title}: it neither opens early nor puts off"
            );
        } else if promised == Some(now) {
            assert!(open, "{title}: it opens when it said so");
        }
        assert!(open || outcome.status == Wait, "{title}");
        promised = outcome.next_check_at;
    }
}

#[test]
fn denied_windows_are_at_their_widest_and_allowed_ones_at_their_narrowest() {
    for change in &CHANGES {
        let earlier = change.moment() + change.2.min(change.3);
        for (from, to) in WINDOWS {
            let window = (earlier + from, earlier + to);
            every_minute(change, window, "deny");
            every_minute(change, window, "allow");
        }
    }
}

#[test]
fn a_window_that_the_clock_change_swallows() {
    // 02:10 to 02:50 comes twice on that night, so nobody can say which is meant: the gate opens a week later.
    let allow = Case::new("gate.freeze = { zone = 'Europe/Berlin', allow = ['Sun 02:10..Sun 02:50'] }");
    let verdict = allow.when("2026-10-24T12:00:00Z").judge();
    assert_eq!(verdict.next_check_at, Some(at("2026-11-01T01:10:00Z")));
    // In spring it does not come at all.
    let verdict = allow.when("2026-03-28T12:00:00Z").judge();
    assert_eq!(verdict.next_check_at, Some(at("2026-04-05T00:10:00Z")));
}

#[test]
fn a_later_moment_never_reopens_a_denied_window_early() {
    let mut seed: u64 = 20_260_311;
    let mut next = |below: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let mut closed = 0;
    for round in 0..400 {
        let mut end = || format!("{} {:02}:{:02}", days[next(7) as usize], next(24), next(60));
        let windows = [format!("{}..{}", end(), end()), format!("{}..{}", end(), end())];
        let Change(zone, moment, ..) = CHANGES[round % CHANGES.len()];
        let rule = format!("gate.freeze = {{ zone = '{zone}', deny = {windows:?} }}");
        let Ok(policy) = toml::from_str::<tidegate::model::policy::Gate>(&rule.replace("gate.freeze", "freeze")) else {
            continue;
        };
        let policy = policy.freeze.unwrap();
        let now = at(moment) + SignedDuration::from_mins(next(8 * 1440) as i64 - 4 * 1440);
        let outcome = freeze::judge(&policy, now);
        let Some(opens) = outcome.next_check_at else { continue };
        closed += 1;
        let left = opens.duration_since(now).as_mins() as u64;
        for later in [0, left / 2, left.saturating_sub(1), next(left.max(1))] {
            let later = now + SignedDuration::from_mins(later as i64);
            let again = freeze::judge(&policy, later);
            assert_eq!(
                again.next_check_at,
                Some(opens),
                "{rule} at {now}, asked again at {later}"
            );
        }
        assert_eq!(freeze::judge(&policy, opens).status, Pass, "{rule} at {opens}");
    }
    assert!(closed > 100, "{closed} moments were closed");
}
