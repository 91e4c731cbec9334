//! The message of a picked commit: the original one, where it comes from, and who wrote it.

use git2::Commit;

use crate::model::pick::MARKED;

const ORIGIN: &[u8] = b"(cherry picked from commit ";

/// The message. The line about the origin joins the trailers where there are some, and else stands below a blank line, as
/// git writes it. `marked` says that files hold conflict markers; `credit` names the author as a co-author.
pub(super) fn of(commit: &Commit<'_>, marked: bool, credit: bool) -> Vec<u8> {
    let mut text = commit.message_bytes().to_vec();
    if marked {
        let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
        text.splice(end..end, MARKED.bytes());
    }
    if text.last().is_some_and(|byte| *byte != b'\n') {
        text.push(b'\n');
    }
    if !has_trailers(&text) {
        text.push(b'\n');
    }
    text.extend_from_slice(ORIGIN);
    text.extend_from_slice(format!("{})\n", commit.id()).as_bytes());
    let author = commit.author();
    let named = credit && !is_named(&text, author.email_bytes());
    if named {
        text.extend_from_slice(b"Co-authored-by: ");
        text.extend_from_slice(author.name_bytes());
        text.extend_from_slice(b" <");
        text.extend_from_slice(author.email_bytes());
        text.extend_from_slice(b">\n");
    }
    text
}

/// Whether the last paragraph is one of trailers (git-interpret-trailers(1)); the line about an origin counts as one.
fn has_trailers(text: &[u8]) -> bool {
    let last = text.split(|byte| *byte == b'\n').rev().find(|line| !line.is_empty());
    let picked = last.is_some_and(|line| line.starts_with(ORIGIN));
    picked || git2::message_trailers_bytes(text).is_ok_and(|trailers| trailers.len() > 0)
}

/// Whether somebody with that address is a co-author already.
fn is_named(text: &[u8], email: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text).to_ascii_lowercase();
    let email = format!("<{}>", String::from_utf8_lossy(email).to_ascii_lowercase());
    let mut lines = text.lines();
    lines.any(|line| line.starts_with("co-authored-by:") && line.trim_end().ends_with(&email))
}
