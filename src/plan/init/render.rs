//! Rendering the templates that are compiled in.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use crate::error::{Error, Result};
use crate::templates;

/// The templates: name and text. One may include another by its name.
const TEMPLATES: [(&str, &str); 10] = [
    ("tidegate.toml.j2", include_str!("../../../workflows/tidegate.toml.j2")),
    ("backport.yml.j2", include_str!("../../../workflows/backport.yml.j2")),
    ("cut.yml.j2", include_str!("../../../workflows/cut.yml.j2")),
    ("freeze.yml.j2", include_str!("../../../workflows/freeze.yml.j2")),
    ("hotfix.yml.j2", include_str!("../../../workflows/hotfix.yml.j2")),
    ("approve.yml.j2", include_str!("../../../workflows/approve.yml.j2")),
    ("release.yml.j2", include_str!("../../../workflows/release.yml.j2")),
    ("resume.yml.j2", include_str!("../../../workflows/resume.yml.j2")),
    (
        "promote-permissions.yml.j2",
        include_str!("../../../workflows/promote-permissions.yml.j2"),
    ),
    (
        "promote-steps.yml.j2",
        include_str!("../../../workflows/promote-steps.yml.j2"),
    ),
];

/// Renders a template.
///
/// # Errors
/// An internal error: the templates and the names of their values are tidegate's own.
pub fn render(name: &str, values: impl Serialize) -> Result<String> {
    let mut engine = templates::engine()?;
    let rendered = prepare(&mut engine).and_then(|()| engine.get_template(name)?.render(Serde(values)));
    rendered.map_err(|error| Error::Internal(format!("{name}: {error:#}")))
}

fn prepare(engine: &mut Environment<'_>) -> Result<(), minijinja::Error> {
    let mut syntax = engine.syntax().to_builder();
    engine.set_syntax(syntax.trim_blocks(true).lstrip_blocks(true).build()?);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.add_filter("quote", quote);
    engine.add_filter("lines", lines);
    TEMPLATES
        .iter()
        .try_for_each(|(name, text)| engine.add_template(name, text))
}

/// A string in double quotes, as YAML and TOML read it: JSON's strings are among theirs.
fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The lines of a YAML block (`run: |`), `width` spaces in, without the spaces that all of them start with. The first must
/// not start with a space of its own: YAML would take it for the block's indentation.
fn lines(text: &str, width: usize) -> String {
    let filled = || text.lines().filter(|line| !line.trim().is_empty());
    let common = filled().map(|line| line.len() - line.trim_start().len()).min();
    let margin = common.unwrap_or_default();
    let dedented: Vec<&str> = text
        .lines()
        .map(|line| line.get(margin..).unwrap_or_default().trim_end())
        .collect();
    let joined = dedented.join("\n");
    let indented = joined.trim().lines().map(|line| match line {
        "" => String::new(),
        line => format!("{:width$}{line}", ""),
    });
    indented.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_their_shape_inside_a_block() {
        assert_eq!(
            lines("\n  if true; then\n    echo 'a'\n\n  fi\n", 2),
            "  if true; then\n    echo 'a'\n\n  fi"
        );
        assert_eq!(lines("    a\n  b", 1), " a\n b");
    }

    #[test]
    fn quoted_text_cannot_end_early() {
        assert_eq!(quote("a\"b\\\n"), r#""a\"b\\\n""#);
    }
}
