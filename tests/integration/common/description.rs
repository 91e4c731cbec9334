//! GitHub's own description of its API, and answers filled up with what it asks for.

use serde_json::{Map, Value, json};

use super::contract::DESCRIPTION;

/// The description.
pub struct Description(Value);

impl Description {
    pub fn load() -> Self {
        let text = std::fs::read(super::found(DESCRIPTION).unwrap()).unwrap();
        Self(serde_json::from_slice(&text).unwrap())
    }

    /// An answer to a call, with a value of the right type for each field that is needed and not given.
    pub fn fill(&self, method: &str, call: &str, status: u16, answer: &Value) -> Value {
        let responses = &self.0["paths"][call][method]["responses"];
        let response = self.resolve(&responses[status.to_string()]);
        let schema = &response["content"]["application/json"]["schema"];
        match schema.is_null() {
            true => answer.clone(),
            false => self.filled(schema, Some(answer)),
        }
    }

    fn resolve<'a>(&'a self, part: &'a Value) -> &'a Value {
        match part["$ref"].as_str() {
            Some(reference) => self.0.pointer(&reference[1..]).unwrap(),
            None => part,
        }
    }

    fn filled(&self, schema: &Value, given: Option<&Value>) -> Value {
        let schema = self.resolve(schema);
        if given.is_none() && schema["nullable"] == true {
            return Value::Null;
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(first) = schema[choice].get(0).filter(|_| given.is_none()) {
                return self.filled(first, None);
            }
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let whole = parts
                .iter()
                .fold(given.cloned(), |value, part| Some(self.filled(part, value.as_ref())));
            return whole.unwrap_or_default();
        }
        match (given, schema["type"].as_str()) {
            (Some(Value::Object(fields)), _) => self.object(schema, fields),
            (Some(Value::Array(entries)), _) => {
                let entries = entries.iter().map(|entry| self.filled(&schema["items"], Some(entry)));
                entries.collect()
            }
            (Some(given), _) => given.clone(),
            (None, Some("object")) => self.object(schema, &Map::new()),
            (None, Some("array")) => json!([]),
            (None, Some("integer" | "number")) => 1.into(),
            (None, Some("boolean")) => false.into(),
            (None, Some("string")) => match (&schema["enum"][0], schema["format"].as_str()) {
                (Value::String(first), _) => first.as_str().into(),
                (_, Some("uri")) => "https://example.com".into(),
                (_, Some("date-time")) => "2026-03-11T10:00:00Z".into(),
                (_, Some("email")) => "somebody@example.com".into(),
                _ => "text".into(),
            },
            (None, _) => Value::Null,
        }
    }

    fn object(&self, schema: &Value, given: &Map<String, Value>) -> Value {
        let mut fields = given.clone();
        for (name, value) in &mut fields {
            *value = self.filled(&schema["properties"][name], Some(value));
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            let name = name.as_str().unwrap();
            if !fields.contains_key(name) {
                fields.insert(name.to_owned(), self.filled(&schema["properties"][name], None));
            }
        }
        fields.into()
    }
}
