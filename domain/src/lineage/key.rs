//! What a lineage is asked for by.

use std::{fmt, str::FromStr};

use crate::barton::BartonId;

/// One record of the pipeline, of whatever kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LineageKey {
    /// `intake.company_raw_intake`, the number that stands in the address of a company's page.
    Intake(i64),
    /// A company, a slot or a person. The third segment tells which in keys of ours; people with psql number as they like.
    Barton(BartonId),
    /// `marketing.contact_enrichment`.
    Contact(i64),
    /// `marketing.email_verification`.
    Verification(i64),
    Event(i64),
    /// What every event, error and run of one company carries, in lower case with hyphens.
    Correlation(String),
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "“{0}” names no record: write a Barton ID, a correlation id, an intake id (17 or intake:17), event:17, contact:17 or \
     verification:17"
)]
pub struct LineageKeyError(String);

impl FromStr for LineageKey {
    type Err = LineageKeyError;

    fn from_str(text: &str) -> Result<Self, LineageKeyError> {
        let refused = || LineageKeyError(text.to_owned());
        let typed = text.trim();
        let (kind, id) = typed.split_once(':').unwrap_or(("intake", typed));
        if let Ok(id) = id.trim().parse::<i64>() {
            return match kind.trim().to_lowercase().as_str() {
                "intake" => Ok(Self::Intake(id)),
                "contact" => Ok(Self::Contact(id)),
                "verification" => Ok(Self::Verification(id)),
                "event" => Ok(Self::Event(id)),
                _ => Err(refused()),
            };
        }
        // The kind may stand before these too, as it does in the keys of nodes.
        let (_, id) = typed.split_once(':').unwrap_or(("", typed));
        if let Ok(barton_id) = id.trim().parse() {
            return Ok(Self::Barton(barton_id));
        }
        correlation(id.trim())
            .map(Self::Correlation)
            .ok_or_else(refused)
    }
}

fn correlation(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let digits = text.chars().all(|c| c == '-' || c.is_ascii_hexdigit());
    (lengths == [8, 4, 4, 4, 12] && digits).then(|| text.to_lowercase())
}

impl fmt::Display for LineageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Intake(id) => write!(f, "intake:{id}"),
            Self::Barton(id) => write!(f, "{id}"),
            Self::Contact(id) => write!(f, "contact:{id}"),
            Self::Verification(id) => write!(f, "verification:{id}"),
            Self::Event(id) => write!(f, "event:{id}"),
            Self::Correlation(id) => write!(f, "{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_and_written() {
        let uuid = "0d9c1e9e-7a44-4b27-9d0c-2f6f3a1f6b11";
        let table = [
            ("17", LineageKey::Intake(17), "intake:17"),
            ("Intake: 17 ", LineageKey::Intake(17), "intake:17"),
            ("contact:5", LineageKey::Contact(5), "contact:5"),
            (
                "verification:5",
                LineageKey::Verification(5),
                "verification:5",
            ),
            ("event:9", LineageKey::Event(9), "event:9"),
            (
                "company:04.04.01.84.00001.001",
                LineageKey::Barton("04.04.01.84.00001.001".parse().unwrap()),
                "04.04.01.84.00001.001",
            ),
            (
                "0D9C1E9E-7A44-4B27-9D0C-2F6F3A1F6B11",
                LineageKey::Correlation(uuid.into()),
                uuid,
            ),
        ];
        for (typed, key, written) in table {
            assert_eq!(typed.parse(), Ok(key.clone()), "{typed}");
            assert_eq!(key.to_string(), written);
            assert_eq!(written.parse(), Ok(key));
        }
        for typed in [
            "",
            "Acme",
            "line:3",
            "04.04.01.84.00001",
            "0d9c1e9e-7a44",
            "event:",
            "event:x",
        ] {
            assert!(typed.parse::<LineageKey>().is_err(), "{typed}");
        }
    }
}
