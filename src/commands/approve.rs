//! `approve` and `reject`: a person's word about a release for an environment, bound to digest and policy and proven.

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::gate::hotfix;
use super::gate::people::{ledger_words, may_approve};
use super::gate::spoken::{about, spoken, stand};
use super::prove::prove;
use super::subject::find_subject;
use crate::apply::{Receipt, apply};
use crate::cli::EnvironmentReleaseArgs;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::actor::Actor;
use crate::model::event::Word;
use crate::model::name::EnvironmentName;
use crate::model::policy::WordSource;
use crate::model::proof::{Standing, Statement};
use crate::model::release::Release;
use crate::model::state::{EnvironmentState, Said};
use crate::model::step::Step;
use crate::model::verdict::PolicyRef;
use crate::plan::gate::entitled::Entitled;
use crate::plan::gate::voices::{Voice, voices};
use crate::plan::word::{Choice, speak};
use crate::ports::ledger::Observed;
use crate::report::document::{Document, Text};
use crate::report::steps;

/// The arguments of `approve` and `reject`.
#[derive(Clone, Debug, Args)]
pub struct ApproveArgs {
    /// The environment and the release.
    #[command(flatten)]
    pub subject: EnvironmentReleaseArgs,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// The result of `approve` and `reject`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ApproveDocument {
    /// What was said.
    pub word: Choice,
    /// Who said it.
    pub by: Actor,
    /// The environment.
    pub environment: EnvironmentName,
    /// The release.
    pub release: Release,
    /// The policy that was in force.
    pub policy: PolicyRef,
    /// Whether it had been said before.
    pub already: bool,
    /// Whether it is proven who said it; absent in a dry run, which signs nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Standing>,
    /// Whether the gate counts this person's word: it is proven, and `approvals` means the person.
    pub counts: bool,
    /// Why it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
    /// Whether the plan was shown instead of carried out.
    pub dry_run: bool,
    /// The plan.
    pub steps: Vec<Step>,
}

/// Says yes or no.
pub async fn run(context: &Context, args: &ApproveArgs, choice: Choice) -> Result<ApproveDocument> {
    let environment = &args.subject.environment;
    context.settings.environment(environment)?;
    let policy = context.settings.policy(environment)?;
    loop {
        let view = context.ledger.open().await?;
        let subject = find_subject(context, view.as_ref(), &args.subject.release).await?;
        let read = view.environment(environment, &subject.component.name)?;
        let about = about(context, environment, &subject.release)?;
        let mut statement = Statement::new(choice.deed(), about, context.actor.clone(), context.clock.now());
        statement.reason = args.reason.clone();
        let before = own_voice(context, &statement, &read.state).await;
        statement.at = after(before.latest, statement.at);
        let mut word = Word {
            environment: environment.clone(),
            component: subject.component.name.clone(),
            digest: subject.release.digest.clone(),
            policy: policy.digest.clone(),
            reason: args.reason.clone(),
            proof: None,
        };
        let said = choice.is_said(&before).then_some(before.how).flatten();
        let proof = match (said, context.dry_run) {
            (Some(how), _) => Some(Standing::Proven { how }),
            (None, true) => None,
            (None, false) => match prove(context, &statement).await? {
                Ok(proof) => Some(stand(context, Some(word.proof.insert(proof)), &statement).await),
                Err(why) => Some(Standing::Unproven { why }),
            },
        };
        let already = proof.is_some() && word.proof.is_none() && is_last(&read.state, &context.actor, &word, choice);
        let (subject, _) = hotfix::trusted(context, environment, &subject).await?;
        let why_not = why_not(context, environment, proof.as_ref(), subject.hotfix.is_some()).await?;
        let document = ApproveDocument {
            word: choice,
            by: context.actor.clone(),
            environment: environment.clone(),
            release: subject.release,
            policy: policy.clone(),
            already,
            proof,
            counts: why_not.is_none(),
            why_not,
            dry_run: context.dry_run,
            steps: if already { Vec::new() } else { vec![speak(choice, word)] },
        };
        let observed = Observed::from([(read.stream, read.sequence)]);
        if context.dry_run || run_steps(context, &document.steps, &observed).await? {
            return Ok(document);
        }
    }
}

/// What the ledger has heard of this person on the subject.
async fn own_voice(context: &Context, statement: &Statement, state: &EnvironmentState) -> Voice {
    let words = ledger_words(&spoken(context, &statement.subject, state).await);
    let mut all = voices(&words, &[WordSource::Ledger]);
    all.remove(statement.by.0.as_str()).unwrap_or_default()
}

/// The time of a word: now, and later than this person's last one, for the clock counts whole seconds.
fn after(last: Option<Timestamp>, now: Timestamp) -> Timestamp {
    last.map_or(now, |last| now.max(last + SignedDuration::from_millis(1)))
}

/// Whether the last word of this person on the same says the same.
fn is_last(state: &EnvironmentState, by: &Actor, word: &Word, choice: Choice) -> bool {
    let mut own = state.words.iter().rev().filter(|said| {
        let on_this = said.digest == word.digest && said.policy == word.policy;
        on_this && said.by == *by && !matches!(said.said, Said::Overridden { .. })
    });
    let wanted = match choice {
        Choice::Approved => Said::Approved,
        Choice::Rejected => Said::Rejected,
    };
    own.next().is_some_and(|last| last.said == wanted)
}

/// Why the gate does not count the word; nothing when it does.
async fn why_not(
    context: &Context,
    environment: &EnvironmentName,
    proof: Option<&Standing>,
    hotfix: bool,
) -> Result<Option<String>> {
    if let Some(Standing::Unproven { why } | Standing::Unknown { why }) = proof {
        return Ok(Some(why.clone()));
    }
    Ok(match may_approve(context, environment, &context.actor, hotfix).await? {
        Entitled::Yes => None,
        Entitled::No => Some("its approvals do not name this person".to_owned()),
        Entitled::Unknown(why) => Some(why),
    })
}

/// Runs the steps of a plan. `false` when what it rests on has moved, so that a new plan is needed.
pub async fn run_steps(context: &Context, steps: &[Step], observed: &Observed) -> Result<bool> {
    for step in steps {
        match apply(context, step, observed).await? {
            Receipt::Moved => return Ok(false),
            Receipt::Failed(reason) => return Err(Error::Internal(format!("{}: {reason}", step.action))),
            _ => {}
        }
    }
    Ok(true)
}

impl Document for ApproveDocument {
    const SCHEMA: &'static str = "tidegate.approve/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }

    fn text(&self) -> Text {
        let word = self.word.word();
        let mut stderr = format!("{} {word} {} for {}", self.by, self.release, self.environment);
        if self.already {
            stderr.push_str(" before; nothing to do");
        } else if let Some(Standing::Proven { how }) = &self.proof {
            stderr.push_str(&format!(", proven by {how}"));
        }
        stderr.push('\n');
        if let Some(why) = &self.why_not {
            stderr.push_str(&format!("  the gate does not count this word: {why}\n"));
        }
        stderr.push_str(&steps::text(if self.dry_run { &self.steps } else { &[] }));
        Text {
            stdout: format!("{word}\n"),
            stderr,
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        vec![
            ("status", self.word.word().to_owned()),
            ("environment", self.environment.to_string()),
            ("version", self.release.version.to_string()),
            ("digest", self.release.digest.to_string()),
        ]
    }
}
