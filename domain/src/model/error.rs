//! Entries of the error console.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::window::Window;
use crate::event::{EventStatus, Severity};

/// What the error console shows: the filter that stands in the URL.
///
/// `None` means "any". The list, its count and the bulk actions all use this one predicate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorFilter {
    pub event_type: Option<String>,
    pub severity: Option<Severity>,
    /// `Some(false)` is the console's default.
    pub resolved: Option<bool>,
    /// Errors of one cause: the key of their group.
    pub group: Option<String>,
    /// Text within the message or the record id.
    pub search: Option<String>,
    #[serde(default)]
    pub window: Window,
    /// No error after this id: an action takes what its preview counted, not what came since. Not in the URL.
    pub up_to: Option<i64>,
}

/// What an action on the errors of a filter would touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorPreview {
    pub open: i64,
    /// Have a failed event that a stage can work on again.
    pub retryable: i64,
    /// The last error that was counted, for [`ErrorFilter::up_to`].
    pub up_to: i64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorSort {
    #[default]
    CreatedAt,
    EventType,
    RecordId,
}

/// A request for a page of errors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorQuery {
    pub filter: ErrorFilter,
    pub sort: ErrorSort,
    pub ascending: bool,
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorRow {
    pub id: i64,
    /// Of the group of its cause.
    pub group: String,
    pub event_type: String,
    pub record_id: Option<String>,
    pub error_message: String,
    pub severity: Severity,
    pub resolved: bool,
    pub created_at: DateTime<Utc>,
    pub event_id: Option<i64>,
    /// The state of the event now, when there is one: what became of the record after a retry.
    pub event_status: Option<EventStatus>,
    pub retried_at: Option<DateTime<Utc>>,
    /// The workflow that a retry runs; absent when no stage handles the event type.
    pub workflow: Option<String>,
}

/// An act that resolved errors, by which it is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    pub id: i64,
    /// How many were open before.
    pub resolved: i64,
}

/// One error with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorDetail {
    pub row: ErrorRow,
    pub error_details: Option<serde_json::Value>,
    pub resolved_at: Option<DateTime<Utc>>,
    pub resolved_by: Option<String>,
    pub resolution_notes: Option<String>,
    pub retried_by: Option<String>,
    /// Payload of the event, when there is one.
    pub event_payload: Option<serde_json::Value>,
    pub event_attempts: Option<i32>,
    pub event_error: Option<String>,
    /// Key of the company's page, when the record belongs to one.
    pub company_key: Option<String>,
}
