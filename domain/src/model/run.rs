//! Runs of workflows: each attempt at an event, and what workflows outside say of themselves.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::window::Window;
use crate::phase::Phase;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    Ok,
    Error,
    Timeout,
    Cancelled,
}

impl RunStatus {
    pub const ALL: [Self; 4] = [Self::Ok, Self::Error, Self::Timeout, Self::Cancelled];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Timeout => "timeout",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Which ends are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatuses {
    /// Errors and time-outs: what an error rate counts.
    Failed,
    Only(RunStatus),
}

impl RunStatuses {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Only(status) => status.name(),
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "failed" => Some(Self::Failed),
            name => RunStatus::parse(name).map(Self::Only),
        }
    }
}

/// What of the runs is listed; `None` means "any". The list, its count and the export use this one predicate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFilter {
    /// Exact name.
    pub workflow: Option<String>,
    pub phase: Option<Phase>,
    pub statuses: Option<RunStatuses>,
    /// When it was. A time up to now begins with a full minute, as runs are counted.
    #[serde(default)]
    pub window: Window,
}

/// A request for a page of runs, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunQuery {
    pub filter: RunFilter,
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    pub id: i64,
    pub created_at: DateTime<Utc>,
    pub workflow: String,
    /// As it stands in the table, which may be none of ours.
    pub phase: Option<String>,
    pub status: RunStatus,
    /// Absent where the run was not timed.
    pub seconds: Option<f64>,
    pub error_message: Option<String>,
    pub triggered_by: Option<String>,
    pub batch_id: Option<String>,
    pub record_id: Option<String>,
    /// The event that it was an attempt at; absent for runs of workflows outside.
    pub event_id: Option<i64>,
    pub attempt: Option<i32>,
    pub worker_id: Option<String>,
}
