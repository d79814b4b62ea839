//! The end of an action before its last event.

use domain::{model::bulk::BulkAction, role::Actor};
use serde_json::json;

use crate::{Engine, EngineError, Result, store::audit};

impl Engine {
    /// Stops an action after the chunk in hand; what was done stays, and the action says how much.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when it has ended, [`EngineError::NotFound`].
    pub async fn cancel_action(&self, id: i64, actor: &Actor) -> Result<BulkAction> {
        let mut transaction = self.transaction().await?;
        // Whoever has a chunk in hand holds the row until it is committed.
        let done: Option<i64> = sqlx::query_scalar(
            "UPDATE marketing.pipeline_actions
             SET state = 'cancelled', cancel_requested_by = $2, cancel_requested_at = now(), finished_at = clock_timestamp()
             WHERE id = $1 AND state = 'running'
             RETURNING done",
        )
        .bind(id)
        .bind(&actor.name)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(done) = done else {
            let action = self.action(id).await?;
            return Err(EngineError::Invalid(format!(
                "Action {id} has ended ({}) and cannot be cancelled",
                action.state.name()
            )));
        };
        let act = audit::Act::new("action.cancel", "action", id).details(json!({ "done": done }));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        self.action(id).await
    }
}
