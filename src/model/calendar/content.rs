//! The content lines of an iCalendar file: <https://www.rfc-editor.org/rfc/rfc5545#section-3.1>.

use super::CalendarError;

/// One property: a name, its parameters and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line of the file that it starts in, counted from 1.
    pub number: usize,
    /// Its name, in capitals.
    pub name: String,
    /// Its parameters, their names in capitals, their values without quotation marks.
    pub parameters: Vec<(String, String)>,
    /// Its value as it is written.
    pub value: String,
}

impl Line {
    /// The value of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut found = self.parameters.iter().filter(|(own, _)| own == name);
        found.next().map(|(_, value)| value.as_str())
    }

    /// What is wrong with this line.
    pub fn wrong(&self, message: impl Into<String>) -> CalendarError {
        CalendarError::new(self.number, message)
    }
}

/// The lines of a file, unfolded. A line may end with LF alone.
pub fn lines(file: &[u8]) -> Result<Vec<Line>, CalendarError> {
    let text = std::str::from_utf8(file).map_err(|error| {
        let before = file.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        CalendarError::new(line, "this is no UTF-8 text")
    })?;
    let mut unfolded: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').split('\n').enumerate() {
        let line = line.strip_suffix('\r').unwrap_or(line);
        match (line.strip_prefix([' ', '\t']), unfolded.last_mut()) {
            (Some(rest), Some((_, longer))) => longer.push_str(rest),
            _ => unfolded.push((index + 1, line.to_owned())),
        }
    }
    let written = unfolded.iter().filter(|(_, line)| !line.trim().is_empty());
    written.map(|(number, line)| parse(*number, line)).collect()
}

fn parse(number: usize, text: &str) -> Result<Line, CalendarError> {
    let wrong = || CalendarError::new(number, format!("`{text}` is no `NAME:VALUE`"));
    let (head, value) = split_outside_quotes(text, ':').ok_or_else(wrong)?;
    let mut parts = Vec::new();
    let mut rest = head;
    while let Some((part, after)) = split_outside_quotes(rest, ';') {
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let mut parameters = Vec::new();
    for part in parts.iter().skip(1) {
        let (name, value) = part
            .split_once('=')
            .filter(|(name, _)| is_name(name))
            .ok_or_else(wrong)?;
        parameters.push((name.to_ascii_uppercase(), value.replace('"', "")));
    }
    let name = parts.first().filter(|name| is_name(name)).ok_or_else(wrong)?;
    Ok(Line {
        number,
        name: name.to_ascii_uppercase(),
        parameters,
        value: value.to_owned(),
    })
}

fn split_outside_quotes(text: &str, mark: char) -> Option<(&str, &str)> {
    let mut quoted = false;
    for (place, letter) in text.char_indices() {
        if letter == '"' {
            quoted = !quoted;
        } else if letter == mark && !quoted {
            return Some((&text[..place], &text[place + mark.len_utf8()..]));
        }
    }
    None
}
