//! A phase as a report on paper tells of it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    error_group::GroupRow,
    overview::{PhaseCard, StripStep, WorkflowHealth},
    trends::RunsAt,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseReport {
    pub as_of: DateTime<Utc>,
    pub card: PhaseCard,
    pub runs: PhaseRuns,
    /// The steps of the pipeline that belong to the phase.
    pub strip: Vec<StripStep>,
    /// Its workflows in the last hour.
    pub health: Vec<WorkflowHealth>,
    /// Workflows that belong to no phase, on every report, so that none is on no report.
    pub other_health: Vec<WorkflowHealth>,
    /// Of its event types, at most [`REPORT_ERRORS`].
    pub errors: TopErrors,
    /// Of event types that belong to no phase, on every report, at most [`REPORT_OTHER_ERRORS`].
    pub other_errors: TopErrors,
}

/// What the workflows of a phase did in 24 hours, by the hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseRuns {
    /// Oldest first, one for each hour.
    pub hours: Vec<RunsAt>,
    /// SVG elements, one for desks and one for phones; empty where nothing ran.
    pub chart: String,
}

/// Unresolved errors by cause, the most frequent causes first. Ignored ones are unresolved, too.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopErrors {
    pub groups: Vec<GroupRow>,
    pub rest: Rest,
}

/// What was left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rest {
    pub groups: i64,
    /// Their unresolved errors.
    pub errors: i64,
}

pub const REPORT_ERRORS: usize = 10;
/// Fewer, since they stand on each report.
pub const REPORT_OTHER_ERRORS: usize = 3;
