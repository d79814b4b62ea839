//! The overview page: cards, pipeline strip, queue, health and throughput.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::Count;
use crate::{phase::Phase, stage::StageName};

/// Everything on the overview above the error console.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    pub as_of: DateTime<Utc>,
    /// True when the sandbox providers are in use.
    pub demo: bool,
    /// True when there is neither a company nor an import yet.
    pub empty: bool,
    /// Always the four phases, in card order.
    pub cards: Vec<PhaseCard>,
    pub vitals: Vitals,
    pub strip: Vec<StripStep>,
    pub queue: Vec<QueueRow>,
    pub health: Vec<WorkflowHealth>,
    pub throughput: Vec<DailyThroughput>,
}

/// Events that were made, counted as the list behind the figure counts them; absent where that took too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventCounts {
    pub five_minutes: Option<Count>,
    /// 24 h.
    pub day: Option<Count>,
}

/// What happens now, beside what the last 24 h came to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vitals {
    /// Stages that are not paused.
    pub active_stages: i64,
    pub stages: i64,
    /// Events in the hands of a worker, or of a workflow outside.
    pub running: i64,
    /// Percent of the runs of 24 h that neither failed nor timed out; absent when nothing ran.
    pub success_rate: Option<f64>,
    /// Seconds from the making of an event to its end, on average since yesterday at 0:00 UTC, which is how events are
    /// counted; absent when none ended.
    pub average_latency: Option<f64>,
    /// Unresolved errors, the number in the console's tab.
    pub unresolved_errors: i64,
}

/// A row of `v_phase_stats` and the metrics of the phase's own card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseCard {
    pub phase: Phase,
    /// Runs of the last 24 h.
    pub total_runs: i64,
    pub errors: i64,
    /// Percent, 0 to 100.
    pub error_rate: f64,
    /// Seconds; absent when nothing ran.
    pub avg_duration: Option<f64>,
    /// The 24 h before those of the other figures.
    pub before: PhaseBefore,
    /// The card's own metrics in order.
    pub metrics: Vec<CardMetric>,
    /// Runs per hour of the last 24 h, oldest first, 24 entries.
    pub runs_per_hour: Vec<i64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhaseBefore {
    pub total_runs: i64,
    /// Percent, 0 to 100; absent when nothing ran.
    pub error_rate: Option<f64>,
    /// Seconds; absent when nothing ran.
    pub avg_duration: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CardMetric {
    pub label: String,
    /// Ready to show; absent where the source does not exist yet.
    pub value: Option<String>,
    /// Why there is no value, shown on the dash.
    pub reason: Option<String>,
    /// Against the 24 h before; absent without a value.
    pub change: Option<MetricChange>,
}

/// How a metric has changed in 24 h.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetricChange {
    /// Of a count.
    Count { now: i64, before: i64 },
    /// Of an average between 0 and 1.
    Average { now: f64, before: f64 },
    /// Nobody knows, and why.
    Unknown(String),
}

/// One of the six steps from import to verified.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StripStep {
    /// Absent for the first step, the import.
    pub stage: Option<StageName>,
    pub done: i64,
    pub waiting: i64,
    /// In the hands of a worker, or of a workflow outside.
    pub processing: i64,
    pub failed: i64,
    /// Outcomes that are no failure of ours: rejected companies, people not found, addresses not valid.
    pub declined: i64,
    /// What `declined` is called at this step: "rejected", "not found", "not valid".
    pub declined_label: String,
    /// Runs per second over the last minute.
    pub rate: f64,
    /// Age of the oldest waiting event in minutes.
    pub oldest_minutes: Option<f64>,
    /// Share of the records that reached the step before and are through this one, 0 to 1.
    pub progress: f64,
}

/// A row of `v_event_queue_status`, and types without pending events with zeros.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QueueRow {
    pub event_type: String,
    pub pending_count: i64,
    pub oldest_pending: Option<DateTime<Utc>>,
    pub oldest_age_minutes: Option<f64>,
}

/// Queue age marks of the specification, in minutes.
pub const QUEUE_WARNING_MINUTES: f64 = 10.0;
pub const QUEUE_CRITICAL_MINUTES: f64 = 30.0;
/// Error rate in percent above which a card's figure turns red.
pub const CARD_ERROR_RATE_PERCENT: f64 = 5.0;

/// A row of `v_workflow_health` (last hour).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkflowHealth {
    pub workflow_name: String,
    pub total_runs: i64,
    pub error_count: i64,
    pub error_rate_pct: f64,
    pub avg_duration_sec: Option<f64>,
    pub last_run: Option<DateTime<Utc>>,
    /// healthy, warning, critical or idle.
    pub health_status: String,
}

/// A row of `v_daily_throughput`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DailyThroughput {
    pub date: NaiveDate,
    pub total_events: i64,
    pub processed_events: i64,
    pub failed_events: i64,
    pub pending_events: i64,
    pub avg_processing_time_seconds: Option<f64>,
}

/// A row of `v_sniper_targets`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SniperTarget {
    pub company_id: String,
    pub company_name: Option<String>,
    pub ple_score: Option<f64>,
    pub bit_intent_score: Option<f64>,
    pub ple_updated_at: Option<DateTime<Utc>>,
    pub last_signal_at: Option<DateTime<Utc>>,
}
