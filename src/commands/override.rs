//! `override`: sets rules of a gate aside, for one release in one environment, by people whom the policy names, until a time.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::approve::run_steps;
use super::gate::hotfix;
use super::gate::people::{Asking, is_entitled};
use super::gate::spoken::{about, stand};
use super::gate::{policy_of, verdict_of};
use super::prove::prove;
use super::subject::{Subject, find_subject};
use crate::cli::ReleaseArgs;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::actor::Actor;
use crate::model::event::{EventBody, Word};
use crate::model::name::{ComponentName, EnvironmentName};
use crate::model::proof::{Deed, Standing, Statement};
use crate::model::refusal::Refusal;
use crate::model::release::Release;
use crate::model::step::{Action, Step};
use crate::model::verdict::RuleOutcome;
use crate::plan::gate::entitled::{Entitled, whoever};
use crate::plan::gate::overrides::{LONGEST, overriders};
use crate::plan::lock::until;
use crate::plan::r#override::{Decision, decide};
use crate::report::document::{Annotation, Document, Level, Text};
use crate::report::{steps, verdict};

/// The arguments of `override`.
#[derive(Clone, Debug, Args)]
pub struct OverrideArgs {
    /// The environment
    pub environment: EnvironmentName,
    /// The release, by the digest of its image
    #[arg(long, value_name = "DIGEST")]
    pub digest: String,
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<ComponentName>,
    /// The rules that are set aside, between commas
    #[arg(long, value_name = "RULES", value_delimiter = ',', required = true)]
    pub rules: Vec<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// When it ends: a time (2026-12-24T18:00:00Z) or a length from now (4h), 72h at most
    #[arg(long, value_name = "WHEN")]
    pub expires: String,
}

/// The result of `override`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OverrideDocument {
    /// How it ended.
    pub status: OverrideStatus,
    /// Who set the rules aside.
    pub by: Actor,
    /// The environment.
    pub environment: EnvironmentName,
    /// The release.
    pub release: Release,
    /// The rules that are set aside, with what they said.
    pub set_aside: Vec<RuleOutcome>,
    /// When it ends.
    #[schemars(with = "String")]
    pub until: jiff::Timestamp,
    /// What proves who did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Standing>,
    /// Why nothing is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// Whether the plan was shown instead of carried out.
    pub dry_run: bool,
    /// The plan.
    pub steps: Vec<Step>,
}

/// How an override ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OverrideStatus {
    /// The rules are set aside.
    Overridden,
    /// They were before.
    Already,
    /// A dry run: they would be.
    Planned,
    /// They may not be, or not by this person.
    Refused,
}

/// Sets rules aside.
pub async fn run(context: &Context, args: &OverrideArgs) -> Result<OverrideDocument> {
    let environment = &args.environment;
    let settings = context.settings.environment(environment)?;
    let until = until("end of an override", &args.expires, context.clock.now())?;
    if until > context.clock.now() + LONGEST.signed() {
        return Err(Error::usage(
            format!("an override until {until} would last longer than {LONGEST}"),
            "give an earlier end with --expires; it can be overridden again then",
        ));
    }
    loop {
        let view = context.ledger.open().await?;
        let release = ReleaseArgs {
            component: args.component.clone(),
            release: None,
            digest: Some(args.digest.clone()),
        };
        let subject = find_subject(context, view.as_ref(), &release).await?;
        let (trusted, _) = hotfix::trusted(context, environment, &subject).await?;
        let (verdict, observed) = verdict_of(context, view.as_ref(), environment, &subject, Asking::Looks).await?;
        let mut document = OverrideDocument {
            status: OverrideStatus::Refused,
            by: context.actor.clone(),
            environment: environment.clone(),
            release: subject.release.clone(),
            set_aside: Vec::new(),
            until,
            proof: None,
            refusal: stranger(context, environment).await?,
            dry_run: context.dry_run,
            steps: Vec::new(),
        };
        if document.refusal.is_some() {
            return Ok(document);
        }
        match decide(&settings.gate_for(trusted.hotfix.is_some()), &verdict, &args.rules) {
            Decision::Refuse(refusal) => {
                document.refusal = Some(refusal);
                return Ok(document);
            }
            Decision::Already => {
                document.status = OverrideStatus::Already;
                return Ok(document);
            }
            Decision::SetAside(rules) => document.set_aside = rules,
        }
        document.speak(context, args, &subject).await?;
        if document.refusal.is_some() || context.dry_run {
            return Ok(document);
        }
        if run_steps(context, &document.steps, &observed).await? {
            return Ok(document);
        }
    }
}

/// Why this person may not, by the policy.
async fn stranger(context: &Context, environment: &EnvironmentName) -> Result<Option<Refusal>> {
    let policy = policy_of(context, environment)?;
    let list = overriders(&policy.environment.gate);
    if list.is_empty() {
        return Ok(Some(Refusal::new(
            format!("the policy of {environment} lets nobody set a rule aside"),
            format!("people are named in {}: gate.access.override", context.settings.source),
        )));
    }
    let by = &context.actor;
    Ok(match is_entitled(context, environment, list, by).await? {
        Entitled::Yes => None,
        Entitled::No => Some(Refusal::new(
            format!("{by} may not set rules aside in {environment}"),
            format!("ask {}", whoever(list, &policy, |_| false).join(" or ")),
        )),
        Entitled::Unknown(why) => Some(Refusal::new(why, "run it again once GitHub answers")),
    })
}

impl OverrideDocument {
    /// Makes the step that writes the override, proven. A dry run signs nothing.
    async fn speak(&mut self, context: &Context, args: &OverrideArgs, subject: &Subject) -> Result<()> {
        let about = about(context, &self.environment, &subject.release)?;
        let rules: Vec<String> = self.set_aside.iter().map(|rule| rule.rule.clone()).collect();
        let mut statement = Statement::new(Deed::Override, about, self.by.clone(), context.clock.now());
        statement.rules.clone_from(&rules);
        statement.until = Some(self.until);
        statement.reason = Some(args.reason.clone());
        let mut proof = None;
        if !context.dry_run {
            let standing = match prove(context, &statement).await? {
                Ok(made) => stand(context, Some(proof.insert(made)), &statement).await,
                Err(why) => Standing::Unproven { why },
            };
            if let Standing::Unproven { why } | Standing::Unknown { why } = &standing {
                let reason = format!("it is not proven that this is {}: {why}", self.by);
                self.refusal = Some(Refusal::new(reason, "sign with a key that the policy lists"));
                return Ok(());
            }
            self.proof = Some(standing);
        }
        self.status = match context.dry_run {
            true => OverrideStatus::Planned,
            false => OverrideStatus::Overridden,
        };
        let event = EventBody::Overridden {
            word: Word {
                environment: self.environment.clone(),
                component: subject.component.name.clone(),
                digest: subject.release.digest.clone(),
                policy: context.settings.policy(&self.environment)?.digest,
                reason: Some(args.reason.clone()),
                proof,
            },
            rules,
            until: self.until,
            set_aside: self.set_aside.clone(),
        };
        let action = Action::Record { event: Box::new(event) };
        let reason = "what is set aside is kept beside who did it and why";
        self.steps = vec![Step::new(action, reason)];
        Ok(())
    }

    fn word(&self) -> &'static str {
        match self.status {
            OverrideStatus::Overridden => "overridden",
            OverrideStatus::Already => "already",
            OverrideStatus::Planned => "planned",
            OverrideStatus::Refused => "refused",
        }
    }

    fn headline(&self) -> String {
        let (release, environment, until) = (&self.release, &self.environment, self.until);
        let rules: Vec<String> = self.set_aside.iter().map(verdict::outcome_words).collect();
        let rules = rules.join(", ");
        match (&self.refusal, self.status) {
            (Some(refusal), _) => format!("{}\n  {}", refusal.reason, refusal.help),
            (None, OverrideStatus::Already) => {
                format!("set aside already for {release} in {environment}; nothing to do")
            }
            (None, OverrideStatus::Planned) => {
                format!(
                    "{} would set aside for {release} in {environment} until {until}: {rules}",
                    self.by
                )
            }
            (None, _) => {
                let how = match &self.proof {
                    Some(Standing::Proven { how }) => format!(", proven by {how}"),
                    _ => String::new(),
                };
                format!(
                    "{} set aside for {release} in {environment} until {until}{how}: {rules}",
                    self.by
                )
            }
        }
    }
}

impl Document for OverrideDocument {
    const SCHEMA: &'static str = "tidegate.override/1";

    fn exit_code(&self) -> ExitCode {
        match self.status {
            OverrideStatus::Refused => ExitCode::Refused,
            _ => ExitCode::Done,
        }
    }

    fn text(&self) -> Text {
        let plan = steps::text(if self.dry_run { &self.steps } else { &[] });
        Text {
            stdout: format!("{}\n", self.word()),
            stderr: format!("{}\n{plan}", self.headline()),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        vec![
            ("status", self.word().to_owned()),
            ("environment", self.environment.to_string()),
            ("version", self.release.version.to_string()),
            ("digest", self.release.digest.to_string()),
            ("until", self.until.to_string()),
        ]
    }

    fn annotation(&self) -> Option<Annotation> {
        let level = match self.status {
            OverrideStatus::Already | OverrideStatus::Planned => return None,
            OverrideStatus::Overridden => Level::Notice,
            OverrideStatus::Refused => Level::Error,
        };
        Some(Annotation {
            level,
            title: format!("override of {}: {}", self.environment, self.word()),
            message: self.headline(),
        })
    }
}
