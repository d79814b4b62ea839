//! Calls whose outcome nobody knows, and a person's word on them.

use domain::role::Actor;

use super::audit;
use crate::{Engine, EngineError, Result};

impl Engine {
    /// Takes a person's word on whether the call of an event happened. If it did, the event counts as done and the call
    /// is not repeated; if it did not, the event is tried again, with the same idempotency key.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] when the event has no call of unknown outcome.
    pub async fn settle_unknown_call(
        &self,
        event_id: i64,
        happened: bool,
        actor: &Actor,
    ) -> Result<()> {
        let mut transaction = self.transaction().await?;
        let state = if happened { "done" } else { "failed" };
        let settled = sqlx::query(
            "UPDATE marketing.external_calls
             SET state = $2, outcome_at = clock_timestamp(), message = format('%s said so', $3)
             WHERE event_id = $1 AND state = 'unknown'",
        )
        .bind(event_id)
        .bind(state)
        .bind(&actor.name)
        .execute(&mut *transaction)
        .await?;
        if settled.rows_affected() == 0 {
            return Err(EngineError::NotFound(format!(
                "A call of unknown outcome of event {event_id}"
            )));
        }
        sqlx::query(
            "WITH out AS (DELETE FROM marketing.dead_letters WHERE event_id = $1)
             UPDATE marketing.pipeline_events
             SET status = 'pending', next_attempt_at = now(), processed_at = NULL, max_attempts = retry_count + 3
             WHERE id = $1 AND status = 'failed'",
        )
        .bind(event_id)
        .execute(&mut *transaction)
        .await?;
        let act = audit::Act::new("event.settle", "event", event_id)
            .details(serde_json::json!({ "happened": happened }));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        Ok(())
    }
}
