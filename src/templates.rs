//! The template engine and its delimiters: they stand beside GitHub's `${{ }}` without a clash.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};

use crate::error::{Error, Result};

/// An engine that writes values as `{{{ value }}}`, blocks as `{{% block %}}` and comments as `{{# comment #}}`.
/// A name that has no value is an error.
pub fn engine<'source>() -> Result<Environment<'source>> {
    let syntax = SyntaxConfig::builder()
        .variable_delimiters("{{{", "}}}")
        .block_delimiters("{{%", "%}}")
        .comment_delimiters("{{#", "#}}")
        .keep_trailing_newline(true)
        .build()
        .map_err(|error| Error::Internal(error.to_string()))?;
    let mut engine = Environment::new();
    engine.set_syntax(syntax);
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    Ok(engine)
}

/// An engine for whole pages: a line that holds only a block leaves nothing behind, and no value is escaped by itself.
pub fn pages<'source>() -> Result<Environment<'source>> {
    let mut engine = engine()?;
    let syntax = engine
        .syntax()
        .to_builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    engine.set_syntax(syntax.map_err(|error| Error::Internal(error.to_string()))?);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    Ok(engine)
}

/// What is wrong with somebody's template, and in which line.
pub fn mistake(error: &minijinja::Error) -> String {
    let what = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    match error.line() {
        Some(line) => format!("line {line}: {what}"),
        None => what,
    }
}

/// Fills a short template in. The error says what is wrong with it.
pub fn fill(template: &str, values: &serde_json::Value) -> Result<std::result::Result<String, String>> {
    Ok(engine()?
        .render_str(template, minijinja::value::Serde(values))
        .map_err(|error| error.to_string()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn github_expressions_pass_through() {
        let template = "{{# note #}}{{% if on %}}run: {{{ name }}} ${{ github.ref }} {{ x }}{{% endif %}}\n";
        let filled = fill(template, &serde_json::json!({ "on": true, "name": "tidegate" }));
        assert_eq!(filled.unwrap().unwrap(), "run: tidegate ${{ github.ref }} {{ x }}\n");
    }

    #[test]
    fn a_name_without_a_value_is_an_error() {
        assert!(fill("{{{ nothing }}}", &serde_json::json!({})).unwrap().is_err());
    }
}
