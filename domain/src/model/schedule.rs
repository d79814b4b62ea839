//! Work by the clock: schedules and their runs.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// How a run of a schedule stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    Running,
    Ok,
    Failed,
    /// Ended early because its process was told to stop; the next run goes on.
    Stopped,
    /// Its process went away without a word.
    Lost,
}

impl RunStatus {
    pub const ALL: [Self; 5] = [
        Self::Running,
        Self::Ok,
        Self::Failed,
        Self::Stopped,
        Self::Lost,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::Lost => "lost",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// A schedule as a list shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    pub name: String,
    pub title: String,
    /// Minute, hour, day of the month, month, day of the week.
    pub cron: String,
    /// Name of the time zone that `cron` is read in, such as "Europe/Berlin".
    pub zone: String,
    pub job: String,
    pub pause: Option<Pause>,
    /// Absent until a process with a runner has seen the schedule, and while it is paused.
    pub next_run_at: Option<DateTime<Utc>>,
    pub last_run_at: Option<DateTime<Utc>>,
    /// Running while a process has it in hand.
    pub status: Option<RunStatus>,
    /// What the last run that ended did, as counts by name.
    pub last_result: Option<serde_json::Value>,
    pub last_duration_ms: Option<i64>,
    /// Who asked for a run that has not begun yet.
    pub run_requested_by: Option<String>,
}

/// How a schedule stands, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScheduleState {
    Paused,
    /// No run of it is known.
    New,
    /// As its present or last run.
    Ran(RunStatus),
}

impl ScheduleState {
    pub fn all() -> impl Iterator<Item = Self> {
        let ran = RunStatus::ALL.map(Self::Ran);
        [Self::Paused, Self::New].into_iter().chain(ran)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Paused => "paused",
            Self::New => "new",
            Self::Ran(status) => status.name(),
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|state| state.name() == name)
    }
}

impl Schedule {
    pub const fn state(&self) -> ScheduleState {
        match (&self.pause, self.status) {
            (Some(_), _) => ScheduleState::Paused,
            (None, None) => ScheduleState::New,
            (None, Some(status)) => ScheduleState::Ran(status),
        }
    }
}

/// Why a schedule does not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub reason: String,
    pub by: String,
    pub at: DateTime<Utc>,
}

/// One run of a schedule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScheduleRun {
    pub id: i64,
    pub due_at: DateTime<Utc>,
    pub started_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    pub status: RunStatus,
    pub result: Option<serde_json::Value>,
    pub error: Option<String>,
    /// "schedule", or the name of who asked for it.
    pub triggered_by: String,
}
