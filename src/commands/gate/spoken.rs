//! The words of the ledger and what their proofs prove.

use std::collections::{BTreeMap, BTreeSet};

use crate::context::Context;
use crate::error::Result;
use crate::model::actor::Actor;
use crate::model::fact::FactState;
use crate::model::name::EnvironmentName;
use crate::model::proof::{Deed, Proof, Standing, Statement, Subject as About};
use crate::model::record::RunRecord;
use crate::model::release::Release;
use crate::model::state::{EnvironmentState, Said, SpokenWord};
use crate::plan::proof::{differs, of_run};

/// A word of the ledger.
pub struct Spoken<'a> {
    /// The word.
    pub word: &'a SpokenWord,
    /// Whether it is proven.
    pub standing: Standing,
}

/// What a word about a release in an environment is about.
pub fn about(context: &Context, environment: &EnvironmentName, release: &Release) -> Result<About> {
    Ok(About {
        project: context.identity_of_project.clone(),
        environment: Some(environment.clone()),
        component: Some(release.component.clone()),
        digest: Some(release.digest.clone()),
        policy: Some(context.settings.policy(environment)?.digest),
        lock: None,
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
    let own = state.words.iter();
    let own =
        own.filter(|word| Some(&word.digest) == about.digest.as_ref() && Some(&word.policy) == about.policy.as_ref());
    let mut used: BTreeSet<&Proof> = BTreeSet::new();
    let mut newest: BTreeMap<&Actor, &str> = BTreeMap::new();
    let mut spoken = Vec::new();
    for word in own {
        let statement = statement_of(about, word);
        let standing = match &word.proof {
            Some(proof) if used.contains(proof) => Standing::unproven("its proof stood beside an earlier word"),
            Some(Proof::Run { run }) if is_older(run, newest.get(&word.by)) => {
                Standing::unproven(format!("run {run} is older than that of a later word"))
            }
            proof => stand(context, proof.as_ref(), &statement).await,
        };
        // A copy that proves nothing takes nothing away from the word that it was copied from.
        if let (Some(proof), Standing::Proven { .. }) = (&word.proof, &standing) {
            used.insert(proof);
            if let Proof::Run { run } = proof {
                newest.insert(&word.by, run);
            }
        }
        spoken.push(Spoken { word, standing });
    }
    spoken
}

/// Whether a run has a lower number than another: GitHub counts them upwards.
fn is_older(run: &str, newest: Option<&&str>) -> bool {
    let number = |run: &str| run.parse::<u64>().ok();
    newest.is_some_and(|newest| number(run) < number(newest))
}

/// What a proof proves of a statement.
pub async fn stand(context: &Context, proof: Option<&Proof>, statement: &Statement) -> Standing {
    let now = context.clock.now();
    match proof {
        None => Standing::unproven("nothing proves the name"),
        Some(Proof::Run { run }) => match record(context, run).await {
            Ok(record) => of_run(run, &record, statement, default_branch(context).as_deref()),
            Err(standing) => standing,
        },
        Some(signed) => {
            let Some(said) = signed.statement() else {
                return Standing::unproven("what was signed is no statement");
            };
            // The signature first: what a text says that nobody signed is of no interest.
            let standing = context.identity.check(&statement.by, signed, &[said.at, now]).await;
            match differs(&said, statement, now) {
                Some(why) if matches!(standing, Standing::Proven { .. }) => Standing::Unproven { why },
                _ => standing,
            }
        }
    }
}

/// The forge's record of a run.
pub(super) async fn record(context: &Context, run: &str) -> Result<FactState<RunRecord>, Standing> {
    match &context.records {
        Some(records) => Ok(records.run(run).await),
        None => Err(Standing::Unknown {
            why: format!("run {run} could not be read: there is no token for GitHub"),
        }),
    }
}

/// The default branch, without what stands before its name.
pub(super) fn default_branch(context: &Context) -> Option<String> {
    let name = context.repository.default_branch().ok().flatten()?;
    let bare = name.strip_prefix("refs/heads/").map(str::to_owned);
    bare.or_else(|| {
        name.strip_prefix("refs/remotes/")?
            .split_once('/')
            .map(|(_, branch)| branch.to_owned())
    })
}
