//! The form of a document: which keys there are, which are needed, and what kind of value each takes. All of it is read
//! off the JSON Schema that the types themselves give, so that every mistake of form is told at once and in plain words.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::Finding;
use super::document::Document;
use super::nearest::suggest;

/// A finding for each key and value that the schema does not allow, and for each key that it needs.
pub fn check_form(document: &Document<'_>, schema: &Value) -> Vec<Finding> {
    let mut walk = Walk {
        document,
        schema,
        findings: Vec::new(),
    };
    walk.table(document.root(), &[schema], 0..0);
    walk.findings
}

struct Walk<'a> {
    document: &'a Document<'a>,
    schema: &'a Value,
    findings: Vec<Finding>,
}

impl<'a> Walk<'a> {
    fn find(&mut self, span: Range<usize>, message: String, help: Option<String>, label: &str) {
        self.findings.push(self.document.finding_at(span, message, help, label));
    }

    /// `schemas` are the shapes that the table may have, `place` is where it starts.
    fn table(&mut self, table: &DeTable<'_>, schemas: &[&'a Value], place: Range<usize>) {
        let shapes: Vec<&'a Value> = schemas.iter().flat_map(|schema| self.shapes(schema)).collect();
        let mut known: Vec<&'a str> = Vec::new();
        for properties in shapes.iter().filter_map(|shape| shape["properties"].as_object()) {
            known.extend(properties.keys().map(String::as_str));
        }
        for (key, value) in table.iter() {
            let name: &str = key.get_ref();
            let inner: Vec<&'a Value> = shapes.iter().filter_map(|shape| property(shape, name)).collect();
            let open = shapes.iter().all(|shape| !is_object(shape));
            if inner.is_empty() && !open {
                let message = format!("there is no key `{name}` here");
                self.find(key.span(), message, Some(suggest(name, &known)), "unknown key");
            } else {
                self.value(name, value, &inner, key.span());
            }
        }
        for shape in shapes {
            for name in shape["required"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                if !table.contains_key(name) {
                    let help = property(shape, name).and_then(meaning);
                    self.find(place.clone(), format!("`{name}` is missing"), help, "needed here");
                }
            }
        }
    }

    /// `name` is what the value is called, `place` where its key stands.
    fn value(&mut self, name: &str, value: &Spanned<DeValue<'_>>, schemas: &[&'a Value], place: Range<usize>) {
        let shapes: Vec<&'a Value> = schemas.iter().flat_map(|schema| self.shapes(schema)).collect();
        let kind = kind(value.get_ref());
        let fitting: Vec<&'a Value> = shapes.iter().copied().filter(|shape| takes(shape, kind)).collect();
        if fitting.is_empty() && !shapes.is_empty() {
            let mut wanted: Vec<&str> = shapes.iter().flat_map(|shape| kinds(shape)).map(words).collect();
            wanted.dedup();
            let message = format!("`{name}` must be {}, and this is {}", wanted.join(" or "), words(kind));
            let help = schemas.iter().find_map(|schema| meaning(schema));
            self.find(value.span(), message, help, "here");
            return;
        }
        match value.get_ref() {
            DeValue::Table(table) => self.table(table, &fitting, place),
            DeValue::Array(array) => {
                let items: Vec<&'a Value> = fitting.iter().filter_map(|shape| shape.get("items")).collect();
                for value in array.iter() {
                    self.value(name, value, &items, value.span());
                }
            }
            DeValue::String(text) => self.word(name, text, &fitting, value.span()),
            _ => {}
        }
    }

    /// A text where only some words are allowed.
    fn word(&mut self, name: &str, text: &str, shapes: &[&'a Value], span: Range<usize>) {
        let mut allowed: Vec<&'a str> = Vec::new();
        for shape in shapes {
            let listed = shape["enum"].as_array().into_iter().flatten().chain(shape.get("const"));
            let before = allowed.len();
            allowed.extend(listed.filter_map(Value::as_str));
            if allowed.len() == before {
                return;
            }
        }
        if !allowed.is_empty() && !allowed.contains(&text) {
            let message = format!("`{name}` cannot be `{text}`");
            self.find(span, message, Some(suggest(text, &allowed)), "unknown word");
        }
    }

    /// What a schema comes down to: itself, what it refers to, or each of its alternatives.
    fn shapes(&self, schema: &'a Value) -> Vec<&'a Value> {
        if let Some(reference) = schema["$ref"].as_str() {
            let found = self.schema.pointer(reference.trim_start_matches('#'));
            return found.map_or_else(Vec::new, |found| self.shapes(found));
        }
        let words = ["anyOf", "oneOf", "allOf"];
        let alternatives: Vec<&'a Value> = words.iter().filter_map(|word| schema.get(word)).collect();
        if alternatives.is_empty() {
            return vec![schema];
        }
        let each = alternatives.into_iter().filter_map(Value::as_array).flatten();
        each.flat_map(|one| self.shapes(one)).collect()
    }
}

fn is_object(shape: &Value) -> bool {
    shape.get("properties").is_some() || shape.get("additionalProperties").is_some()
}

fn property<'a>(shape: &'a Value, name: &str) -> Option<&'a Value> {
    let named = shape["properties"].get(name);
    named.or_else(|| shape.get("additionalProperties").filter(|rest| rest.is_object()))
}

fn meaning(schema: &Value) -> Option<String> {
    schema["description"].as_str().map(str::to_owned)
}

/// The kind of a value, as JSON Schema calls it. JSON has no dates.
fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "date",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

/// The kinds of value that a shape names; what a file cannot hold is left out.
fn kinds(shape: &Value) -> Vec<&str> {
    let several = shape["type"].as_array().into_iter().flatten();
    let named = several.chain(shape.get("type")).filter_map(Value::as_str);
    named.filter(|kind| *kind != "null").collect()
}

fn takes(shape: &Value, kind: &str) -> bool {
    match shape.get("type") {
        None => true,
        Some(_) => kinds(shape)
            .iter()
            .any(|named| *named == kind || (*named, kind) == ("number", "integer")),
    }
}

fn words(kind: &str) -> &str {
    match kind {
        "string" => "a text in quotes",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "date" => "a date without quotes",
        "array" => "a list",
        "object" => "a table",
        other => other,
    }
}
