//! Where results go: stdout, stderr, and GitHub's files where the command runs as a step.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Serialize;

use super::document::{Annotation, Document, Envelope, Level};
use super::github;
use super::shown::Shown;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::text::plain;

/// The form of stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Output {
    /// For people; the bare answer where there is one.
    #[default]
    Human,
    /// One JSON document.
    Json,
    /// What the step summary shows on GitHub, in Markdown; the bare answer where there is no summary.
    Markdown,
}

/// Where results go.
pub struct Sinks {
    /// The form of stdout.
    pub output: Output,
    /// The file for step outputs (`GITHUB_OUTPUT`).
    pub outputs: Option<PathBuf>,
    /// The file for the step summary (`GITHUB_STEP_SUMMARY`).
    pub summary: Option<PathBuf>,
    /// Whether annotations are heard (`GITHUB_ACTIONS`).
    pub annotations: bool,
}

impl Sinks {
    /// Hands a result to every sink and gives its exit code.
    pub fn deliver<T: Document>(&self, result: &T) -> Result<ExitCode> {
        let text = result.text();
        let json = || to_json(&Envelope::new(result));
        write(&mut std::io::stderr(), &plain(&text.stderr))?;
        match self.output {
            Output::Human => write(&mut std::io::stdout(), &plain(&text.stdout))?,
            Output::Json => write(&mut std::io::stdout(), &json()?)?,
            Output::Markdown => write(&mut std::io::stdout(), &plain(&result.summary().unwrap_or(text.stdout)))?,
        }
        if let Some(file) = &self.outputs {
            let mut outputs = result.outputs();
            outputs.push(("exit-code", u8::from(result.exit_code()).to_string()));
            outputs.push(("json", json()?));
            github::write_outputs(file, &outputs)?;
        }
        if let Some(file) = &self.summary
            && let Some(summary) = result.summary()
        {
            github::write_summary(file, &summary)?;
        }
        if let Some(annotation) = result.annotation() {
            self.annotate(&annotation)?;
        }
        Ok(result.exit_code())
    }

    /// Prints data that has no other form.
    pub fn print(&self, data: &str) -> Result<ExitCode> {
        write(&mut std::io::stdout(), data)?;
        Ok(ExitCode::Done)
    }

    /// Tells of an error and gives its exit code.
    pub fn fail(&self, error: Error) -> ExitCode {
        let code = error.exit_code();
        let document = ErrorDocument::of(&error);
        let annotation = Annotation {
            level: Level::Error,
            title: "tidegate".to_owned(),
            message: document.message.clone(),
        };
        let json = to_json(&document).unwrap_or_default();
        // An error that cannot be told has no other way out than the exit code.
        if self.output == Output::Json {
            let _ = write(&mut std::io::stdout(), &json);
        }
        let _ = write(
            &mut std::io::stderr(),
            &format!("{:?}\n", miette::Report::new(Shown(error))),
        );
        let _ = self.annotate(&annotation);
        if let Some(file) = &self.outputs {
            let _ = github::write_outputs(file, &[("exit-code", u8::from(code).to_string()), ("json", json)]);
        }
        code
    }

    fn annotate(&self, annotation: &Annotation) -> Result<()> {
        if !self.annotations {
            return Ok(());
        }
        write(
            &mut std::io::stderr(),
            &format!("{}\n", plain(&github::annotation(annotation))),
        )
    }
}

fn write(sink: &mut dyn std::io::Write, text: &str) -> Result<()> {
    match sink.write_all(text.as_bytes()).and_then(|()| sink.flush()) {
        // A reader that has seen enough (`| head`) is no failure of ours.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Error::file(
            "writing the result",
            std::path::Path::new("standard output"),
            &error,
        )),
        _ => Ok(()),
    }
}

fn to_json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string_pretty(value)
        .map(|json| format!("{json}\n"))
        .map_err(|error| Error::Internal(error.to_string()))
}

/// An error, for programs.
#[derive(Serialize, JsonSchema)]
pub struct ErrorDocument {
    /// `tidegate.error/1`.
    pub schema: &'static str,
    /// The exit code of the command.
    pub exit_code: ExitCode,
    /// The kind of error.
    pub kind: &'static str,
    /// What failed.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The mistakes of a configuration file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingDocument>,
}

/// A mistake in a configuration file.
#[derive(Serialize, JsonSchema)]
pub struct FindingDocument {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl ErrorDocument {
    /// The name and version of the format.
    pub const SCHEMA: &'static str = "tidegate.error/1";

    fn of(error: &Error) -> Self {
        let findings = match error {
            Error::Config(config) => config.findings.iter().map(FindingDocument::of).collect(),
            _ => Vec::new(),
        };
        Self {
            schema: Self::SCHEMA,
            exit_code: error.exit_code(),
            kind: error.kind(),
            message: error.to_string(),
            help: miette::Diagnostic::help(error).map(|help| help.to_string()),
            findings,
        }
    }
}

impl FindingDocument {
    fn of(finding: &crate::config::diagnostic::Finding) -> Self {
        let before = finding.file.inner().get(..finding.span.offset()).unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            message: finding.message.clone(),
            help: finding.help.clone(),
        }
    }
}
