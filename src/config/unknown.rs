//! Keys that mean nothing. What is known is read off the JSON Schema that the types themselves give.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::Finding;
use super::document::Document;
use super::nearest::suggest;

/// A finding for each key that the schema does not know.
pub fn unknown_keys(document: &Document<'_>, schema: &Value) -> Vec<Finding> {
    let mut walk = Walk {
        document,
        schema,
        findings: Vec::new(),
    };
    walk.table(document.root(), &[schema]);
    walk.findings
}

struct Walk<'a> {
    document: &'a Document<'a>,
    schema: &'a Value,
    findings: Vec<Finding>,
}

impl<'a> Walk<'a> {
    /// `schemas` are the shapes that the table may have.
    fn table(&mut self, table: &DeTable<'_>, schemas: &[&'a Value]) {
        let shapes: Vec<&'a Value> = schemas.iter().flat_map(|schema| self.shapes(schema)).collect();
        let mut known: Vec<&'a str> = Vec::new();
        for shape in &shapes {
            let properties = shape["properties"].as_object();
            known.extend(
                properties
                    .iter()
                    .flat_map(|properties| properties.keys().map(String::as_str)),
            );
        }
        for (key, value) in table.iter() {
            let name: &str = key.get_ref();
            let inner: Vec<&'a Value> = shapes.iter().filter_map(|shape| property(shape, name)).collect();
            let open = shapes.iter().all(|shape| !is_object(shape));
            if inner.is_empty() && !open {
                self.findings.push(self.document.finding_at(
                    key.span(),
                    format!("there is no key `{name}` here"),
                    Some(suggest(name, &known)),
                    "unknown key",
                ));
            } else {
                self.value(value, &inner);
            }
        }
    }

    fn value(&mut self, value: &Spanned<DeValue<'_>>, schemas: &[&'a Value]) {
        match value.get_ref() {
            DeValue::Table(table) => self.table(table, schemas),
            DeValue::Array(array) => {
                let shapes = schemas.iter().flat_map(|schema| self.shapes(schema));
                let items: Vec<&'a Value> = shapes.filter_map(|shape| shape.get("items")).collect();
                for value in array.iter() {
                    self.value(value, &items);
                }
            }
            _ => {}
        }
    }

    /// The schema itself with what it refers to, and each of its alternatives.
    fn shapes(&self, schema: &'a Value) -> Vec<&'a Value> {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            return self
                .schema
                .pointer(pointer)
                .map_or_else(Vec::new, |found| self.shapes(found));
        }
        let alternatives = ["anyOf", "oneOf", "allOf"]
            .iter()
            .filter_map(|word| schema[word].as_array());
        let mut shapes: Vec<&'a Value> = alternatives.flatten().flat_map(|one| self.shapes(one)).collect();
        shapes.push(schema);
        shapes
    }
}

fn is_object(shape: &Value) -> bool {
    shape.get("properties").is_some() || shape.get("additionalProperties").is_some()
}

fn property<'a>(shape: &'a Value, name: &str) -> Option<&'a Value> {
    let named = shape["properties"].get(name);
    named.or_else(|| shape.get("additionalProperties").filter(|rest| rest.is_object()))
}
