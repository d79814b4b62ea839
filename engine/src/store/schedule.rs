//! Schedules and their runs as people see them.

use chrono::{DateTime, Utc};
use domain::model::schedule::{Pause, RunStatus, Schedule, ScheduleRun};
use serde_json::Value;
use sqlx::FromRow;

use crate::{Engine, EngineError, Result, schedule::cron::CronLine};

/// Times that a preview of a cron line shows.
const PREVIEWED: usize = 5;
/// Runs that a history shows.
const LISTED: i64 = 50;

const COLUMNS: &str =
    "name, title, cron, zone, job, pause_reason, paused_by, paused_at, next_run_at, last_run_at,
    CASE WHEN leased_by IS NOT NULL THEN 'running' ELSE last_status END AS status,
    last_result, last_duration_ms, run_requested_by";

impl Engine {
    /// All schedules by name.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn schedules(&self) -> Result<Vec<Schedule>> {
        let sql = format!("SELECT {COLUMNS} FROM marketing.schedules ORDER BY name");
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_all(&self.pool)
            .await?;
        Ok(rows.into_iter().map(Row::into_schedule).collect())
    }

    /// One schedule.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn schedule(&self, name: &str) -> Result<Schedule> {
        let sql = format!("SELECT {COLUMNS} FROM marketing.schedules WHERE name = $1");
        let row: Option<Row> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .bind(name)
            .fetch_optional(&self.pool)
            .await?;
        row.map(Row::into_schedule).ok_or_else(|| unknown(name))
    }

    /// The newest 50 runs of a schedule, newest first.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn schedule_runs(&self, name: &str) -> Result<Vec<ScheduleRun>> {
        self.schedule(name).await?;
        let rows: Vec<RunRow> = sqlx::query_as(
            "SELECT id, due_at, started_at, finished_at, status, result, error, triggered_by
             FROM marketing.schedule_runs WHERE name = $1 ORDER BY due_at DESC LIMIT $2",
        )
        .bind(name)
        .bind(LISTED)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(RunRow::into_run).collect())
    }

    /// The next five times of a cron line, to look at before it is saved.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] says what is wrong with the line.
    pub fn preview_cron(&self, cron: &str, zone: &str) -> Result<Vec<DateTime<Utc>>> {
        let now = Utc::now();
        Ok(parse(cron.trim(), zone.trim(), now)?.next_times(now, PREVIEWED))
    }
}

pub(super) fn parse(cron: &str, zone: &str, now: DateTime<Utc>) -> Result<CronLine> {
    CronLine::parse(cron, zone, now).map_err(EngineError::Invalid)
}

pub(super) fn unknown(name: &str) -> EngineError {
    EngineError::NotFound(format!("Schedule {name}"))
}

#[derive(FromRow)]
struct Row {
    name: String,
    title: String,
    cron: String,
    zone: String,
    job: String,
    pause_reason: Option<String>,
    paused_by: Option<String>,
    paused_at: Option<DateTime<Utc>>,
    next_run_at: Option<DateTime<Utc>>,
    last_run_at: Option<DateTime<Utc>>,
    status: Option<String>,
    last_result: Option<Value>,
    last_duration_ms: Option<i64>,
    run_requested_by: Option<String>,
}

impl Row {
    fn into_schedule(self) -> Schedule {
        Schedule {
            name: self.name,
            title: self.title,
            cron: self.cron,
            zone: self.zone,
            job: self.job,
            pause: self.paused_at.map(|at| Pause {
                reason: self.pause_reason.unwrap_or_default(),
                by: self.paused_by.unwrap_or_default(),
                at,
            }),
            next_run_at: self.next_run_at,
            last_run_at: self.last_run_at,
            status: self.status.as_deref().and_then(RunStatus::parse),
            last_result: self.last_result,
            last_duration_ms: self.last_duration_ms,
            run_requested_by: self.run_requested_by,
        }
    }
}

#[derive(FromRow)]
struct RunRow {
    id: i64,
    due_at: DateTime<Utc>,
    started_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    status: String,
    result: Option<Value>,
    error: Option<String>,
    triggered_by: String,
}

impl RunRow {
    fn into_run(self) -> ScheduleRun {
        ScheduleRun {
            id: self.id,
            due_at: self.due_at,
            started_at: self.started_at,
            finished_at: self.finished_at,
            // The table's own check allows no other.
            status: RunStatus::parse(&self.status).unwrap_or(RunStatus::Lost),
            result: self.result,
            error: self.error,
            triggered_by: self.triggered_by,
        }
    }
}
