//! A rehearsal in words: a line a step while it runs, then the ladder as a table and the time line.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::document::Document as _;
use super::table;
use crate::commands::rehearse::{RehearseDocument, RehearseStatus, RehearsedRelease, ReleaseOutcome, TimelineEntry};

/// The width of the time line's bars, in columns.
const BAR: usize = 48;

/// One step, as it is shown while the rehearsal runs.
pub fn line(entry: &TimelineEntry) -> String {
    let place = entry.environment.as_ref().map(ToString::to_string).unwrap_or_default();
    format!("{}  {:<8} {place:<12} {}", moment(entry.at), entry.what, entry.detail)
}

/// The ladder as a table, and the time line of each release.
pub fn text(document: &RehearseDocument) -> String {
    let mut text = format!("\n{}\n", document.ladder.text().stdout);
    text.push_str(&time_line(document));
    text
}

/// How it ended, in one line.
pub fn ending(document: &RehearseDocument) -> String {
    let took = document.ended_at.duration_since(document.started_at);
    let took = crate::model::duration::Duration::from(took);
    let last = document.releases.last();
    let release = last.map(|release| release.tag.clone()).unwrap_or_default();
    let assumed = document
        .assumed
        .as_ref()
        .map(|assumed| format!("\n  {assumed}"))
        .unwrap_or_default();
    match document.status {
        RehearseStatus::Complete => {
            let events = document.events;
            let place = match last.and_then(|release| release.up_to.as_ref()) {
                Some(place) => format!("up to {place}"),
                None => "on every rung".to_owned(),
            };
            format!("\n{release} runs {place} after {took} of virtual time; {events} events, chain intact{assumed}\n")
        }
        RehearseStatus::Stopped => {
            let why = last
                .and_then(|release| release.timeline.last())
                .map(|entry| entry.detail.clone());
            let place = match last.and_then(|release| release.up_to.as_ref()) {
                Some(place) => place.as_str(),
                None => "the top",
            };
            format!(
                "\n{release} did not get to {place}: {}{assumed}\n",
                why.unwrap_or_default()
            )
        }
    }
}

fn time_line(document: &RehearseDocument) -> String {
    let scale = Scale {
        from: document.started_at,
        to: document.ended_at,
    };
    let mut rows = Vec::new();
    for release in &document.releases {
        for (environment, entries) in by_environment(release) {
            let bar = scale.bar(&entries);
            let last = entries.last().map(|entry| ended(entry)).unwrap_or_default();
            rows.push(vec![release.tag.clone(), environment, bar, last]);
        }
        let outcome = match release.outcome {
            ReleaseOutcome::Live => "live",
            ReleaseOutcome::Arrived => "arrived",
            ReleaseOutcome::RolledBack => "rolled back",
            ReleaseOutcome::Failed => "failed",
            ReleaseOutcome::Stuck => "stuck",
        };
        rows.push(vec![
            release.tag.clone(),
            String::new(),
            String::new(),
            outcome.to_owned(),
        ]);
    }
    let header = format!("{} .. {}", moment(scale.from), moment(scale.to));
    table::plain(&["release", "environment", &header, ""], &rows)
}

/// How a release ended in an environment, in few words; the lines above have them all.
fn ended(entry: &TimelineEntry) -> String {
    let at = moment(entry.at);
    match entry.what.as_str() {
        "promote" => format!("verified {at}"),
        "rollback" => format!("failed   {at}"),
        _ => entry.detail.clone(),
    }
}

/// The entries of each environment, in the order in which the release came to them.
fn by_environment(release: &RehearsedRelease) -> Vec<(String, Vec<&TimelineEntry>)> {
    let mut order: Vec<String> = Vec::new();
    let mut entries: BTreeMap<String, Vec<&TimelineEntry>> = BTreeMap::new();
    for entry in &release.timeline {
        let Some(environment) = &entry.environment else {
            continue;
        };
        let name = environment.to_string();
        if !entries.contains_key(&name) {
            order.push(name.clone());
        }
        entries.entry(name).or_default().push(entry);
    }
    order
        .into_iter()
        .map(|name| {
            let own = entries.remove(&name).unwrap_or_default();
            (name, own)
        })
        .collect()
}

struct Scale {
    from: Timestamp,
    to: Timestamp,
}

impl Scale {
    fn column(&self, at: Timestamp) -> usize {
        let whole = self.to.duration_since(self.from).as_secs_f64().max(1.0);
        let part = at.duration_since(self.from).as_secs_f64() / whole;
        ((part * (BAR - 1) as f64).round() as usize).min(BAR - 1)
    }

    /// Dots while the release waits for the gate, a block where it enters or fails.
    fn bar(&self, entries: &[&TimelineEntry]) -> String {
        let mut cells = vec![' '; BAR];
        for entry in entries {
            let end = self.column(entry.at);
            if let Some(waited) = entry.waited {
                let begin = self.column(entry.at - waited.signed());
                cells[begin..=end].fill('.');
            }
        }
        if let Some(last) = entries.last() {
            cells[self.column(last.at)] = if last.what == "promote" { '#' } else { 'x' };
        }
        cells.into_iter().collect::<String>().trim_end().to_owned()
    }
}

fn moment(at: Timestamp) -> String {
    at.strftime("%a %Y-%m-%d %H:%M").to_string()
}
