//! Failed events that nothing tries again by itself.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::window::Window;

/// Why an event is a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterKind {
    /// Its attempts are used up.
    Attempts,
    /// No attempt can help.
    Permanent,
    /// Nobody knows whether a call to the world outside happened.
    UnknownOutcome,
    /// A person moved it.
    Person,
}

impl DeadLetterKind {
    pub const ALL: [Self; 4] = [
        Self::Attempts,
        Self::Permanent,
        Self::UnknownOutcome,
        Self::Person,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::Permanent => "permanent",
            Self::UnknownOutcome => "unknown_outcome",
            Self::Person => "person",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What of the dead letters is listed; `None` means "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterFilter {
    pub kind: Option<DeadLetterKind>,
    pub event_type: Option<String>,
    pub batch: Option<String>,
    /// Text within the reason.
    pub search: Option<String>,
    /// When it was given up.
    #[serde(default)]
    pub window: Window,
}

/// A request for a page of dead letters, the last moved first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetterQuery {
    pub filter: DeadLetterFilter,
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeadLetter {
    pub event_id: i64,
    pub kind: DeadLetterKind,
    pub reason: String,
    pub moved_by: String,
    pub moved_at: DateTime<Utc>,
    pub event_type: String,
    pub record_id: Option<String>,
    pub company_name: Option<String>,
    pub batch_id: Option<String>,
    /// Failed attempts so far.
    pub retry_count: i32,
    pub created_at: DateTime<Utc>,
}
