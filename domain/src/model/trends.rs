//! What a time came to: runs, errors, durations, and when work is done.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::overview::StripStep;
use crate::{phase::Phase, span::Span};

/// Which time is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeRange {
    /// Up to now.
    Last(Span),
    /// From one moment up to another.
    Between(DateTime<Utc>, DateTime<Utc>),
}

/// The width of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bucket {
    Hour,
    Day,
}

impl Bucket {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trends {
    /// The first moment that is counted: a full hour.
    pub from: DateTime<Utc>,
    pub until: DateTime<Utc>,
    pub bucket: Bucket,
    /// Oldest first, one for each bucket, also those in which nothing ran.
    pub runs: Vec<RunsAt>,
    /// As [`Self::runs`].
    pub depths: Vec<DepthAt>,
    /// By phase and name.
    pub workflows: Vec<WorkflowTrend>,
    /// Runs by weekday from Monday and hour in UTC: seven times twenty-four.
    pub activity: Vec<i64>,
    /// Companies that came so far, of all time.
    pub funnel: Vec<StripStep>,
    /// SVG elements, one for desks and one for phones each; empty where nothing ran.
    pub charts: TrendCharts,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrendCharts {
    pub runs: String,
    pub error_rates: String,
    pub durations: String,
    pub depths: String,
    pub funnel: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunsAt {
    pub at: DateTime<Utc>,
    pub ok: i64,
    pub errors: i64,
    pub timeouts: i64,
}

/// Events that waited or were in work. Absent where no process of the server ran.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DepthAt {
    pub at: DateTime<Utc>,
    pub most: Option<i64>,
    /// Of the samples, one a minute.
    pub average: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowTrend {
    pub workflow: String,
    /// Absent for workflows that belong to none.
    pub phase: Option<Phase>,
    pub runs: i64,
    /// Errors and time-outs.
    pub errors: i64,
    /// Percent of the runs.
    pub error_rate: f64,
    /// Seconds; absent where no run was timed.
    pub average: Option<f64>,
    /// Seconds, of the last thousand runs of the time.
    pub p50: Option<f64>,
    pub p95: Option<f64>,
}
