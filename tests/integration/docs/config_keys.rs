//! The keys of `tidegate.toml` as tables in Markdown, read off the JSON Schema.

use std::fmt::Write as _;

use serde_json::Value;

/// A section for each table of the file.
pub fn sections(schema: &Value) -> String {
    let mut pages = Pages {
        schema,
        text: String::new(),
    };
    for (name, key) in schema["properties"].as_object().unwrap() {
        let map = key.get("additionalProperties");
        let placeholder = map.map(|_| format!("{name}.NAME"));
        let target = pages.target(map.unwrap_or(key));
        pages.section(&placeholder.unwrap_or_else(|| name.clone()), key, target);
    }
    pages.text
}

struct Pages<'a> {
    schema: &'a Value,
    text: String,
}

impl<'a> Pages<'a> {
    /// What a schema refers to, past `null` and references.
    fn target(&self, schema: &'a Value) -> &'a Value {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.schema.pointer(reference.trim_start_matches('#')).unwrap();
        }
        let alternatives = schema["anyOf"].as_array().map(Vec::as_slice).unwrap_or_default();
        let real: Vec<&Value> = alternatives.iter().filter(|one| one["type"] != "null").collect();
        match real.as_slice() {
            [one] => self.target(one),
            _ => schema,
        }
    }

    fn section(&mut self, name: &str, key: &'a Value, table: &'a Value) {
        let description = key["description"].as_str().unwrap_or_default();
        writeln!(self.text, "\n## `[{name}]`\n\n{description}").unwrap();
        let own = table["description"].as_str().unwrap_or_default();
        if own != description && !own.is_empty() {
            writeln!(self.text, "{own}").unwrap();
        }
        let keys = table["properties"].as_object();
        let Some(keys) = keys.filter(|keys| !keys.is_empty()) else {
            writeln!(self.text, "\nIt has no keys: write `{{}}`.").unwrap();
            return;
        };
        let needed: Vec<&str> = table["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        writeln!(
            self.text,
            "\n| key | type | default | meaning |\n| --- | --- | --- | --- |"
        )
        .unwrap();
        let (mut words, mut tables) = (Vec::new(), Vec::new());
        for (key, schema) in keys {
            let target = self.target(schema);
            let default = match (needed.contains(&key.as_str()), schema.get("default")) {
                (true, _) => "needed".to_owned(),
                (false, Some(Value::Null) | None) => "none".to_owned(),
                (false, Some(value)) => format!("`{}`", toml_of(value)),
            };
            let meaning = schema["description"].as_str().unwrap_or_default();
            writeln!(self.text, "| `{key}` | {} | {default} | {meaning} |", self.kind(schema)).unwrap();
            if target["oneOf"].is_array() {
                words.push((key, target));
            }
            for inner in std::iter::once(target).chain(target["anyOf"].as_array().into_iter().flatten()) {
                let inner = self.target(inner);
                if inner["properties"].is_object() || inner["type"] == "object" {
                    tables.push((format!("{name}.{key}"), schema, inner));
                }
            }
        }
        for (key, target) in words {
            writeln!(self.text, "\n`{key}` is one of:\n").unwrap();
            for word in target["oneOf"].as_array().unwrap() {
                let (name, meaning) = (word["const"].as_str().unwrap(), word["description"].as_str().unwrap());
                writeln!(self.text, "- `{name}`: {meaning}").unwrap();
            }
        }
        for (name, key, table) in tables {
            self.section(&name, key, table);
        }
    }

    fn kind(&self, schema: &'a Value) -> String {
        let target = self.target(schema);
        if target["oneOf"].is_array() {
            return "word".to_owned();
        }
        if let Some(alternatives) = target["anyOf"].as_array() {
            let each: Vec<String> = alternatives.iter().map(|one| self.kind(one)).collect();
            return each.join(" or ");
        }
        let named = match &target["type"] {
            Value::Array(several) => several.iter().find(|one| *one != "null").and_then(Value::as_str),
            one => one.as_str(),
        };
        match named.unwrap() {
            "array" => format!("list of {}s", self.kind(&target["items"])),
            "object" => "table".to_owned(),
            other => other.to_owned(),
        }
    }
}

/// A default as it is written in TOML.
fn toml_of(value: &Value) -> String {
    match value {
        Value::Object(map) if map.is_empty() => "{}".to_owned(),
        Value::Object(map) => {
            let pairs: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{key} = {}", toml_of(value)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}
