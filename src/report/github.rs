//! GitHub's ways for a step to speak: output file, step summary and annotations
//! (<https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands>).

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use super::document::{Annotation, Level};
use crate::error::{Error, Result};
use crate::model::secret::Secret;

/// Appends outputs to the file that `GITHUB_OUTPUT` names. A random delimiter keeps a value from ending early.
pub fn write_outputs(file: &Path, outputs: &[(&'static str, String)]) -> Result<()> {
    let mut text = String::new();
    for (name, value) in outputs {
        let delimiter = delimiter()?;
        text.push_str(&format!("{name}<<{delimiter}\n{value}\n{delimiter}\n"));
    }
    append(file, &text)
}

/// Appends Markdown to the file that `GITHUB_STEP_SUMMARY` names.
pub fn write_summary(file: &Path, markdown: &str) -> Result<()> {
    append(file, &format!("{markdown}\n"))
}

fn append(file: &Path, text: &str) -> Result<()> {
    let mut options = OpenOptions::new();
    let written = options
        .create(true)
        .append(true)
        .open(file)
        .and_then(|mut open| open.write_all(text.as_bytes()));
    written.map_err(|error| Error::file("writing for GitHub", file, &error))
}

fn delimiter() -> Result<String> {
    let id = crate::random::hex(16).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(format!("tidegate-{id}"))
}

/// An annotation as the workflow command that makes it.
pub fn annotation(annotation: &Annotation) -> String {
    let level = match annotation.level {
        Level::Notice => "notice",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let title = data(&annotation.title).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={title}::{}", data(&annotation.message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text from elsewhere, made harmless for Markdown: no mention, no HTML, no table cell that ends early.
pub fn markdown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '@' => safe.push_str("&#64;"),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' => {
                safe.push('\\');
                safe.push(letter);
            }
            '\n' | '\r' => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

/// Lets the runner hide a secret that was made on it
/// (<https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log>).
pub fn mask(secret: &Secret) -> Result<()> {
    let line = format!("::add-mask::{}\n", secret.expose());
    let written = std::io::stderr().write_all(line.as_bytes());
    written.map_err(|error| Error::file("writing to the log", Path::new("stderr"), &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_annotation_cannot_start_another_command() {
        let line = annotation(&Annotation {
            level: Level::Error,
            title: "a: b, c".to_owned(),
            message: "50%\n::set-output name=x::y".to_owned(),
        });
        assert_eq!(line, "::error title=a%3A b%2C c::50%25%0A::set-output name=x::y");
    }

    #[test]
    fn markdown_from_elsewhere_is_only_text() {
        assert_eq!(markdown("<b>@team</b> a|b"), "&lt;b&gt;&#64;team&lt;/b&gt; a\\|b");
    }
}
