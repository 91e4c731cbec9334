//! The environment variables that a configuration refers to: the workflow hands them on.

use std::collections::BTreeSet;

use toml::Value;

/// The names of `${NAME}` and `${NAME:-default}` in the values of a configuration. The shell lines under `[workflow]` are
/// left out: what stands there is the shell's.
///
/// # Errors
/// What is wrong with the text, where it is no TOML.
pub fn names(text: &str) -> Result<BTreeSet<String>, String> {
    let mut file: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
    file.remove("workflow");
    let mut names = BTreeSet::new();
    collect(&Value::Table(file), &mut names);
    Ok(names)
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => names.extend(references(text)),
        Value::Array(values) => values.iter().for_each(|value| collect(value, names)),
        Value::Table(table) => table.values().for_each(|value| collect(value, names)),
        _ => {}
    }
}

/// The names that a text refers to. `$${` is a literal `${`, and `${{` starts an expression of a workflow.
fn references(text: &str) -> impl Iterator<Item = String> {
    let before = text.split("${");
    let after = text.split("${").skip(1);
    let pairs = before.zip(after).filter(|(before, _)| !before.ends_with('$'));
    pairs.filter_map(|(_, after)| name(after))
}

/// The name that the text after `${` starts with.
fn name(text: &str) -> Option<String> {
    let inside = text.split_once('}')?.0;
    let name = inside.split_once(":-").map_or(inside, |(name, _)| name);
    let fits = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let starts = name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    (starts && name.chars().all(fits)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_found_and_shell_lines_are_left_alone() {
        let text = r#"
            a = ["${ONE}/x", { b = "${TWO:-two} ${not a name} $${ESCAPED} ${{ github.sha }}" }]
            # ${COMMENT}
            [workflow]
            test = "echo ${HOME}"
        "#;
        let found: Vec<String> = names(text).into_iter().flatten().collect();
        assert_eq!(found, ["ONE", "TWO"]);
    }
}
