//! The part of time that a list is narrowed to.

use std::fmt;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::span::Span;

/// What is named must hold; nothing named is all of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Window {
    /// At most so long ago.
    pub newer_than: Option<Span>,
    /// At this moment or later.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub until: Option<DateTime<Utc>>,
}

/// As people say it, days and times in UTC.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = self.until.map(|until| match is_midnight(until) {
            // The last day that is part of it.
            true => until - TimeDelta::days(1),
            false => until,
        });
        match (self.newer_than, self.from, until) {
            (None, None, None) => f.write_str("any time"),
            (Some(span), None, None) => write!(f, "last {}", spelled(span)),
            // Both together stand in no link of ours.
            (Some(span), ..) => write!(f, "last {}, in part", spelled(span)),
            (None, Some(from), None) => write!(f, "since {}", moment(from)),
            (None, None, Some(until)) => write!(f, "up to {}", moment(until)),
            (None, Some(from), Some(until)) if from == until => f.write_str(&moment(from)),
            (None, Some(from), Some(until)) => write!(f, "{} to {}", moment(from), moment(until)),
        }
    }
}

fn is_midnight(at: DateTime<Utc>) -> bool {
    at.time() == NaiveTime::MIN
}

fn moment(at: DateTime<Utc>) -> String {
    let format = if is_midnight(at) {
        "%-d %b %Y"
    } else {
        "%-d %b %H:%M"
    };
    at.format(format).to_string()
}

fn spelled(span: Span) -> String {
    let (seconds, text) = (span.seconds(), span.to_string());
    let units = [(86_400, "day"), (3_600, "hour"), (60, "minute")];
    let whole = units
        .into_iter()
        .find(|(size, _)| seconds > 0 && seconds.is_multiple_of(*size));
    match whole.map(|(size, unit)| (seconds / size, unit)) {
        Some((1, "day")) => "24 hours".to_owned(),
        Some((1, unit)) => unit.to_owned(),
        Some((number, unit)) => format!("{number} {unit}s"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_told_in_words() {
        let table = [
            ("", "", "", "any time"),
            ("1h", "", "", "last hour"),
            ("24h", "", "", "last 24 hours"),
            ("7d", "", "", "last 7 days"),
            ("90s", "", "", "last 90s"),
            ("", "2026-03-02T00:00:00Z", "", "since 2 Mar 2026"),
            ("", "", "2026-03-05T00:00:00Z", "up to 4 Mar 2026"),
            (
                "",
                "2026-03-02T00:00:00Z",
                "2026-03-03T00:00:00Z",
                "2 Mar 2026",
            ),
            (
                "",
                "2026-03-02T13:00:00Z",
                "2026-03-02T14:30:00Z",
                "2 Mar 13:00 to 2 Mar 14:30",
            ),
            ("7d", "2026-03-02T13:00:00Z", "", "last 7 days, in part"),
        ];
        for (newer, from, until, expected) in table {
            let window = Window {
                newer_than: newer.parse().ok(),
                from: from.parse().ok(),
                until: until.parse().ok(),
            };
            assert_eq!(window.to_string(), expected);
        }
    }
}
