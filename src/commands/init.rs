//! `init`: writes tidegate.toml and renders the workflows. It needs no ledger, and no configuration either.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::apply;
use crate::cli::Global;
use crate::config::settings::Settings;
use crate::config::{self, Overrides};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::refusal::Refusal;
use crate::model::step::{Action, Step};
use crate::plan::init::{
    FileReport, FileStatus, Kind, Wanted, branches, plan, resume, starter, variables, words, workflow,
};
use crate::report::document::{Annotation, Document, Level, Text};

/// The configuration file.
const CONFIG: &str = "tidegate.toml";
/// The workflow that releases.
const WORKFLOW: &str = ".github/workflows/release.yml";
/// The workflow that goes on with what waits.
const RESUME: &str = ".github/workflows/resume.yml";
/// The workflow in which people say yes or no, or set rules aside.
const APPROVE: &str = ".github/workflows/approve.yml";

/// The arguments of `init`.
#[derive(Clone, Debug, Args)]
pub struct InitArgs {
    /// Change nothing; fail with a diff when a rendered file is stale
    #[arg(long)]
    pub check: bool,
}

/// What `init` did.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct InitDocument {
    /// Whether the plan was shown instead of carried out.
    pub dry_run: bool,
    /// The files.
    pub files: Vec<FileReport>,
    /// The plan.
    pub steps: Vec<Step>,
    /// Why nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
}

/// Runs `init` in the repository at `root`. Without settings there is no `tidegate.toml` yet: a first one is written.
///
/// # Errors
/// A usage error for settings that cannot be rendered, an outside error for a file that cannot be read or written.
pub fn run(root: &Path, settings: Option<&Settings>, args: &InitArgs, dry_run: bool) -> Result<InitDocument> {
    settings.map_or(Ok(()), Settings::climbs)?;
    let mut plan = plan(&gather(root, settings)?, args.check);
    if !dry_run {
        for step in &plan.steps {
            if let Action::WriteFile { path, content } = &step.action {
                apply::write_file(&root.join(path), content)?;
                let written = plan.files.iter_mut().filter(|file| file.path == *path);
                written.for_each(|file| file.status = FileStatus::Written);
            }
        }
    }
    Ok(InitDocument {
        dry_run,
        files: plan.files,
        steps: plan.steps,
        refusal: plan.refusal,
    })
}

fn gather(root: &Path, settings: Option<&Settings>) -> Result<Vec<Wanted>> {
    let wanted = |path: &str, content: String, kind: Kind| {
        Ok::<_, Error>(Wanted {
            path: PathBuf::from(path),
            content,
            present: read(&root.join(path))?,
            kind,
        })
    };
    let rendered = |settings: &Settings, text: &str| {
        let variables = handed_on(text)?;
        let mut contents = vec![
            (WORKFLOW, workflow::render(settings, variables.clone())?),
            (RESUME, resume::render(settings, variables.clone())?),
        ];
        if let Some(content) = words::render(settings, variables.clone())? {
            contents.push((APPROVE, content));
        }
        for also in &settings.file.workflow.also {
            contents.push((
                branches::path(*also),
                branches::render(settings, *also, variables.clone())?,
            ));
        }
        let files = contents.into_iter();
        files
            .map(|(path, content)| wanted(path, content, Kind::Rendered))
            .collect::<Result<Vec<Wanted>>>()
    };
    if let Some(settings) = settings {
        return rendered(settings, &read(&root.join(CONFIG))?.unwrap_or_default());
    }
    let text = starter::render(root)?;
    let settings = config::load(&text, CONFIG, root, &Overrides::default(), &|_| None)?;
    let mut files = rendered(&settings, &text)?;
    files.insert(0, wanted(CONFIG, text, Kind::Starter)?);
    Ok(files)
}

fn handed_on(text: &str) -> Result<BTreeSet<String>> {
    variables::names(text).map_err(|cause| Error::usage(format!("{CONFIG}: {cause}"), "correct it, then run again"))
}

fn read(file: &Path) -> Result<Option<String>> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Error::file("reading", file, &error)),
    }
}

impl Document for InitDocument {
    const SCHEMA: &'static str = "tidegate.init/1";

    fn exit_code(&self) -> ExitCode {
        match self.refusal {
            Some(_) => ExitCode::Refused,
            None => ExitCode::Done,
        }
    }

    /// stdout: what changes, as a diff, where nothing was written; otherwise the paths of the files that were written.
    fn text(&self) -> Text {
        let diffs = self.files.iter().filter(|file| file.status == FileStatus::Stale);
        let diffs = diffs.filter_map(|file| file.diff.clone());
        let paths = self.files.iter().filter(|file| file.status == FileStatus::Written);
        let paths = paths.map(|file| format!("{}\n", file.path.display()));
        Text {
            stdout: diffs.chain(paths).collect(),
            stderr: self.prose(),
        }
    }

    fn outputs(&self) -> Vec<(&'static str, String)> {
        vec![("status", self.status().to_owned())]
    }

    fn annotation(&self) -> Option<Annotation> {
        let refusal = self.refusal.as_ref()?;
        Some(Annotation {
            level: Level::Error,
            title: "tidegate init".to_owned(),
            message: format!("{}; {}", refusal.reason, refusal.help),
        })
    }
}

impl InitDocument {
    fn status(&self) -> &'static str {
        match &self.refusal {
            Some(_) => "refused",
            None if self.steps.is_empty() => "unchanged",
            None if self.dry_run => "planned",
            None => "written",
        }
    }

    fn prose(&self) -> String {
        if let Some(refusal) = &self.refusal {
            return format!("refused: {}\n  {}\n", refusal.reason, refusal.help);
        }
        if self.steps.is_empty() {
            return "every file is as tidegate.toml says\n".to_owned();
        }
        let verb = if self.dry_run { "would " } else { "" };
        let lines = self.steps.iter();
        lines
            .map(|step| format!("{verb}{}: {}\n", step.action, step.reason))
            .collect()
    }
}

/// Runs `init` where the program was started, with the configuration that is found there, if there is one.
pub fn start(global: &Global, args: &InitArgs) -> Result<InitDocument> {
    let here = crate::context::current_folder()?;
    let file = global.config.clone().or_else(|| config::find(&here).ok());
    let settings = file
        .map(|file| config::read(&file, &Overrides::of(global)))
        .transpose()?;
    let root = settings.as_ref().map_or(here, |settings| settings.root.clone());
    run(&root, settings.as_ref(), args, global.dry_run)
}
