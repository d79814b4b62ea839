//! Actions on the queue: "process now" and retries, with their progress.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::stage::StageName;

/// What a "process now" applies to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum Scope {
    /// One record by its natural key, as `payload.record_id` holds it.
    Record(String),
    /// Everything of one import batch.
    Batch(String),
    /// Everything that waits in the stage.
    Waiting,
}

/// What an action would touch, shown before it is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionPreview {
    pub stage: StageName,
    pub scope: Scope,
    /// Events that wait, also those backing off after a failure.
    pub waiting: i64,
    /// Failed events that would be tried again.
    pub failed: i64,
    /// The last event that was counted; the action goes no further.
    pub up_to: Option<i64>,
}

/// An action that was started and how far its events are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionProgress {
    pub id: i64,
    /// For people, such as "Process now: Enrich, batch 20251120-TX-01".
    pub title: String,
    pub requested_by: String,
    pub created_at: DateTime<Utc>,
    pub total: i64,
    pub processed: i64,
    pub failed: i64,
    /// Pending or processing.
    pub open: i64,
}
