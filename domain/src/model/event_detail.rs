//! One event with all that is known of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::event::EventRow;
use crate::event::{EventStatus, Severity};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventDetail {
    pub row: EventRow,
    pub payload: serde_json::Value,
    pub correlation_id: Option<String>,
    pub origin: EventOrigin,
    /// Failures after which the event is given up; absent while its stage's own number counts.
    pub max_attempts: Option<i32>,
    /// Oldest first.
    pub attempts: Vec<Attempt>,
    /// Second effects that the effect key refused.
    pub refused: Vec<RefusedEffect>,
    /// Calls to the world outside.
    pub calls: Vec<ExternalCall>,
    pub lease: Option<Lease>,
    pub errors: Vec<EventError>,
    pub dead_letter: Option<DeadLetter>,
    /// Rows that the work on it is about, when it has been worked on.
    pub wrote: Vec<WrittenRow>,
    /// Events that its work made.
    pub made: Vec<EventLink>,
    /// The event whose work made this one.
    pub caused_by: Option<EventLink>,
    pub repeats: Option<EventLink>,
    pub repeated_by: Vec<EventLink>,
    /// The "process now" or bulk action that moved it last.
    pub action: Option<EventAction>,
}

/// Who made an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventOrigin {
    /// Schema and name of the table whose write it tells of.
    pub source_table: Option<String>,
    /// The row of that table, by the key in `payload.record_id`.
    pub record_id: Option<String>,
    /// The trigger that wrote it; absent in events made by hand.
    pub trigger: Option<String>,
    pub by_hand: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// From 1; absent in runs that were written before attempts had numbers, and in those of workflows outside.
    pub number: Option<i32>,
    pub worker: Option<String>,
    pub workflow: String,
    /// A batch is worked on together: its begin.
    pub started_at: DateTime<Utc>,
    /// The event's share of its batch.
    pub duration_seconds: Option<f64>,
    /// ok, error, timeout or cancelled.
    pub outcome: String,
    pub error_message: Option<String>,
    pub next_attempt_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedEffect {
    pub stage: String,
    pub worker: String,
    pub at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalCall {
    pub idempotency_key: String,
    /// intended, done, failed or unknown.
    pub state: String,
    pub attempt: i32,
    pub worker: String,
    pub intended_at: DateTime<Utc>,
    pub outcome_at: Option<DateTime<Utc>>,
    pub message: Option<String>,
}

/// Who holds the event now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Absent when a person or n8n took it in hand.
    pub worker: Option<String>,
    pub since: Option<DateTime<Utc>>,
    /// The worker's last sign of life; absent when it is gone.
    pub heartbeat_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventError {
    pub id: i64,
    pub message: String,
    pub severity: Severity,
    pub resolved: bool,
    pub resolved_by: Option<String>,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// attempts, permanent, unknown_outcome or person.
    pub kind: String,
    pub reason: String,
    pub moved_by: String,
    pub moved_at: DateTime<Utc>,
}

/// A row that the work on an event is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenRow {
    pub table: String,
    /// Key of its node in the lineage.
    pub key: String,
    pub title: String,
    pub status: Option<String>,
    pub at: Option<DateTime<Utc>>,
    /// False when the row stands as something else wrote it: before, or since.
    pub by_this: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLink {
    pub id: i64,
    pub event_type: String,
    pub record_id: Option<String>,
    pub status: EventStatus,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventAction {
    pub id: i64,
    pub title: String,
    pub requested_by: String,
    pub created_at: DateTime<Utc>,
}
