//! Lengths of time as people write them in the configuration: `90s`, `24h`, `2d 12h`.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::text::{ParseError, text_type};

/// A length of time in whole seconds, never negative. A day is 24 hours here, whatever the clocks do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(i64);

impl Duration {
    /// `seconds` seconds; less than none counts as none.
    pub const fn from_secs(seconds: i64) -> Self {
        Self(if seconds < 0 { 0 } else { seconds })
    }

    /// The length in seconds.
    pub fn as_secs(self) -> i64 {
        self.0
    }

    /// The length to the minute, for people: `5 h 10 min`, or `0 min`.
    pub fn rough(self) -> String {
        match self.0 / 60 {
            0 => "0 min".to_owned(),
            minutes => Self(minutes * 60).to_string(),
        }
    }

    /// The length as jiff adds it to a time.
    pub fn signed(self) -> SignedDuration {
        SignedDuration::from_secs(self.0)
    }

    /// The length as the standard library sleeps it.
    pub fn std(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.0.unsigned_abs())
    }
}

impl From<SignedDuration> for Duration {
    fn from(length: SignedDuration) -> Self {
        Self::from_secs(length.as_secs())
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.0 / 86_400, self.0 % 86_400);
        let parts = [
            (days, "d"),
            (rest / 3_600, "h"),
            (rest / 60 % 60, "min"),
            (rest % 60, "s"),
        ];
        let text: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, unit)| format!("{count} {unit}"))
            .collect();
        f.pad(
            if text.is_empty() {
                "0 s".to_owned()
            } else {
                text.join(" ")
            }
            .as_str(),
        )
    }
}

impl FromStr for Duration {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let bad = |why: String| ParseError::new("length of time", text, why);
        let span: Span = text
            .parse()
            .map_err(|_| bad("write it as `90s`, `15m`, `24h` or `2d 12h`".to_owned()))?;
        let days = SpanRelativeTo::days_are_24_hours();
        let length = span.to_duration(days).map_err(|error| bad(error.to_string()))?;
        if length.is_negative() {
            return Err(bad("it must not be negative".to_owned()));
        }
        Ok(Self(length.as_secs()))
    }
}

text_type!(Duration, "Duration", "A length of time: `90s`, `15m`, `24h`, `2d 12h`.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_prints_what_people_write() {
        for (text, seconds, shown) in [
            ("90s", 90, "1 min 30 s"),
            ("24h", 86_400, "1 d"),
            ("2d 12h", 216_000, "2 d 12 h"),
            ("0s", 0, "0 s"),
        ] {
            let duration: Duration = text.parse().unwrap();
            assert_eq!(duration.as_secs(), seconds, "{text}");
            assert_eq!(duration.to_string(), shown);
            assert_eq!(
                shown.parse::<Duration>().unwrap(),
                duration,
                "what is shown can be read"
            );
        }
        assert!("soon".parse::<Duration>().is_err());
        assert!("-1h".parse::<Duration>().is_err());
    }
}
