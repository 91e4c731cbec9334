//! Text of commits on its way into Markdown: it stays text. No mention, no markup, no link, no second line.

use std::collections::HashMap;

/// Stands after an `@` or a `#` where GitHub would make a mention or a link: it looks at the rendered text, so that a
/// backslash does not help. Dependabot and Renovate write the same.
const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// The text as one line: every run of blanks and line breaks is one space, and nothing is left that is not seen or that
/// changes the direction of what is (control characters, bidirectional overrides, zero-width and tag characters).
pub fn line(text: &str) -> String {
    let printable = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if printable && text.trim_ascii().len() == text.len() && !text.contains("  ") {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len());
    let mut gap = false;
    for letter in text.chars() {
        if letter.is_whitespace() {
            gap = true;
        } else if !letter.is_control() && !is_unseen(letter) {
            if gap && !line.is_empty() {
                line.push(' ');
            }
            gap = false;
            line.push(letter);
        }
    }
    line
}

/// Format characters that hide or reorder text. The zero-width joiners stay: emoji and several scripts need them.
fn is_unseen(letter: char) -> bool {
    matches!(
        letter,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}

/// A line for a place that is not Markdown, such as the message of a tag: what [`line`] leaves, without mentions.
pub fn plain(text: &str) -> String {
    let text = line(text);
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        plain.push(letter);
        if letter == '@' && letters.peek().is_some_and(|next| *next != ' ') {
            plain.push(ZERO_WIDTH_SPACE);
        }
    }
    plain
}

/// A line of Markdown that shows the text, wherever in a paragraph, list item or table cell it is put. Code spans that
/// are closed stay code spans; everything else is text: no mention, no reference to an issue, no link, no HTML.
pub fn markdown(text: &str) -> String {
    let text = line(text);
    let spans = Spans::of(&text);
    let mut markdown = String::with_capacity(text.len() + text.len() / 8);
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let ticks = rest.bytes().take_while(|byte| *byte == b'`').count();
        if ticks > 0 {
            match spans.end(at, ticks) {
                Some(end) => {
                    markdown.push_str(text.get(at..end).unwrap_or_default());
                    at = end;
                }
                None => {
                    markdown.push_str(&"\\`".repeat(ticks));
                    at += ticks;
                }
            }
            continue;
        }
        let length = rest.find('`').unwrap_or(rest.len());
        let (before, piece) = (
            text.get(..at).unwrap_or_default(),
            rest.get(..length).unwrap_or_default(),
        );
        outside_code(&mut markdown, before, piece);
        at += length;
    }
    markdown
}

/// The runs of backticks of a line (CommonMark 0.31.2, 6.1: a span is closed by a run as long as the one that opens it).
struct Spans {
    runs: Vec<(usize, usize)>,
    last: HashMap<usize, usize>,
}

impl Spans {
    fn of(text: &str) -> Self {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for (at, _) in text.bytes().enumerate().filter(|(_, byte)| *byte == b'`') {
            match runs.last_mut() {
                Some((start, length)) if *start + *length == at => *length += 1,
                _ => runs.push((at, 1)),
            }
        }
        let last = runs.iter().map(|(start, length)| (*length, *start)).collect();
        Self { runs, last }
    }

    /// Where the span ends that a run opens.
    fn end(&self, start: usize, length: usize) -> Option<usize> {
        self.last.get(&length).filter(|last| **last > start)?;
        let next = self.runs.partition_point(|(other, _)| *other <= start);
        let mut later = self.runs.get(next..)?.iter();
        later.find(|run| run.1 == length).map(|(other, length)| other + length)
    }
}

/// Adds a piece without backticks. `before` is what stands before it in the line.
fn outside_code(markdown: &mut String, before: &str, piece: &str) {
    let marker = if before.is_empty() { list_marker(piece) } else { None };
    let mut previous = before.chars().next_back();
    for (at, letter) in piece.char_indices() {
        let rest = piece.get(at + letter.len_utf8()..).unwrap_or_default();
        let next = rest.chars().next();
        let first = previous.is_none();
        match letter {
            '<' => markdown.push_str("&lt;"),
            '&' if is_entity(rest) => markdown.push_str("&amp;"),
            '\\' | '*' | '[' | ']' | '~' | '|' | '$' => escaped(markdown, letter),
            '_' if !(previous.is_some_and(is_word) && next.is_some_and(is_word)) => escaped(markdown, letter),
            '#' | '>' | '-' | '+' | '=' if first => escaped(markdown, letter),
            '.' | ')' if Some(at) == marker => escaped(markdown, letter),
            ':' if rest.starts_with("//") => escaped(markdown, letter),
            '.' if ends_with_www(piece.get(..at).unwrap_or_default()) => escaped(markdown, letter),
            _ => markdown.push(letter),
        }
        let digit = next.is_some_and(|next| next.is_ascii_digit());
        let mention = letter == '@' && next != Some(' ');
        let issue = letter == '#' && digit;
        let issue_too = letter == '-' && digit && ends_with(piece.get(..at).unwrap_or_default(), "gh");
        if mention || issue || issue_too {
            markdown.push(ZERO_WIDTH_SPACE);
        }
        previous = Some(letter);
    }
}

fn escaped(markdown: &mut String, letter: char) {
    markdown.push('\\');
    markdown.push(letter);
}

/// A letter or digit, or a further `_`: between two of them an `_` does not emphasise.
fn is_word(letter: char) -> bool {
    letter.is_alphanumeric()
}

fn ends_with(text: &str, lower: &str) -> bool {
    let tail = text.len().checked_sub(lower.len()).and_then(|from| text.get(from..));
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(lower))
}

fn ends_with_www(text: &str) -> bool {
    ends_with(text, "www")
}

/// Where the `.` or `)` of a numbered list stands, at most nine digits in.
fn list_marker(text: &str) -> Option<usize> {
    let digits = text.bytes().take(10).take_while(u8::is_ascii_digit).count();
    (1..10).contains(&digits).then_some(digits)
}

/// Whether what follows an `&` makes it an entity, such as `&lt;` or `&#64;`.
fn is_entity(rest: &str) -> bool {
    let name = rest.strip_prefix('#').unwrap_or(rest);
    let length = name.bytes().take(40).take_while(u8::is_ascii_alphanumeric).count();
    length > 0 && name.as_bytes().get(length) == Some(&b';')
}
