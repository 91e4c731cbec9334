//! The command tree and the flags that every command takes.

use std::path::PathBuf;

use clap::builder::Resettable;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::commands;
use crate::env_vars;
use crate::model::digest::Digest;
use crate::model::name::{ComponentName, EnvironmentName};
use crate::report::sinks::Output;

/// Takes a release, held fast by its image digest, from a commit to live traffic.
#[derive(Debug, Parser)]
#[command(name = "tidegate", version, propagate_version = true)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads the command line. A flag's variable that is set and empty counts as not set: a workflow sets it to what an
    /// input holds, and the input may hold nothing. A wrong call ends the process, as clap does it.
    pub fn read() -> Self {
        let command = Self::command().mut_args(|argument| {
            let variable = argument.get_env().and_then(|name| name.to_str());
            match variable.is_some_and(env_vars::is_empty) {
                true => argument.env(Resettable::Reset),
                false => argument,
            }
        });
        let matches = command.get_matches();
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }
}

/// The flags that every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The configuration file [default: tidegate.toml here or in a folder above]
    #[arg(long, global = true, value_name = "FILE", env = "TIDEGATE_CONFIG")]
    pub config: Option<PathBuf>,
    /// Show the plan and do nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// The form of the result on stdout
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        env = "TIDEGATE_OUTPUT",
        value_name = "FORM"
    )]
    pub output: Output,
    /// When to use colours and spinners
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        env = "TIDEGATE_COLOR",
        value_name = "WHEN"
    )]
    pub color: clap::ColorChoice,
    /// Say more on stderr; twice for everything
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Say nothing of what is under way
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Who acts [default: $GITHUB_ACTOR, else git's user.name]
    #[arg(long, global = true, value_name = "NAME", env = "TIDEGATE_ACTOR")]
    pub actor: Option<String>,
    /// The remote that shares tags, branches and the ledger [default: origin]
    #[arg(long, global = true, value_name = "NAME", env = "TIDEGATE_REMOTE")]
    pub remote: Option<String>,
    /// The branch that holds the ledger [default: tidegate/ledger]
    #[arg(long, global = true, value_name = "BRANCH", env = "TIDEGATE_LEDGER")]
    pub ledger: Option<String>,
    /// The file that holds check results [default: they are on GitHub; without a token, .tidegate/checks.json]
    #[arg(long, global = true, value_name = "FILE", env = "TIDEGATE_CHECKS")]
    pub checks: Option<PathBuf>,
}

/// What tidegate can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write tidegate.toml and render the workflows
    Init(commands::init::InitArgs),
    /// Find the next version and tag it
    #[command(disable_version_flag = true)]
    Tag(commands::tag::TagArgs),
    /// Bring an image into a registry and bind its digest to the version
    Push(commands::push::PushArgs),
    /// Ask whether a release may enter an environment, and why not
    Gate(commands::gate::GateArgs),
    /// Cut a release branch
    Cut(commands::cut::CutArgs),
    /// Close a branch for pull requests, or tell them how their branches stand
    Freeze(commands::freeze::FreezeArgs),
    /// Open a frozen branch again
    Thaw(commands::freeze::ThawArgs),
    /// Bring merged changes onto other branches, such as those of release lines
    Backport(commands::backport::BackportArgs),
    /// Open a branch on a release for a fix in haste, and tell until the fix is on the default branch
    #[command(disable_version_flag = true)]
    Hotfix(commands::hotfix::HotfixArgs),
    /// Bring a release into an environment: gate, deploy, verify, record
    Promote(commands::promote::PromoteArgs),
    /// Go back to the release that was verified before
    Rollback(commands::rollback::RollbackArgs),
    /// Show what runs where, since when, and what blocks the next step
    Status(commands::status::StatusArgs),
    /// Say yes to a release for an environment
    Approve(commands::approve::ApproveArgs),
    /// Say no to a release, for an environment or for all
    Reject(commands::reject::RejectArgs),
    /// Set rules of a gate aside for a release
    Override(commands::r#override::OverrideArgs),
    /// Close an environment or the whole ladder
    Lock(commands::lock::LockArgs),
    /// Open it again, or let a digest that failed there try again
    Unlock(commands::lock::UnlockArgs),
    /// Read and check the ledger
    #[command(subcommand)]
    Ledger(commands::ledger::LedgerCommand),
    /// Walk a whole release train on this machine, with a virtual clock and nothing outside touched
    Rehearse(commands::rehearse::RehearseArgs),
    /// Show the configuration and its schema
    #[command(subcommand)]
    Config(commands::config::ConfigCommand),
}

/// Which release: by version or by digest.
#[derive(Clone, Debug, Default, Args)]
pub struct ReleaseArgs {
    /// The component; needed when there are many
    #[arg(long, value_name = "NAME")]
    pub component: Option<ComponentName>,
    /// The release by its version [default: the highest version that was pushed]
    #[arg(long, value_name = "VERSION", conflicts_with = "digest")]
    pub release: Option<String>,
    /// The release by the digest of its image
    #[arg(long, value_name = "DIGEST")]
    pub digest: Option<String>,
}

impl ReleaseArgs {
    /// The release with that digest.
    pub fn of(component: &ComponentName, digest: &Digest) -> Self {
        Self {
            component: Some(component.clone()),
            release: None,
            digest: Some(digest.to_string()),
        }
    }
}

/// An environment and a release.
#[derive(Clone, Debug, Args)]
pub struct EnvironmentReleaseArgs {
    /// The environment
    pub environment: EnvironmentName,
    /// The release.
    #[command(flatten)]
    pub release: ReleaseArgs,
}
