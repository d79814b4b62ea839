//! A length of time as people type it: `90s`, `10m`, `2h`, `3d`, `4w`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Whole seconds; written in the largest unit that leaves no rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Span {
    seconds: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    #[error(
        "“{0}” is no length of time: write a whole number and s, m, h, d or w, such as 10m, 2h or 3d"
    )]
    Malformed(String),
    /// PostgreSQL's times do not reach further back than this by far, and nobody's events do.
    #[error("“{0}” is longer than 100 years")]
    TooLong(String),
}

const UNITS: [(char, u32); 5] = [
    ('w', 604_800),
    ('d', 86_400),
    ('h', 3_600),
    ('m', 60),
    ('s', 1),
];
const LONGEST: u64 = 100 * 366 * 86_400;

impl Span {
    pub const WEEK: Self = Self { seconds: 604_800 };

    pub const fn seconds(self) -> u32 {
        self.seconds
    }
}

impl FromStr for Span {
    type Err = SpanError;

    fn from_str(text: &str) -> Result<Self, SpanError> {
        let malformed = || SpanError::Malformed(text.to_owned());
        let typed = text.trim().to_lowercase();
        let unit = typed.chars().next_back().ok_or_else(malformed)?;
        let (_, size) = UNITS
            .into_iter()
            .find(|(letter, _)| *letter == unit)
            .ok_or_else(malformed)?;
        let digits = typed[..typed.len() - unit.len_utf8()].trim_end();
        if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit()) {
            return Err(malformed());
        }
        let too_long = || SpanError::TooLong(text.to_owned());
        let number: u64 = digits.parse().map_err(|_| too_long())?;
        match number.checked_mul(size.into()) {
            Some(seconds) if seconds <= LONGEST => Ok(Self {
                seconds: u32::try_from(seconds).map_err(|_| too_long())?,
            }),
            _ => Err(too_long()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = UNITS
            .into_iter()
            .find(|(_, size)| self.seconds > 0 && self.seconds.is_multiple_of(*size))
            .unwrap_or(('s', 1));
        write!(f, "{}{unit}", self.seconds / size)
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl TryFrom<String> for Span {
    type Error = SpanError;

    fn try_from(text: String) -> Result<Self, SpanError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_read_and_written_again() {
        let table = [
            ("90s", 90, "90s"),
            ("10m", 600, "10m"),
            (" 2H ", 7_200, "2h"),
            ("3 d", 259_200, "3d"),
            ("4w", 2_419_200, "4w"),
            ("120m", 7_200, "2h"),
            ("0m", 0, "0s"),
        ];
        for (typed, seconds, written) in table {
            let span: Span = typed.parse().unwrap();
            assert_eq!(
                (span.seconds(), span.to_string().as_str()),
                (seconds, written)
            );
            assert_eq!(written.parse::<Span>().unwrap(), span);
        }
    }

    #[test]
    fn everything_else_is_refused_in_words() {
        for typed in [
            "",
            "m",
            "10",
            "-1h",
            "1.5h",
            "1h30m",
            "10 minutes",
            "٣d",
            "1y",
        ] {
            assert!(
                matches!(typed.parse::<Span>(), Err(SpanError::Malformed(_))),
                "{typed}"
            );
        }
        for typed in ["99999999999999999999d", "6000w", "4000000000s"] {
            assert!(
                matches!(typed.parse::<Span>(), Err(SpanError::TooLong(_))),
                "{typed}"
            );
        }
    }
}
