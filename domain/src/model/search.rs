//! What a person looks for from anywhere: companies, people, batches, events and errors by name or number.

use serde::{Deserialize, Serialize};

/// Hits of one kind at most.
pub const HITS: i64 = 5;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    pub target: HitTarget,
    pub title: String,
    /// What tells it from its namesakes.
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HitTarget {
    /// By intake id or Barton ID, as `CompanyRow::key`.
    Company(String),
    /// A person, by the company.
    Contact(String),
    Batch(String),
    Event(i64),
    /// An error, by its message: the console lists those that say the same.
    Error(String),
}

impl HitTarget {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Company(_) => "Company",
            Self::Contact(_) => "Contact",
            Self::Batch(_) => "Batch",
            Self::Event(_) => "Event",
            Self::Error(_) => "Error",
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hits {
    pub hits: Vec<Hit>,
    /// False where looking took too long and there may be more.
    pub complete: bool,
}
