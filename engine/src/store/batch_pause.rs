//! `marketing.batch_pauses`: batches whose events are put aside until a person says otherwise.

use chrono::{DateTime, Utc};
use domain::{
    model::stage::{BatchPause, Pause},
    role::Actor,
    stage::StageName,
};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{
    audit::{self, Act},
    stage::given,
};
use crate::{Engine, EngineError, Result};

/// Events of a batch that are made due in one transaction.
const PIECE: i64 = 10_000;

impl Engine {
    /// Batches that are paused, the last first, with what waits in each.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn paused_batches(&self) -> Result<Vec<BatchPause>> {
        let rows: Vec<(String, String, String, DateTime<Utc>, i64)> = sqlx::query_as(
            "SELECT p.batch_id, p.reason, p.paused_by, p.paused_at,
                    (SELECT count(*) FROM marketing.pipeline_events e
                     WHERE e.batch_id = p.batch_id AND e.status = 'pending')
             FROM marketing.batch_pauses p ORDER BY p.paused_at DESC, p.batch_id",
        )
        .fetch_all(&self.pool)
        .await?;
        let paused = |(batch_id, reason, paused_by, paused_at, waiting)| BatchPause {
            batch_id,
            pause: Pause {
                reason: Some(reason),
                paused_by: Some(paused_by),
                paused_at,
            },
            waiting,
        };
        Ok(rows.into_iter().map(paused).collect())
    }

    /// Puts a batch's events aside as they come up, until it is resumed.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] without a reason or when it is paused already, [`EngineError::NotFound`] for a batch
    /// that nothing is known of.
    pub async fn pause_batch(&self, batch_id: &str, reason: &str, actor: &Actor) -> Result<()> {
        let reason = given(reason)?;
        let mut transaction = self.transaction().await?;
        // The name of a batch is free text, so a mistyped one would wait for ever without a word.
        let known: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM intake.import_batches WHERE import_batch_id = $1)
                 OR EXISTS (SELECT FROM intake.company_raw_intake WHERE import_batch_id = $1)
                 OR EXISTS (SELECT FROM marketing.company_master WHERE import_batch_id = $1)
                 OR EXISTS (SELECT FROM marketing.pipeline_events WHERE batch_id = $1 AND status <> 'processed')",
        )
        .bind(batch_id)
        .fetch_one(&mut *transaction)
        .await?;
        if !known {
            return Err(EngineError::NotFound(format!("Batch {batch_id}")));
        }
        let paused = sqlx::query(
            "INSERT INTO marketing.batch_pauses (batch_id, reason, paused_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        )
        .bind(batch_id)
        .bind(reason)
        .bind(&actor.name)
        .execute(&mut *transaction)
        .await?;
        if paused.rows_affected() == 0 {
            return Err(EngineError::Invalid(format!(
                "Batch {batch_id} is paused already"
            )));
        }
        let act = Act::new("batch.pause", "batch", batch_id)
            .changed(None, Some(json!({ "paused": true, "reason": reason })));
        audit::record(&mut transaction, actor, act).await?;
        Ok(transaction.commit().await?)
    }

    /// Makes a batch's events due again, and returns how many had been put aside. `reason` may be blank.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when it is not paused, [`EngineError::Database`].
    pub async fn resume_batch(&self, batch_id: &str, reason: &str, actor: &Actor) -> Result<u64> {
        let mut transaction = self.transaction().await?;
        let before: Option<Value> = sqlx::query_scalar(
            "DELETE FROM marketing.batch_pauses p WHERE batch_id = $1
             RETURNING jsonb_build_object('paused', TRUE, 'reason', p.reason, 'paused_by', p.paused_by, 'paused_at', p.paused_at)",
        )
        .bind(batch_id)
        .fetch_optional(&mut *transaction)
        .await?;
        if before.is_none() {
            return Err(EngineError::Invalid(format!(
                "Batch {batch_id} is not paused"
            )));
        }
        let due: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM marketing.pipeline_events
             WHERE batch_id = $1 AND status = 'pending' AND next_attempt_at = 'infinity'",
        )
        .bind(batch_id)
        .fetch_one(&mut *transaction)
        .await?;
        let act = Act::new("batch.resume", "batch", batch_id)
            .changed(before, Some(json!({ "paused": false })))
            .details(json!({ "reason": reason.trim(), "due": due }));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        while take_up(&self.pool).await? > 0 {
            StageName::ALL
                .into_iter()
                .for_each(|stage| self.ring(stage));
        }
        Ok(due.unsigned_abs())
    }
}

/// Makes events due that were put aside and whose batch is not paused any more, a piece at a time, and returns how many.
/// Who resumes a batch does it at once; upkeep does it for whoever was stopped on the way.
pub(crate) async fn take_up(pool: &PgPool) -> sqlx::Result<u64> {
    let due = sqlx::query(
        "UPDATE marketing.pipeline_events SET next_attempt_at = now()
         WHERE id = ANY(ARRAY(
             SELECT e.id FROM marketing.pipeline_events e
             WHERE e.status = 'pending' AND e.event_type = ANY($2) AND e.next_attempt_at = 'infinity'
               AND NOT EXISTS (SELECT FROM marketing.batch_pauses p WHERE p.batch_id = e.batch_id)
             LIMIT $1 FOR UPDATE SKIP LOCKED))",
    )
    .bind(PIECE)
    .bind(StageName::consumed_types().collect::<Vec<_>>())
    .execute(pool)
    .await?;
    Ok(due.rows_affected())
}
