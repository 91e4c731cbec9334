//! The query of a request, with the page that it asks for.

use serde_json::Value;

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let code = (byte == b'%').then(|| std::str::from_utf8(&after[..2]).unwrap());
        bytes.push(code.map_or(byte, |code| u8::from_str_radix(code, 16).unwrap()));
        rest = if code.is_some() { &after[2..] } else { after };
    }
    String::from_utf8(bytes).unwrap()
}

/// The query of a request.
pub struct Query<'a>(pub &'a str);

impl Query<'_> {
    pub fn get(&self, name: &str) -> Option<String> {
        let mut pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| decoded(value))
    }

    /// The page that is asked for; GitHub gives thirty entries where nothing is said.
    pub fn page(&self, all: Vec<Value>) -> Value {
        let number = |name: &str, usual| self.get(name).map_or(usual, |text| text.parse().unwrap());
        let (size, page) = (number("per_page", 30usize).min(100), number("page", 1usize));
        all.into_iter().skip((page - 1) * size).take(size).collect()
    }
}
