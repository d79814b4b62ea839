//! Rows of `marketing.pipeline_events` as the pages list them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::event::EventStatus;

/// The filter of the events page; it stands in the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFilter {
    pub event_type: Option<String>,
    pub status: Option<EventStatus>,
    pub batch: Option<String>,
    /// Exact `payload.record_id`.
    pub record_id: Option<String>,
    pub cursor: Option<String>,
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
