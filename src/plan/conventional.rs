//! What a commit's message says (Conventional Commits 1.0.0, <https://www.conventionalcommits.org/en/v1.0.0/>).

use crate::model::text::one_line;

/// A way to depart from the specification that people are used to. Without any of them reading is strict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leniency {
    /// `feat:a`: no space after the colon.
    MissingSpace,
    /// `feat: a` and text in the very next line.
    BodyWithoutBlankLine,
    /// A footer right below the text of the body.
    FooterWithoutBlankLine,
    /// White space before the type.
    LeadingSpace,
    /// `fixup! feat: a`: it is to be folded into another commit, and left out.
    Fixup,
}

impl Leniency {
    /// All of them, as `tag` reads.
    pub const ALL: [Self; 5] = [
        Self::MissingSpace,
        Self::BodyWithoutBlankLine,
        Self::FooterWithoutBlankLine,
        Self::LeadingSpace,
        Self::Fixup,
    ];
}

/// Why a message is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is not conventional.
    Foreign,
    /// It is to be folded into another commit (`fixup!`, `squash!`, `amend!`; git-commit(1)).
    Fixup,
}

/// A message, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The type, in lower case.
    pub kind: String,
    /// The scope.
    pub scope: Option<String>,
    /// The description: one line.
    pub description: String,
    /// What breaks: the text of the footer, else the description.
    pub breaking: Option<String>,
    /// The body, as it stands.
    pub body: String,
    /// The footers, in order.
    pub footers: Vec<Footer>,
}

/// A footer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Footer {
    /// Its token, as it is written.
    pub token: String,
    /// Its value; further lines belong to it until the next footer.
    pub value: String,
}

impl Footer {
    /// Whether it is the footer of that token. Letters of either case are the same, but for `BREAKING CHANGE`.
    pub fn is(&self, token: &str) -> bool {
        self.token.eq_ignore_ascii_case(token)
    }

    fn breaks(&self) -> bool {
        ["BREAKING CHANGE", "BREAKING-CHANGE"].contains(&self.token.as_str())
    }
}

/// Reads a message with every leniency.
pub fn parse(message: &str) -> Result<Parsed, Unread> {
    parse_with(message, &Leniency::ALL)
}

/// Reads a message.
///
/// # Errors
/// Why it is not read.
pub fn parse_with(message: &str, leniencies: &[Leniency]) -> Result<Parsed, Unread> {
    let lenient = |leniency| leniencies.contains(&leniency);
    let message = message.replace("\r\n", "\n");
    let message = if lenient(Leniency::LeadingSpace) {
        message.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '\u{feff}')
    } else {
        &message
    };
    let (subject, rest) = message.split_once('\n').unwrap_or((message, ""));
    let marks = ["fixup! ", "squash! ", "amend! "];
    if lenient(Leniency::Fixup) && marks.iter().any(|mark| subject.starts_with(mark)) {
        return Err(Unread::Fixup);
    }
    let rest = rest.trim_end();
    let apart = rest.is_empty() || rest.lines().next().is_some_and(|line| line.trim().is_empty());
    if !apart && !lenient(Leniency::BodyWithoutBlankLine) {
        return Err(Unread::Foreign);
    }
    let subject = subject.trim_end();
    // The library takes any white space after the colon; the specification asks for one space.
    let spaced = subject.split_once(": ").is_some_and(|(head, _)| !head.contains(':'));
    if !spaced && !lenient(Leniency::MissingSpace) {
        return Err(Unread::Foreign);
    }
    let head = git_conventional::Commit::parse(subject).map_err(|_| Unread::Foreign)?;
    let description = one_line(head.description());
    if description.is_empty() {
        return Err(Unread::Foreign);
    }
    let scope = head.scope().map(|scope| one_line(scope.as_str()));
    if scope.as_ref().is_some_and(String::is_empty) {
        return Err(Unread::Foreign);
    }
    let (body, footers) = footers(rest, lenient(Leniency::FooterWithoutBlankLine));
    let told = footers
        .iter()
        .find(|footer| footer.breaks())
        .map(|footer| footer.value.clone());
    Ok(Parsed {
        kind: head.type_().as_str().to_lowercase(),
        scope,
        breaking: told.or_else(|| head.breaking().then(|| description.clone())),
        description,
        body,
        footers,
    })
}

/// The body and the footers below it. Footers begin after a blank line, or anywhere when that is allowed.
fn footers(rest: &str, anywhere: bool) -> (String, Vec<Footer>) {
    let mut body: Vec<&str> = Vec::new();
    let mut footers: Vec<Footer> = Vec::new();
    let mut after_blank = true;
    for line in rest.lines() {
        let begins = footer(line).filter(|_| after_blank || anywhere || !footers.is_empty());
        match (begins, footers.last_mut()) {
            (Some(footer), _) => footers.push(footer),
            // What tools put below the footers belongs to none of them.
            (None, Some(_)) if anywhere && is_added(line) => {}
            (None, Some(last)) => {
                last.value.push('\n');
                last.value.push_str(line);
            }
            (None, None) => body.push(line),
        }
        after_blank = line.trim().is_empty();
    }
    for footer in &mut footers {
        footer.value.truncate(footer.value.trim_end().len());
    }
    (body.join("\n").trim().to_owned(), footers)
}

/// GitHub's rule below a squashed message, and the line of `git cherry-pick -x`.
fn is_added(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("(cherry picked from commit ") || (line.len() >= 3 && line.bytes().all(|letter| letter == b'-'))
}

/// Whether a line begins a footer.
pub(super) fn begins_footer(line: &str) -> bool {
    footer(line).is_some()
}

/// A line that begins a footer: a token, `: ` or ` #`, and a value. Only `BREAKING CHANGE` has a space in it.
fn footer(line: &str) -> Option<Footer> {
    let word = |token: &str| {
        let mut letters = token.chars();
        letters.next().is_some_and(char::is_alphanumeric)
            && letters.all(|letter| letter.is_alphanumeric() || letter == '-' || letter == '_')
    };
    let fits = |token: &str| token == "BREAKING CHANGE" || word(token);
    let colon = line.split_once(": ").filter(|(token, _)| fits(token));
    let (token, value) = match colon {
        Some((token, value)) => (token, value.trim().to_owned()),
        None => {
            let (token, value) = line.split_once(" #").filter(|(token, _)| fits(token))?;
            (token, format!("#{}", value.trim()))
        }
    };
    (!value.is_empty()).then(|| Footer {
        token: token.to_owned(),
        value,
    })
}
