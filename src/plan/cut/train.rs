//! Whether a train is due: the last one has left, and no line was cut since.

use jiff::Timestamp;

use crate::model::state::ComponentState;
use crate::model::train::Train;
use crate::model::version::Version;
use crate::plan::tag::line::Line;

/// What a schedule says at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Whether a line is to be cut.
    pub is_due: bool,
    /// The train that left last.
    pub last: Option<Timestamp>,
    /// The train that leaves next; nothing where none ever comes.
    pub next: Option<Timestamp>,
    /// The branch that was cut for the last train, the newest of them.
    pub cut: Option<String>,
}

/// Decides.
pub fn due(train: &Train, now: Timestamp, recorded: &ComponentState) -> Due {
    let trains = train.around(now);
    let since = |last: Timestamp| {
        let cuts = recorded.branches.iter().filter(|(_, cut)| cut.at >= last);
        cuts.max_by_key(|(_, cut)| cut.at).map(|(branch, _)| branch.clone())
    };
    let cut = trains.last.and_then(since);
    Due {
        is_due: trains.last.is_some() && cut.is_none(),
        last: trains.last,
        next: trains.next,
        cut,
    }
}

/// The line that a train cuts, by the version that comes next: a line of its own, never one that has a version.
pub fn line_of(next: &Version) -> Line {
    let line = Line {
        major: next.0.major,
        minor: next.0.minor,
    };
    match next.0.patch {
        0 => line,
        _ => line.next(),
    }
}
