//! Notes that are too long for their place are cut at a line.

use std::borrow::Cow;

/// The most that GitHub takes as the text of a release: `body is too long (maximum is 125000 characters)`.
pub const LIMIT: usize = 125_000;

/// The notes, in at most `limit` bytes: the strictest way to count characters. What does not fit is cut off at a line,
/// and the end says how many lines are missing and, by `rest`, where they are.
pub fn shorten<'a>(notes: &'a str, limit: usize, rest: &str) -> Cow<'a, str> {
    if notes.len() <= limit {
        return Cow::Borrowed(notes);
    }
    let total = notes.lines().filter(|line| !line.trim().is_empty()).count();
    let end = |missing: usize| format!("\n{missing} more lines do not fit here: {rest}\n");
    let room = limit.saturating_sub(end(total).len());
    let mut kept = 0;
    let mut lines = 0;
    let mut shown = 0;
    let mut at = 0;
    for line in notes.split_inclusive('\n') {
        at += line.len();
        if at > room {
            break;
        }
        let empty = line.trim().is_empty();
        lines += usize::from(!empty);
        // A heading is only shown with something below it.
        if !empty && !line.starts_with('#') {
            (kept, shown) = (at, lines);
        }
    }
    let text = notes.get(..kept).unwrap_or_default();
    Cow::Owned(format!("{text}{}", end(total - shown)))
}
