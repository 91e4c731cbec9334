//! From the command line to the command and its result to every sink.

use crate::cli::{Cli, Command};
use crate::commands::cut::CutCommand;
use crate::commands::gate::GateCommand;
use crate::commands::{
    approve, backport, config, cut, freeze, gate, hold, hotfix, init, ledger, lock, r#override, promote, push,
    rehearse, reject, rollback, status, tag,
};
use crate::context::{Context, Judged};
use crate::env_vars::Environment;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::plan::word::Choice;
use crate::report::sinks::Sinks;

/// Runs one command.
pub async fn run(cli: &Cli, environment: &Environment) -> ExitCode {
    let sinks = Sinks {
        output: cli.global.output,
        outputs: environment.github_output.clone(),
        summary: environment.github_step_summary.clone(),
        annotations: environment.github_actions,
    };
    match dispatch(cli, environment, &sinks).await {
        Ok(code) => code,
        Err(error) => sinks.fail(error),
    }
}

async fn dispatch(cli: &Cli, environment: &Environment, sinks: &Sinks) -> Result<ExitCode> {
    let own = || Context::open(&cli.global, environment, Judged::No);
    let optional = || Context::open(&cli.global, environment, Judged::Optional);
    let judged = || Context::open(&cli.global, environment, Judged::Yes);
    match &cli.command {
        Command::Init(args) => sinks.deliver(&init::start(&cli.global, args)?),
        Command::Tag(args) if args.all => sinks.deliver(&tag::run_all(&optional().await?, args).await?),
        Command::Tag(args) => sinks.deliver(&tag::run(&optional().await?, args).await?),
        Command::Push(args) => {
            let environment = args.over(environment)?;
            let context = Context::open(&cli.global, &environment, Judged::Optional).await?;
            sinks.deliver(&push::run(&context, args).await?)
        }
        Command::Cut(args) => match &args.command {
            Some(CutCommand::Status(args)) => sinks.deliver(&cut::status::run(&own().await?, args).await?),
            None if args.if_due => sinks.deliver(&cut::train::run(&own().await?, args).await?),
            None if args.sync => sinks.deliver(&cut::sync::run(&own().await?, args).await?),
            None => sinks.deliver(&cut::run(&own().await?, args).await?),
        },
        Command::Backport(args) => sinks.deliver(&backport::run(&optional().await?, args).await?),
        Command::Hotfix(args) => match &args.version {
            Some(version) => sinks.deliver(&hotfix::run(&judged().await?, args, version).await?),
            None => sinks.deliver(&hotfix::every::check(&judged().await?, args).await?),
        },
        Command::Gate(args) => match (&args.command, &args.environment) {
            (Some(GateCommand::Facts(args)), _) => sinks.deliver(&gate::facts::collect(&judged().await?, args).await?),
            // A file that was named is the policy to try, whatever the default branch has.
            (Some(GateCommand::Eval(args)), _) if cli.global.config.is_some() => {
                sinks.deliver(&gate::facts::evaluate(&own().await?, args)?)
            }
            (Some(GateCommand::Eval(args)), _) => {
                let context = Context::open(&cli.global, environment, Judged::LastSeen).await?;
                sinks.deliver(&gate::facts::evaluate(&context, args)?)
            }
            (Some(GateCommand::Resume(args)), _) => sinks.deliver(&gate::resume::run(&judged().await?, args).await?),
            (None, Some(name)) => sinks.deliver(&gate::run(&judged().await?, name, args).await?),
            (None, None) => sinks.deliver(&gate::all::run(&judged().await?, &args.release).await?),
        },
        Command::Promote(args) => match &args.environment {
            Some(environment) => {
                sinks.deliver(&promote::run(&judged().await?, environment, &args.release, args.wait).await?)
            }
            None => sinks.deliver(&promote::climb::run(&judged().await?, args).await?),
        },
        Command::Rollback(args) => sinks.deliver(&rollback::run(&judged().await?, args).await?),
        Command::Status(args) => sinks.deliver(&status::run(&judged().await?, args).await?),
        Command::Approve(args) => sinks.deliver(&approve::run(&judged().await?, args, Choice::Approved).await?),
        Command::Reject(args) => match args.word() {
            Some(args) => sinks.deliver(&approve::run(&judged().await?, &args, Choice::Rejected).await?),
            None => sinks.deliver(&reject::run(&judged().await?, args).await?),
        },
        Command::Override(args) => sinks.deliver(&r#override::run(&judged().await?, args).await?),
        Command::Lock(args) => sinks.deliver(&lock::run_lock(&judged().await?, args).await?),
        Command::Unlock(args) if args.digest.is_some() => sinks.deliver(&hold::run(&judged().await?, args).await?),
        Command::Unlock(args) => sinks.deliver(&lock::run_unlock(&judged().await?, args).await?),
        Command::Freeze(args) => sinks.deliver(&freeze::run_freeze(&own().await?, args).await?),
        Command::Thaw(args) => sinks.deliver(&freeze::run_thaw(&own().await?, args).await?),
        Command::Ledger(ledger::LedgerCommand::Log(args)) => sinks.deliver(&ledger::log(&own().await?, args).await?),
        Command::Ledger(ledger::LedgerCommand::Verify(args)) => {
            sinks.deliver(&ledger::verify(&judged().await?, args).await?)
        }
        Command::Ledger(ledger::LedgerCommand::Export) => sinks.deliver(&ledger::copy::export(&own().await?).await?),
        Command::Ledger(ledger::LedgerCommand::Import(args)) => {
            sinks.deliver(&ledger::copy::import(&own().await?, args).await?)
        }
        Command::Ledger(ledger::LedgerCommand::Recover) => sinks.deliver(&ledger::recover::run(&own().await?).await?),
        Command::Rehearse(args) => sinks.deliver(&rehearse::run(&cli.global, args).await?),
        Command::Config(config::ConfigCommand::Schema) => sinks.print(&config::schema()?),
        Command::Config(config::ConfigCommand::Show) => sinks.deliver(&config::run(&own().await?).await?),
    }
}
