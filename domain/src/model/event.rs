//! Rows of `marketing.pipeline_events` as the pages list them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::window::Window;
use crate::{event::EventStatus, payload_match::PayloadMatch, span::Span};

/// Which events a list, a count or a bulk action is about; it stands in the URL.
///
/// `None` means "any"; what is set must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EventFilter {
    pub event_type: Option<String>,
    pub status: Option<EventStatus>,
    pub batch: Option<String>,
    /// Exact `payload.record_id`.
    pub record_id: Option<String>,
    /// Made at least so long ago.
    pub older_than: Option<Span>,
    /// Made at most so long ago.
    pub newer_than: Option<Span>,
    /// Made at this moment or later.
    pub from: Option<DateTime<Utc>>,
    /// Made before this moment.
    pub until: Option<DateTime<Utc>>,
    /// Tried at least so often; what was done at the first attempt was tried once.
    pub attempts: Option<i32>,
    /// The worker that holds the event, or made one of its attempts.
    pub worker: Option<String>,
    /// Text within the record id, the company's name or the error message.
    pub search: Option<String>,
    /// Values of the payload, all of them.
    pub payload: Vec<PayloadMatch>,
    /// Whether the event is a dead letter.
    pub dead_letter: Option<bool>,
    /// Where the list goes on; counts and actions pass over it.
    pub cursor: Option<String>,
}

impl EventFilter {
    pub const fn window(&self) -> Window {
        Window {
            newer_than: self.newer_than,
            from: self.from,
            until: self.until,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventRow {
    pub id: i64,
    pub event_type: String,
    pub record_id: Option<String>,
    pub company_name: Option<String>,
    pub batch_id: Option<String>,
    pub status: EventStatus,
    /// Failed attempts so far.
    pub retry_count: i32,
    pub error_message: Option<String>,
    pub created_at: DateTime<Utc>,
    pub processed_at: Option<DateTime<Utc>>,
    pub next_attempt_at: Option<DateTime<Utc>>,
}
