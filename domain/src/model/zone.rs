//! In which zone a person is shown times.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownZone {
    #[default]
    Utc,
    /// That of each browser, wherever it is.
    Browser,
    /// A name such as `Europe/Berlin`.
    Named(String),
}

impl ShownZone {
    /// As forms and the database write it.
    pub fn name(&self) -> &str {
        match self {
            Self::Utc => "UTC",
            Self::Browser => "browser",
            Self::Named(name) => name,
        }
    }

    /// Whether there is a zone of the name is not known here.
    pub fn parse(name: &str) -> Self {
        match name.trim() {
            "" | "UTC" => Self::Utc,
            "browser" => Self::Browser,
            name => Self::Named(name.to_owned()),
        }
    }
}

/// What there is to choose from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zones {
    /// Places, by name.
    pub names: Vec<String>,
    /// The present time, to see what a choice looks like.
    pub as_of: DateTime<Utc>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let table = [
            (ShownZone::Utc, "UTC"),
            (ShownZone::Browser, "browser"),
            (ShownZone::Named("Europe/Berlin".into()), "Europe/Berlin"),
        ];
        for (zone, name) in table {
            assert_eq!((zone.name(), ShownZone::parse(name)), (name, zone.clone()));
        }
        assert_eq!(ShownZone::parse(" "), ShownZone::Utc);
    }
}
