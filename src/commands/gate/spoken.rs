//! The words of the ledger and what their proofs prove.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::collect::side_by_side;
use crate::config::Overrides;
use crate::config::settings::ReadAt;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::fact::FactState;
use crate::model::name::EnvironmentName;
use crate::model::proof::{Deed, Proof, Standing, Statement, Subject as About};
use crate::model::record::RunRecord;
use crate::model::release::Release;
use crate::model::state::{EnvironmentState, Said, SpokenWord};
use crate::plan::proof::{differs, of_run};
use crate::policy::at;

/// A word of the ledger.
pub struct Spoken<'a> {
    /// The word.
    pub word: &'a SpokenWord,
    /// When it was said: the signed time, or that at which its run started, where there is one.
    pub at: Timestamp,
    /// Whether it is proven.
    pub standing: Standing,
}

/// What a word about a release in an environment is about.
pub fn about(context: &Context, environment: &EnvironmentName, release: &Release) -> Result<About> {
    Ok(About {
        environment: Some(environment.clone()),
        component: Some(release.component.clone()),
        digest: Some(release.digest.clone()),
        policy: Some(context.settings.policy(environment)?.digest),
        ..About::of(&context.identity_of_project)
    })
}

/// The statement that a word of the ledger amounts to.
fn statement_of(about: &About, word: &SpokenWord) -> Statement {
    let deed = match word.said {
        Said::Approved => Deed::Approve,
        Said::Rejected => Deed::Reject,
        Said::Overridden { .. } => Deed::Override,
    };
    let mut statement = Statement::new(deed, about.clone(), word.by.clone(), word.at);
    if let Said::Overridden { rules, until, .. } = &word.said {
        statement.rules = rules.clone();
        statement.until = Some(*until);
    }
    statement.reason = word.reason.clone();
    statement
}

/// The words of the ledger on a subject, with what they prove. A proof counts once: a word that brings one again is an old
/// word in a new place.
pub async fn spoken<'a>(context: &Context, about: &About, state: &'a EnvironmentState) -> Vec<Spoken<'a>> {
    let own =
        |word: &&SpokenWord| Some(&word.digest) == about.digest.as_ref() && Some(&word.policy) == about.policy.as_ref();
    let own: Vec<&SpokenWord> = state.words.iter().filter(own).collect();
    let weighed = own.iter().map(|word| async {
        let statement = statement_of(about, word);
        weigh(context, word.proof.as_ref(), &statement).await
    });
    let weighed = side_by_side(weighed).await;
    let mut used: BTreeSet<&Proof> = BTreeSet::new();
    let mut spoken = Vec::new();
    for (word, mut weighed) in own.into_iter().zip(weighed) {
        if let Some(proof) = &word.proof {
            if used.contains(proof) {
                weighed = Weighed::of(Standing::unproven("its proof stood beside an earlier word"));
            }
            // A copy that proves nothing takes nothing away from the word that it was copied from.
            if matches!(weighed.standing, Standing::Proven { .. }) {
                used.insert(proof);
            }
        }
        spoken.push(Spoken {
            word,
            at: weighed.at.unwrap_or(word.at),
            standing: weighed.standing,
        });
    }
    spoken
}

/// What a proof is worth.
pub struct Weighed {
    /// Whether it proves what was said.
    pub standing: Standing,
    /// When it was made, where it tells.
    pub at: Option<Timestamp>,
}

impl Weighed {
    fn of(standing: Standing) -> Self {
        Self { standing, at: None }
    }
}

/// What a proof proves of a statement.
pub async fn stand(context: &Context, proof: Option<&Proof>, statement: &Statement) -> Standing {
    weigh(context, proof, statement).await.standing
}

/// What a proof proves of a statement, and when it was made.
pub async fn weigh(context: &Context, proof: Option<&Proof>, statement: &Statement) -> Weighed {
    let now = context.clock.now();
    match proof {
        None => Weighed::of(Standing::unproven("nothing proves the name")),
        Some(Proof::Run { run, attempt }) => match record(context, run, *attempt).await {
            Ok(record) => {
                let branch = context.settings.default_branch.as_deref();
                let standing = of_run(run, &record, statement, branch);
                let FactState::Known { value } = record else {
                    return Weighed::of(standing);
                };
                let standing = match (&standing, under_another_policy(context, run, &value, statement)) {
                    (Standing::Proven { .. }, Some(other)) => other,
                    _ => standing,
                };
                let at = Some(value.started_at);
                Weighed { standing, at }
            }
            Err(standing) => Weighed::of(standing),
        },
        Some(signed) => {
            let Some(said) = signed.statement() else {
                return Weighed::of(Standing::unproven("what was signed is no statement"));
            };
            // The signature first: what a text says that nobody signed is of no interest.
            let standing = context.identity.check(&statement.by, signed, &[said.at, now]).await;
            let standing = match differs(&said, statement, now) {
                Some(why) if matches!(standing, Standing::Proven { .. }) => Standing::Unproven { why },
                _ => standing,
            };
            let at = Some(said.at);
            Weighed { standing, at }
        }
    }
}

/// Why a run does not speak under the policy that a statement is bound to: a run is of the default branch, and the policy
/// that it was started under is the one at its commit. Nothing where it is the same.
fn under_another_policy(context: &Context, run: &str, record: &RunRecord, statement: &Statement) -> Option<Standing> {
    let (environment, policy) = (
        statement.subject.environment.as_ref()?,
        statement.subject.policy.as_ref()?,
    );
    let Some(now) = &context.settings.read_at else {
        let why = format!("the default branch has no policy yet, under which run {run} could speak");
        return Some(Standing::Unknown { why });
    };
    if now.commit == record.commit {
        return None;
    }
    let then = ReadAt {
        commit: record.commit.clone(),
        path: now.path.clone(),
    };
    let found = at(
        context.repository.as_ref(),
        &then,
        "the run",
        &context.settings,
        &Overrides::default(),
    );
    match found {
        Ok(Some(settings)) if settings.policy(environment).is_ok_and(|found| found.digest == *policy) => None,
        Err(error @ Error::Outside { .. }) => {
            let why = format!("the policy that run {run} was started under could not be read: {error}");
            Some(Standing::Unknown { why })
        }
        _ => Some(Standing::unproven(format!(
            "run {run} was started under another policy"
        ))),
    }
}

/// The forge's record of an attempt of a run.
pub(super) async fn record(context: &Context, run: &str, attempt: u32) -> Result<FactState<RunRecord>, Standing> {
    match &context.records {
        Some(records) => Ok(records.run(run, attempt).await),
        None => Err(Standing::Unknown {
            why: format!("run {run} could not be read: there is no token for GitHub"),
        }),
    }
}
