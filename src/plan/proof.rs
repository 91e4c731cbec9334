//! Whether a proof is one of what was said: a statement for another environment, digest, policy or project proves nothing
//! here, and a run proves what its title says.

use jiff::{SignedDuration, Timestamp};

use crate::model::fact::FactState;
use crate::model::proof::{STATEMENT_SCHEMA, Standing, Statement};
use crate::model::record::RunRecord;

/// How far a signer's clock may be ahead of ours.
const AHEAD: SignedDuration = SignedDuration::from_mins(5);

/// Why a signed statement is not the one that was to be proven; nothing when it is. The time may differ from
/// `expected`: the signed one counts.
pub fn differs(signed: &Statement, expected: &Statement, now: Timestamp) -> Option<String> {
    let (one, other) = (&signed.subject, &expected.subject);
    let is_for = |what: String| Some(format!("the signature is for {what}"));
    let named = |value: Option<&str>| value.map_or("none".to_owned(), str::to_owned);
    if signed.schema != STATEMENT_SCHEMA {
        return is_for(format!("a statement of the format {}", signed.schema));
    }
    if signed.deed != expected.deed {
        return is_for(format!("the word `{}`", signed.deed.word()));
    }
    if one.project != other.project {
        return is_for(format!("another project: {}", one.project));
    }
    if one.environment != other.environment {
        let name = one.environment.as_ref().map(|name| name.as_str());
        return is_for(format!("another environment: {}", named(name)));
    }
    if one.component != other.component {
        let name = one.component.as_ref().map(|name| name.as_str());
        return is_for(format!("another component: {}", named(name)));
    }
    if one.digest != other.digest {
        let digest = one.digest.as_ref().map(|digest| digest.short());
        return is_for(format!("another release: {}", named(digest)));
    }
    if one.policy != other.policy {
        let policy = one.policy.as_ref().map(|policy| policy.short());
        return is_for(format!("another policy: {}", named(policy)));
    }
    if one.lock != other.lock {
        let number = one.lock.map(|number| number.to_string());
        return is_for(format!("another lock: {}", named(number.as_deref())));
    }
    if one.hotfix != other.hotfix {
        let version = one.hotfix.as_ref().map(ToString::to_string);
        return is_for(format!("another hotfix: {}", named(version.as_deref())));
    }
    if one.commit != other.commit {
        let commit = one.commit.as_ref().map(|commit| commit.short());
        return is_for(format!("another commit: {}", named(commit)));
    }
    if signed.by != expected.by {
        return is_for(format!("a word of {}", signed.by));
    }
    if signed.rules != expected.rules || signed.until != expected.until {
        return is_for("other rules or another end".to_owned());
    }
    if signed.reason != expected.reason {
        return is_for("another reason".to_owned());
    }
    if signed.at > now + AHEAD {
        return Some(format!("the signature is of a time to come: {}", signed.at));
    }
    None
}

/// Whether the record of a run proves a statement: a person started it by hand, from the workflow of the default branch, and
/// its title says the same.
pub fn of_run(run: &str, record: &FactState<RunRecord>, statement: &Statement, branch: Option<&str>) -> Standing {
    let found = match recorded(run, record, &statement.by.0, branch) {
        Ok(found) => found,
        Err(standing) => return standing,
    };
    if found.event != "workflow_dispatch" {
        return Standing::unproven(format!("run {run} was started by `{}`, not by hand", found.event));
    }
    let title = statement.title();
    if found.title.trim() != title {
        return Standing::unproven(format!("the title of run {run} is `{}`, not `{title}`", found.title));
    }
    proven(run)
}

/// Whether the record of the run that is under way proves who set it off.
pub fn of_own_run(run: &str, record: &FactState<RunRecord>, by: &str, branch: Option<&str>) -> Standing {
    match recorded(run, record, by, branch) {
        Ok(_) => proven(run),
        Err(standing) => standing,
    }
}

fn proven(run: &str) -> Standing {
    Standing::Proven {
        how: format!("run {run}"),
    }
}

/// The record of a run that this person set off, from a workflow of the default branch.
fn recorded<'a>(
    run: &str,
    record: &'a FactState<RunRecord>,
    by: &str,
    branch: Option<&str>,
) -> Result<&'a RunRecord, Standing> {
    let found = match record {
        FactState::Known { value } => value,
        FactState::Absent => return Err(Standing::unproven(format!("there is no run {run}"))),
        FactState::Forbidden { reason } => {
            let why = format!("run {run} may not be read: {reason}");
            return Err(Standing::Unknown { why });
        }
        FactState::Unavailable { reason } => {
            let why = format!("run {run} could not be read: {reason}");
            return Err(Standing::Unknown { why });
        }
    };
    if found.bot {
        return Err(Standing::unproven(format!(
            "run {run} was set off by the bot {}",
            found.actor
        )));
    }
    if !found.actor.eq_ignore_ascii_case(by) {
        return Err(Standing::unproven(format!("run {run} was set off by {}", found.actor)));
    }
    let Some(branch) = branch else {
        let why = format!("the default branch is not known, from which run {run} must be");
        return Err(Standing::Unknown { why });
    };
    if found.branch.as_deref() != Some(branch) {
        let other = found.branch.as_deref().unwrap_or("no branch");
        return Err(Standing::unproven(format!(
            "run {run} is of a workflow on {other}, not on {branch}"
        )));
    }
    Ok(found)
}
