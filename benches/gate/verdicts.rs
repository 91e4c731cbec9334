//! How long a verdict of 15 rules takes once its facts are there: policy, facts and the time in, the answer out.

use std::hint::black_box;
use std::time::Instant;

use tidegate::commands::gate::facts::FactsDocument;
use tidegate::model::verdict::VerdictStatus;
use tidegate::plan::gate::facts::Policy;
use tidegate::plan::gate::verdict::judge;

use crate::measure::row;
use crate::sources::Sources;

const VERDICTS: u32 = 20_000;

/// The facts are those that the gate of the sources sees.
pub fn measure(sources: &Sources) {
    let seen: FactsDocument = serde_json::from_slice(&sources.facts()).unwrap();
    let settings = sources.settings();
    let policy = Policy {
        name: &seen.environment,
        environment: settings.environment(&seen.environment).unwrap(),
        teams: settings.teams(),
        reference: settings.policy(&seen.environment).unwrap(),
    };
    let verdict = judge(&policy, &seen.facts, seen.at);
    assert_eq!(verdict.status, VerdictStatus::Open, "{verdict:#?}");
    let begin = Instant::now();
    for _ in 0..VERDICTS {
        black_box(judge(black_box(&policy), black_box(&seen.facts), seen.at));
    }
    let each = begin.elapsed().as_secs_f64() / f64::from(VERDICTS);
    // 10,000 a second.
    row("a verdict of 15 rules", (each * 1e6, "µs"), None, Some(100.0));
}
