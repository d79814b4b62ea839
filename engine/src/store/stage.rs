//! `marketing.stage_settings`: what people tell the stages while they run.
//!
//! Workers hear of every change through the table's trigger, and the table outlives restarts.

use chrono::{DateTime, Utc};
use domain::{
    model::stage::{Pause, StageSettings, StageState},
    role::Actor,
    stage::StageName,
};
use serde_json::{Value, json};
use sqlx::{FromRow, PgConnection};

use super::audit::{self, Act};
use crate::{Engine, EngineError, Result, queue};

impl Engine {
    /// Settings and pauses of all stages, in their order.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn stage_settings(&self) -> Result<Vec<StageState>> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT stage, paused, pause_reason, paused_by, paused_at, concurrency, batch_size, min_delay_ms, attempts,
                    backoff_base_ms, backoff_cap_ms, time_out_ms, updated_by, updated_at
             FROM marketing.stage_settings",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut states: Vec<StageState> = rows
            .into_iter()
            .filter_map(|row| row.state(self.config.demo))
            .collect();
        states.sort_by_key(|state| {
            StageName::ALL
                .iter()
                .position(|stage| *stage == state.stage)
        });
        Ok(states)
    }

    /// No worker takes another batch of the stage until it is resumed; what is in hand is finished.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] without a reason or when it is paused already, [`EngineError::Database`].
    pub async fn pause_stage(&self, stage: StageName, reason: &str, actor: &Actor) -> Result<()> {
        let reason = given(reason)?;
        let mut transaction = self.transaction().await?;
        let before = shown(&mut transaction, stage).await?;
        let paused = sqlx::query(
            "UPDATE marketing.stage_settings
             SET paused = TRUE, pause_reason = $2, paused_by = $3, paused_at = now()
             WHERE stage = $1 AND NOT paused",
        )
        .bind(stage.name())
        .bind(reason)
        .bind(&actor.name)
        .execute(&mut *transaction)
        .await?;
        if paused.rows_affected() == 0 {
            return Err(EngineError::Invalid(format!(
                "{} is paused already",
                stage.title()
            )));
        }
        changed(
            &mut transaction,
            actor,
            "stage.pause",
            stage,
            before,
            json!({ "reason": reason }),
        )
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Workers go on with the stage. `reason` may be blank.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when it is not paused, [`EngineError::Database`].
    pub async fn resume_stage(&self, stage: StageName, reason: &str, actor: &Actor) -> Result<()> {
        let mut transaction = self.transaction().await?;
        let before = shown(&mut transaction, stage).await?;
        let resumed = sqlx::query(
            "UPDATE marketing.stage_settings
             SET paused = FALSE, pause_reason = NULL, paused_by = NULL, paused_at = NULL
             WHERE stage = $1 AND paused",
        )
        .bind(stage.name())
        .execute(&mut *transaction)
        .await?;
        if resumed.rows_affected() == 0 {
            return Err(EngineError::Invalid(format!(
                "{} is not paused",
                stage.title()
            )));
        }
        changed(
            &mut transaction,
            actor,
            "stage.resume",
            stage,
            before,
            json!({ "reason": reason.trim() }),
        )
        .await?;
        transaction.commit().await?;
        self.ring(stage);
        Ok(())
    }

    /// Sets all numbers of a stage, in force at once.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a number outside its range, [`EngineError::Database`].
    pub async fn update_stage_settings(
        &self,
        stage: StageName,
        settings: &StageSettings,
        actor: &Actor,
    ) -> Result<()> {
        settings.check().map_err(EngineError::Invalid)?;
        let mut transaction = self.transaction().await?;
        let before = shown(&mut transaction, stage).await?;
        // A stage of a newer version may not have its row yet.
        sqlx::query(
            "INSERT INTO marketing.stage_settings AS s (stage, concurrency, batch_size, min_delay_ms, attempts,
                 backoff_base_ms, backoff_cap_ms, time_out_ms, updated_by, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())
             ON CONFLICT (stage) DO UPDATE
             SET concurrency = excluded.concurrency, batch_size = excluded.batch_size,
                 min_delay_ms = excluded.min_delay_ms, attempts = excluded.attempts,
                 backoff_base_ms = excluded.backoff_base_ms, backoff_cap_ms = excluded.backoff_cap_ms,
                 time_out_ms = excluded.time_out_ms, updated_by = excluded.updated_by, updated_at = now(),
                 -- A long delay that was in force until now holds nobody back any more.
                 next_batch_at = CASE WHEN s.min_delay_ms IS DISTINCT FROM excluded.min_delay_ms
                                      THEN '-infinity' ELSE s.next_batch_at END",
        )
        .bind(stage.name())
        .bind(settings.concurrency)
        .bind(settings.batch_size)
        .bind(settings.min_delay_ms)
        .bind(settings.attempts)
        .bind(settings.backoff_base_ms)
        .bind(settings.backoff_cap_ms)
        .bind(settings.time_out_ms)
        .bind(&actor.name)
        .execute(&mut *transaction)
        .await?;
        changed(
            &mut transaction,
            actor,
            "stage.settings",
            stage,
            before,
            Value::Null,
        )
        .await?;
        transaction.commit().await?;
        self.ring(stage);
        Ok(())
    }

    pub(super) fn ring(&self, stage: StageName) {
        for event_type in stage.event_types() {
            self.live.doorbell(event_type).notify_one();
        }
    }
}

pub(super) fn given(reason: &str) -> Result<&str> {
    match reason.trim() {
        "" => Err(EngineError::Invalid(
            "Say why: whoever finds it paused will ask".into(),
        )),
        reason => Ok(reason),
    }
}

/// The row as the log shows it, locked; without what moves by itself.
async fn shown(connection: &mut PgConnection, stage: StageName) -> Result<Option<Value>> {
    Ok(sqlx::query_scalar(
        "SELECT to_jsonb(s) - ARRAY['stage', 'next_batch_at', 'updated_by', 'updated_at']
         FROM marketing.stage_settings s WHERE stage = $1 FOR UPDATE",
    )
    .bind(stage.name())
    .fetch_optional(connection)
    .await?)
}

async fn changed(
    connection: &mut PgConnection,
    actor: &Actor,
    action: &'static str,
    stage: StageName,
    before: Option<Value>,
    details: Value,
) -> Result<()> {
    let after = shown(connection, stage).await?;
    let act = Act::new(action, "stage", stage.name())
        .changed(before, after)
        .details(details);
    Ok(audit::record(connection, actor, act).await?)
}

#[derive(FromRow)]
struct Row {
    stage: String,
    paused: bool,
    pause_reason: Option<String>,
    paused_by: Option<String>,
    paused_at: Option<DateTime<Utc>>,
    concurrency: Option<i32>,
    batch_size: Option<i32>,
    min_delay_ms: Option<i32>,
    attempts: Option<i32>,
    backoff_base_ms: Option<i32>,
    backoff_cap_ms: Option<i32>,
    time_out_ms: Option<i32>,
    updated_by: Option<String>,
    updated_at: DateTime<Utc>,
}

impl Row {
    /// `None` for a stage of a newer version.
    fn state(self, sandbox: bool) -> Option<StageState> {
        let stage = StageName::parse(&self.stage)?;
        let pause = self
            .paused_at
            .filter(|_| self.paused)
            .map(|paused_at| Pause {
                reason: self.pause_reason,
                paused_by: self.paused_by,
                paused_at,
            });
        Some(StageState {
            stage,
            pause,
            settings: StageSettings {
                concurrency: self.concurrency,
                batch_size: self.batch_size,
                min_delay_ms: self.min_delay_ms,
                attempts: self.attempts,
                backoff_base_ms: self.backoff_base_ms,
                backoff_cap_ms: self.backoff_cap_ms,
                time_out_ms: self.time_out_ms,
            },
            own: queue::StageSettings::of(stage, sandbox).shown(),
            updated_by: self.updated_by,
            updated_at: self.updated_at,
        })
    }
}
