//! How an event changes the state of its stream. Pure: the same events leave the same state behind.

use jiff::Timestamp;

use super::chain::Draft;
use crate::model::duration::Duration;
use crate::model::event::{EventBody, Word};
use crate::model::evidence::Evidence;
use crate::model::freeze::{BranchesState, Freeze};
use crate::model::hotfix::Hotfix;
use crate::model::last_verdict::LastVerdict;
use crate::model::proof::Proof;
use crate::model::recovery::Outcome;
use crate::model::release::Release;
use crate::model::state::{
    Attempt, BranchRecord, ComponentState, EnvironmentState, Failure, Lifted, Lock, LockState, Progress, Rejection,
    Residence, Said, SpokenWord, StreamState, Unlock, VersionRecord,
};
use crate::model::stream::Stream;

/// How many verified releases an environment remembers to go back to.
const REMEMBERED: usize = 10;

/// On how many digests an environment remembers the last verdict.
const VERDICTS: usize = 20;

/// Why the ladder is shut after a recovery.
const RECOVERED: &str = "the ledger was recovered: what people said in the lost events is not known";

/// The state of a stream before its first event.
pub fn initial(stream: &Stream) -> StreamState {
    match stream {
        Stream::Component(_) => StreamState::Component(ComponentState::default()),
        Stream::Environment(..) => StreamState::Environment(Box::default()),
        Stream::Lock(_) | Stream::Ladder => StreamState::Lock(LockState::default()),
        Stream::Branches => StreamState::Branches(BranchesState::default()),
    }
}

/// The state after an event. An event that does not belong to this kind of stream changes nothing.
pub fn project(mut state: StreamState, event: &Draft) -> StreamState {
    match &mut state {
        StreamState::Component(component) => project_component(component, event),
        StreamState::Environment(environment) => project_environment(environment, event),
        StreamState::Lock(lock) => project_lock(lock, event),
        StreamState::Branches(branches) => project_branches(branches, event),
    }
    state
}

fn project_component(state: &mut ComponentState, event: &Draft) {
    match &event.body {
        EventBody::Tagged {
            version, tag, commit, ..
        } => {
            let release = state.versions.remove(version).and_then(|record| record.release);
            let record = VersionRecord {
                tag: tag.clone(),
                commit: commit.clone(),
                requested_by: Some(event.actor.clone()),
                made: true,
                release,
            };
            state.versions.insert(version.clone(), record);
        }
        EventBody::Pushed { release } => {
            let record = state
                .versions
                .entry(release.version.clone())
                .or_insert_with(|| VersionRecord {
                    tag: release.tag.clone(),
                    commit: release.commit.clone(),
                    requested_by: Some(event.actor.clone()),
                    made: false,
                    release: None,
                });
            record.release = Some(release.clone());
        }
        EventBody::VersionRecovered {
            version,
            tag,
            commit,
            release,
            ..
        } => {
            let unknown = || VersionRecord {
                tag: tag.clone(),
                commit: commit.clone(),
                requested_by: None,
                made: false,
                release: None,
            };
            let record = state.versions.entry(version.clone()).or_insert_with(unknown);
            record.release = release.clone().or(record.release.take());
        }
        EventBody::BranchCut { branch, commit, .. } => {
            let record = BranchRecord {
                commit: commit.clone(),
                at: event.at,
            };
            state.branches.insert(branch.clone(), record);
        }
        EventBody::Proposed { head, base, .. } => {
            state.proposals.insert(head.clone(), base.clone());
        }
        EventBody::HotfixOpened {
            version,
            branch,
            commit,
            reason,
            proof,
            ..
        } => {
            let new = || Hotfix {
                branch: branch.clone(),
                commit: commit.clone(),
                opened: Vec::new(),
            };
            let hotfix = state.hotfixes.entry(version.clone()).or_insert_with(new);
            if hotfix.commit == *commit {
                hotfix.opened.push(lifted(event, reason.as_ref(), proof.as_ref()));
            }
        }
        EventBody::RejectedEverywhere { digest, reason, .. } => {
            let rejection = Rejection {
                by: event.actor.clone(),
                at: event.at,
                reason: reason.clone(),
                withdrawn: Vec::new(),
            };
            state.rejections.insert(digest.clone(), rejection);
        }
        EventBody::RejectionWithdrawn {
            digest, reason, proof, ..
        } => {
            if let Some(rejection) = state.rejections.get_mut(digest) {
                rejection.withdrawn.push(lifted(event, Some(reason), proof.as_ref()));
            }
        }
        _ => {}
    }
}

fn project_environment(state: &mut EnvironmentState, event: &Draft) {
    let at = event.at;
    match &event.body {
        EventBody::DeploymentStarted {
            release,
            holder,
            until,
            rollback_from,
            evidence,
            ..
        } => {
            if let Some(evidence) = evidence {
                keep(state, event, evidence);
            }
            end_stay(state, at);
            state.attempt = Some(Attempt {
                number: event.sequence,
                release: release.clone(),
                progress: Progress::Started,
                actor: event.actor.clone(),
                holder: holder.clone(),
                started_at: at,
                until: *until,
                rollback_from: rollback_from.clone(),
            });
        }
        EventBody::Judged { evidence } => keep(state, event, evidence),
        EventBody::DeploymentSucceeded { .. } => {
            if let Some(attempt) = &mut state.attempt {
                attempt.progress = Progress::Deployed;
                state.current = Some(Residence {
                    release: attempt.release.clone(),
                    deployed_at: at,
                    verified_at: None,
                });
            }
        }
        EventBody::DeploymentFailed {
            digest, during, reason, ..
        } => {
            if let Some(attempt) = &mut state.attempt {
                attempt.progress = Progress::Failed {
                    during: *during,
                    reason: reason.clone(),
                };
            }
            fail(state, digest.clone(), at, reason);
        }
        EventBody::Verified { .. } => {
            if let Some(attempt) = state.attempt.take() {
                let verified = &attempt.release.version.0;
                let verdicts = &mut state.verdicts;
                verdicts.retain(|_, last| last.version.0.cmp_precedence(verified).is_gt());
                settle(state, attempt.release, at);
                state.rolled_back_from = None;
            }
        }
        EventBody::RolledBack { from, to, reason, .. } => {
            state.attempt = None;
            fail(state, from.clone(), at, reason);
            settle(state, to.clone(), at);
            state.rolled_back_from = Some(from.clone());
        }
        EventBody::DeploymentRecovered {
            release,
            began_at,
            outcome,
            ..
        } => bring_back(state, release, *began_at, outcome),
        EventBody::HoldCleared {
            digest, reason, proof, ..
        } => {
            if let Some(failure) = state.failures.get_mut(digest) {
                failure.cleared.push(lifted(event, Some(reason), proof.as_ref()));
                let ended = |attempt: &mut Attempt| {
                    attempt.release.digest == *digest && matches!(attempt.progress, Progress::Failed { .. })
                };
                state.attempt.take_if(ended);
            }
        }
        EventBody::Approved(word) => speak(state, event, word, Said::Approved),
        EventBody::Rejected(word) => speak(state, event, word, Said::Rejected),
        EventBody::Overridden {
            word,
            rules,
            until,
            set_aside,
        } => {
            let said = Said::Overridden {
                rules: rules.clone(),
                until: *until,
                set_aside: set_aside.clone(),
            };
            speak(state, event, word, said);
        }
        _ => {}
    }
}

/// The last verdict on a digest takes the place of the one before.
fn keep(state: &mut EnvironmentState, event: &Draft, evidence: &Evidence) {
    let verdict = evidence.verdict();
    let last = LastVerdict::new(verdict, event.sequence);
    state.verdicts.insert(verdict.release.digest.clone(), last);
    if state.verdicts.len() > VERDICTS {
        let oldest = state.verdicts.iter().min_by_key(|(_, last)| last.event);
        if let Some(digest) = oldest.map(|(digest, _)| digest.clone()) {
            state.verdicts.remove(&digest);
        }
    }
}

/// A deployment that was lost, at the times that the forge has.
fn bring_back(state: &mut EnvironmentState, release: &Release, began_at: Timestamp, outcome: &Outcome) {
    end_stay(state, began_at);
    match outcome {
        Outcome::Verified { at, until } => {
            settle(state, release.clone(), *at);
            if let Some(until) = until {
                end_stay(state, *until);
            }
        }
        Outcome::Failed { at, reason } => fail(state, release.digest.clone(), *at, reason),
        Outcome::Unknown => {}
    }
}

/// What ran verified until now has stayed that long.
fn end_stay(state: &mut EnvironmentState, at: Timestamp) {
    let Some(current) = &mut state.current else { return };
    let Some(since) = current.verified_at.take() else {
        return;
    };
    let stay: Duration = at.duration_since(since).into();
    let longest = state.stays.entry(current.release.digest.clone()).or_default();
    *longest = stay.max(*longest);
}

/// From now on `release` runs here, verified.
fn settle(state: &mut EnvironmentState, release: Release, at: Timestamp) {
    let deployed_at = match &state.current {
        Some(current) if current.release.digest == release.digest => current.deployed_at,
        _ => at,
    };
    state.failures.remove(&release.digest);
    state.verdicts.remove(&release.digest);
    let residence = Residence {
        release,
        deployed_at,
        verified_at: Some(at),
    };
    state
        .verified
        .retain(|earlier| earlier.release.digest != residence.release.digest);
    state.verified.insert(0, residence.clone());
    state.verified.truncate(REMEMBERED);
    state.current = Some(residence);
}

fn fail(state: &mut EnvironmentState, digest: crate::model::digest::Digest, at: Timestamp, reason: &str) {
    if state
        .failures
        .get(&digest)
        .is_none_or(|failure| !failure.cleared.is_empty())
    {
        let reason = reason.to_owned();
        let cleared = Vec::new();
        state.failures.insert(digest, Failure { at, reason, cleared });
    }
}

fn lifted(event: &Draft, reason: Option<&String>, proof: Option<&Proof>) -> Lifted {
    Lifted {
        by: event.actor.clone(),
        at: event.at,
        reason: reason.cloned(),
        proof: proof.cloned(),
    }
}

fn speak(state: &mut EnvironmentState, event: &Draft, word: &Word, said: Said) {
    state.words.push(SpokenWord {
        by: event.actor.clone(),
        at: event.at,
        digest: word.digest.clone(),
        policy: word.policy.clone(),
        said,
        reason: word.reason.clone(),
        proof: word.proof.clone(),
    });
}

fn project_lock(state: &mut LockState, event: &Draft) {
    match &event.body {
        EventBody::Locked { reason, until, .. } => state.put(Lock {
            number: event.sequence,
            by: event.actor.clone(),
            at: event.at,
            reason: reason.clone(),
            until: *until,
            loss: None,
        }),
        EventBody::Recovered { loss } => state.put(Lock {
            number: event.sequence,
            by: event.actor.clone(),
            at: event.at,
            reason: RECOVERED.to_owned(),
            until: None,
            loss: Some(Box::new(loss.clone())),
        }),
        EventBody::Unlocked {
            number, reason, proof, ..
        } => state.take(Unlock {
            number: *number,
            by: lifted(event, reason.as_ref(), proof.as_ref()),
        }),
        _ => {}
    }
}

fn project_branches(state: &mut BranchesState, event: &Draft) {
    match &event.body {
        EventBody::BranchFrozen {
            branch,
            reason,
            until,
            label,
        } => {
            let freeze = Freeze {
                number: event.sequence,
                by: event.actor.clone(),
                at: event.at,
                reason: reason.clone(),
                until: *until,
                label: label.clone(),
                thawed: None,
            };
            state.freezes.insert(branch.clone(), freeze);
        }
        EventBody::BranchThawed { branch, number, .. } => {
            if let Some(freeze) = state.freezes.get_mut(branch).filter(|freeze| freeze.number == *number) {
                freeze.thawed = Some(event.actor.clone());
            }
        }
        _ => {}
    }
}
