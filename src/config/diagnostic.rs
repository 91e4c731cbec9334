//! What is wrong with a configuration file, each finding at its line.

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceSpan};
use thiserror::Error;

/// A configuration file with its findings.
#[derive(Debug, Error, Diagnostic)]
#[error("{path} has {} {}", findings.len(), if findings.len() == 1 { "mistake" } else { "mistakes" })]
pub struct ConfigError {
    /// The file.
    pub path: String,
    /// The findings, in the order of the file.
    #[related]
    pub findings: Vec<Finding>,
}

/// One mistake.
#[derive(Debug, Error)]
#[error("{message}")]
pub struct Finding {
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The file.
    pub file: NamedSource<String>,
    /// The place in it.
    pub span: SourceSpan,
    /// What stands there, in a word or two.
    pub label: String,
}

impl Diagnostic for Finding {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help
            .as_ref()
            .map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.file)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_with_span(Some(self.label.clone()), self.span);
        Some(Box::new(std::iter::once(label)))
    }
}
