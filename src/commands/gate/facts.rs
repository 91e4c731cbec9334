//! `gate facts` and `gate eval`: what a gate sees, written down, and judged again by the same code, now or as of any time.

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::people::Asking;
use super::{GateDocument, collect, policy_of};
use crate::cli::EnvironmentReleaseArgs;
use crate::commands::subject::find_subject;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::evidence::Evidence;
use crate::model::facts::Facts;
use crate::model::name::EnvironmentName;
use crate::plan::gate::verdict::judge;
use crate::report::document::{Document, Envelope, Text};

/// The arguments of `gate facts`.
#[derive(Clone, Debug, Args)]
pub struct GateFactsArgs {
    /// The environment and the release.
    #[command(flatten)]
    pub subject: EnvironmentReleaseArgs,
}

/// The arguments of `gate eval`.
#[derive(Clone, Debug, Args)]
pub struct GateEvalArgs {
    /// The facts, as `gate facts` prints them
    #[arg(long, value_name = "FILE")]
    pub facts: PathBuf,
    /// As of when they are judged [default: now]
    #[arg(long, value_name = "TIME")]
    pub at: Option<Timestamp>,
}

/// What the gate of an environment judges.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct FactsDocument {
    /// The environment.
    pub environment: EnvironmentName,
    /// When the facts were collected.
    #[schemars(with = "String")]
    pub at: Timestamp,
    /// What was seen.
    pub facts: Facts,
}

/// Collects the facts that `gate` judges, and judges nothing.
pub async fn collect(context: &Context, args: &GateFactsArgs) -> Result<FactsDocument> {
    let view = context.ledger.open().await?;
    let (environment, release) = (&args.subject.environment, &args.subject.release);
    let subject = find_subject(context, view.as_ref(), release).await?;
    let (facts, _) = collect::facts(context, view.as_ref(), environment, &subject, Asking::Promotes).await?;
    Ok(FactsDocument {
        environment: environment.clone(),
        at: context.clock.now(),
        facts,
    })
}

/// Judges facts that were written down. It asks no ledger and no service.
pub fn evaluate(context: &Context, args: &GateEvalArgs) -> Result<GateDocument> {
    let document = read(&args.facts)?;
    let policy = policy_of(context, &document.environment)?;
    let verdict = judge(&policy, &document.facts, args.at.unwrap_or_else(|| context.clock.now()));
    Ok(GateDocument::new(Evidence::new(verdict, document.facts), None))
}

#[derive(Deserialize)]
struct Head {
    schema: String,
}

fn read(file: &Path) -> Result<FactsDocument> {
    let bad = |why: String| {
        Error::usage(
            format!("{} holds no facts: {why}", file.display()),
            "write them with `tidegate gate facts ENVIRONMENT > FILE`",
        )
    };
    let text = std::fs::read_to_string(file).map_err(|error| bad(error.to_string()))?;
    let head: Head = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
    if head.schema != FactsDocument::SCHEMA {
        let why = format!("its format is `{}`, not `{}`", head.schema, FactsDocument::SCHEMA);
        return Err(bad(why));
    }
    serde_json::from_str(&text).map_err(|error| bad(error.to_string()))
}

impl Document for FactsDocument {
    const SCHEMA: &'static str = "tidegate.facts/1";

    fn exit_code(&self) -> ExitCode {
        ExitCode::Done
    }

    /// The document itself, in either form: it is there to be kept in a file.
    fn text(&self) -> Text {
        let json = serde_json::to_string_pretty(&Envelope::new(self)).unwrap_or_default();
        Text {
            stdout: format!("{json}\n"),
            stderr: String::new(),
        }
    }
}
