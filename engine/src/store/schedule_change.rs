//! What people do with schedules, each act with its entry in the audit log.

use chrono::{DateTime, Utc};
use domain::{model::schedule::Schedule, role::Actor};
use serde_json::json;
use sqlx::{FromRow, PgConnection};

use super::{
    audit::{self, Act},
    schedule::{parse, unknown},
};
use crate::{Engine, EngineError, Result};

impl Engine {
    /// Asks for a run: the next process that looks does it, within seconds. A paused schedule runs, too, this once.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Invalid`] when a run was asked for and has not begun.
    pub async fn request_schedule_run(&self, name: &str, actor: &Actor) -> Result<Schedule> {
        let mut transaction = self.transaction().await?;
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
        audit::record(
            &mut transaction,
            actor,
            Act::new("schedule.run", "schedule", name),
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
        let mut transaction = self.transaction().await?;
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
        let act = Act::new("schedule.pause", "schedule", name).changed(
            Some(json!({"paused": false})),
            Some(json!({"paused": true, "reason": reason})),
        );
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        self.schedule(name).await
    }

    /// Resumes: the next tick is the first one from now; those that passed are not made up for.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Invalid`] when it is not paused, or its cron line is wrong.
    pub async fn resume_schedule(&self, name: &str, actor: &Actor) -> Result<Schedule> {
        let mut transaction = self.transaction().await?;
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
        let act = Act::new("schedule.resume", "schedule", name).changed(
            Some(json!({"paused": true})),
            Some(json!({"paused": false})),
        );
        audit::record(&mut transaction, actor, act).await?;
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
        let mut transaction = self.transaction().await?;
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
        let act = Act::new("schedule.change", "schedule", name).changed(
            Some(json!({"cron": before.cron, "zone": before.zone})),
            Some(json!({"cron": cron, "zone": zone})),
        );
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        self.schedule(name).await
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
