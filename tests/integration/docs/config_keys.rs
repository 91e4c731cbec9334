//! The keys of `tidegate.toml` as tables in Markdown, read off the JSON Schema.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;
use tidegate::model::calendar::Calendar;
use tidegate::model::duration::Duration;
use tidegate::model::image::ImageRepository;
use tidegate::model::name::{ComponentName, EnvironmentName};
use tidegate::model::policy::{Approver, BranchPattern};
use tidegate::model::repository_setup::TagPattern;
use tidegate::model::train::{Day, Schedule};
use tidegate::model::version::{Channel, Development, Version};
use tidegate::model::window::{Window, Zone};

/// A section for each table of the file.
pub fn sections(schema: &Value) -> String {
    let mut pages = Pages {
        schema,
        text: String::new(),
        texts: BTreeSet::new(),
    };
    for (name, key) in schema["properties"].as_object().unwrap() {
        let map = key.get("additionalProperties");
        let placeholder = map.map(|_| format!("{name}.NAME"));
        let target = pages.target(map.unwrap_or(key));
        pages.section(&placeholder.unwrap_or_else(|| name.clone()), key, target);
    }
    pages.kinds_of_text();
    pages.text
}

/// The title of a schema, such as `EnvironmentName`, as words.
fn in_words(title: &str) -> String {
    let mut words = String::new();
    for (place, letter) in title.chars().enumerate() {
        if letter.is_uppercase() && place > 0 {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

struct Pages<'a> {
    schema: &'a Value,
    text: String,
    /// The kinds of text that were met, by the titles of their schemas.
    texts: BTreeSet<String>,
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
        let described = [key, table].map(|schema| schema["description"].as_str().unwrap_or_default());
        let longest = described.into_iter().rev().max_by_key(|text| text.len()).unwrap();
        writeln!(self.text, "\n## `[{name}]`\n\n{longest}").unwrap();
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
            let kind = self.kind(schema);
            writeln!(self.text, "| `{key}` | {kind} | {default} | {meaning} |").unwrap();
            let values = target.get("additionalProperties").filter(|rest| rest.is_object());
            let values = values.map_or(target, |values| self.target(values));
            if values["oneOf"].is_array() {
                words.push((key, values));
            }
            for inner in std::iter::once(target).chain(target["anyOf"].as_array().into_iter().flatten()) {
                let inner = self.target(inner);
                let open = inner.get("additionalProperties").is_some_and(Value::is_object);
                if inner["properties"].is_object() || (inner["type"] == "object" && !open) {
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

    fn kinds_of_text(&mut self) {
        let schemas = [
            schemars::schema_for!(Approver),
            schemars::schema_for!(BranchPattern),
            schemars::schema_for!(Calendar),
            schemars::schema_for!(Channel),
            schemars::schema_for!(ComponentName),
            schemars::schema_for!(Day),
            schemars::schema_for!(Development),
            schemars::schema_for!(Duration),
            schemars::schema_for!(EnvironmentName),
            schemars::schema_for!(ImageRepository),
            schemars::schema_for!(Schedule),
            schemars::schema_for!(TagPattern),
            schemars::schema_for!(Version),
            schemars::schema_for!(Window),
            schemars::schema_for!(Zone),
        ];
        writeln!(self.text, "\n## Kinds of text\n").unwrap();
        for schema in schemas {
            let (title, meaning) = (schema.get("title").unwrap(), schema.get("description").unwrap());
            let title = title.as_str().unwrap();
            assert!(self.texts.remove(title), "no key takes a {title}");
            writeln!(self.text, "- {}: {}", in_words(title), meaning.as_str().unwrap()).unwrap();
        }
        assert!(self.texts.is_empty(), "not explained: {:?}", self.texts);
    }

    fn kind(&mut self, schema: &'a Value) -> String {
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
        if let Some(title) = target["title"].as_str() {
            self.texts.insert(title.to_owned());
            return format!("[{}](#kinds-of-text)", in_words(title));
        }
        match named.unwrap() {
            "array" => format!("list: {}", self.kind(&target["items"])),
            "object" => match target.get("additionalProperties").filter(|rest| rest.is_object()) {
                Some(rest) => format!("table: {} by name", self.kind(rest)),
                None => "table".to_owned(),
            },
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
