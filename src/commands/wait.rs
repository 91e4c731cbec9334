//! `--wait`: looking again for a short while, for `gate` and `promote`.

use jiff::Timestamp;

use crate::context::Context;
use crate::model::duration::Duration;
use crate::plan::wait;

/// Reads the length of `--wait`.
///
/// # Errors
/// It is no length of time, or longer than a run waits.
pub fn length(text: &str) -> Result<Duration, String> {
    let length: Duration = text.parse().map_err(|error| format!("{error}"))?;
    match length > wait::LONGEST {
        true => Err(format!(
            "a run waits {} at most; call `tidegate gate resume` on a schedule instead",
            wait::LONGEST
        )),
        false => Ok(length),
    }
}

/// When waiting is over.
pub fn end(context: &Context, length: Option<Duration>) -> Timestamp {
    context.clock.now() + length.unwrap_or_default().signed()
}

/// Sleeps until it is worth looking again. `false` when waiting is over.
pub async fn pause(context: &Context, until: Timestamp, next: Option<Timestamp>) -> bool {
    let Some(length) = wait::pause(context.clock.now(), until, next) else {
        return false;
    };
    context.clock.sleep(length).await;
    true
}
