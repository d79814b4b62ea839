//! Schedules as people see and change them.

use chrono::{DateTime, Utc};
use domain::{
    model::schedule::{Pause, RunStatus, Schedule, ScheduleRun},
    role::Actor,
};
use serde_json::{Value, json};
use sqlx::{FromRow, PgConnection};

use super::act::{self, Act};
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

    /// Asks for a run: the next process that looks does it, within seconds. A paused schedule runs, too, this once.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Invalid`] when a run was asked for and has not begun.
    pub async fn request_schedule_run(&self, name: &str, actor: &Actor) -> Result<Schedule> {
        let mut transaction = self.pool.begin().await?;
        lock(&mut transaction, name).await?;
        let asked = sqlx::query(
            "UPDATE marketing.schedules SET run_requested_at = clock_timestamp(), run_requested_by = $2
             WHERE name = $1 AND run_requested_at IS NULL",
        )
        .bind(name)
        .bind(&actor.name)
        .execute(&mut *transaction)
        .await?;
        if asked.rows_affected() == 0 {
            return Err(EngineError::Invalid(format!(
                "A run of schedule {name} was asked for already and has not begun: see that a process of the server runs"
            )));
        }
        write_down(
            &mut transaction,
            actor,
            "schedule.run",
            name,
            [Value::Null, Value::Null],
        )
        .await?;
        transaction.commit().await?;
        self.schedule(name).await
    }

    /// Pauses: ticks pass without a run until it is resumed. A run in hand goes on.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Invalid`] without a reason, or when it is paused already.
    pub async fn pause_schedule(
        &self,
        name: &str,
        reason: &str,
        actor: &Actor,
    ) -> Result<Schedule> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(EngineError::Invalid("Say why it is paused".to_owned()));
        }
        let mut transaction = self.pool.begin().await?;
        let before = lock(&mut transaction, name).await?;
        if before.paused {
            return Err(EngineError::Invalid(format!(
                "Schedule {name} is paused already"
            )));
        }
        sqlx::query(
            "UPDATE marketing.schedules
             SET paused = TRUE, pause_reason = $2, paused_by = $3, paused_at = now(), next_run_at = NULL
             WHERE name = $1",
        )
        .bind(name)
        .bind(reason)
        .bind(&actor.name)
        .execute(&mut *transaction)
        .await?;
        let after = json!({"paused": true, "reason": reason});
        write_down(
            &mut transaction,
            actor,
            "schedule.pause",
            name,
            [json!({"paused": false}), after],
        )
        .await?;
        transaction.commit().await?;
        self.schedule(name).await
    }

    /// Resumes: the next tick is the first one from now; those that passed are not made up for.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Invalid`] when it is not paused, or its cron line is wrong.
    pub async fn resume_schedule(&self, name: &str, actor: &Actor) -> Result<Schedule> {
        let mut transaction = self.pool.begin().await?;
        let before = lock(&mut transaction, name).await?;
        if !before.paused {
            return Err(EngineError::Invalid(format!(
                "Schedule {name} is not paused"
            )));
        }
        let line = parse(&before.cron, &before.zone, before.now)?;
        sqlx::query(
            "UPDATE marketing.schedules
             SET paused = FALSE, pause_reason = NULL, paused_by = NULL, paused_at = NULL, next_run_at = $2
             WHERE name = $1",
        )
        .bind(name)
        .bind(line.next_after(before.now))
        .execute(&mut *transaction)
        .await?;
        let change = [json!({"paused": true}), json!({"paused": false})];
        write_down(&mut transaction, actor, "schedule.resume", name, change).await?;
        transaction.commit().await?;
        self.schedule(name).await
    }

    /// Gives a schedule another cron line and time zone.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Invalid`] says what is wrong with the line.
    pub async fn change_schedule(
        &self,
        name: &str,
        cron: &str,
        zone: &str,
        actor: &Actor,
    ) -> Result<Schedule> {
        let (cron, zone) = (cron.trim(), zone.trim());
        let mut transaction = self.pool.begin().await?;
        let before = lock(&mut transaction, name).await?;
        let line = parse(cron, zone, before.now)?;
        let next = line.next_after(before.now).filter(|_| !before.paused);
        sqlx::query(
            "UPDATE marketing.schedules
             SET cron = $2, zone = $3, next_run_at = $4, updated_by = $5, updated_at = now() WHERE name = $1",
        )
        .bind(name)
        .bind(cron)
        .bind(zone)
        .bind(next)
        .bind(&actor.name)
        .execute(&mut *transaction)
        .await?;
        let change = [
            json!({"cron": before.cron, "zone": before.zone}),
            json!({"cron": cron, "zone": zone}),
        ];
        write_down(&mut transaction, actor, "schedule.change", name, change).await?;
        transaction.commit().await?;
        self.schedule(name).await
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

/// What a change is decided from, locked until it is made.
#[derive(FromRow)]
struct Before {
    cron: String,
    zone: String,
    paused: bool,
    now: DateTime<Utc>,
}

async fn lock(connection: &mut PgConnection, name: &str) -> Result<Before> {
    sqlx::query_as(
        "SELECT cron, zone, paused, now() AS now FROM marketing.schedules WHERE name = $1 FOR UPDATE",
    )
    .bind(name)
    .fetch_optional(connection)
    .await?
    .ok_or_else(|| unknown(name))
}

fn parse(cron: &str, zone: &str, now: DateTime<Utc>) -> Result<CronLine> {
    CronLine::parse(cron, zone, now).map_err(EngineError::Invalid)
}

fn unknown(name: &str) -> EngineError {
    EngineError::NotFound(format!("Schedule {name}"))
}

async fn write_down(
    connection: &mut PgConnection,
    actor: &Actor,
    action: &'static str,
    name: &str,
    [before, after]: [Value; 2],
) -> Result<()> {
    let act = Act {
        action,
        kind: "schedule",
        target: name,
        before,
        after,
    };
    act::record(connection, actor, act).await
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
