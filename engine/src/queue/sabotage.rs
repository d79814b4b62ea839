//! Breaks a guarantee on purpose: for the fault suite, which must notice. Not in any build that people use.

use std::time::Duration;

use sqlx::{Postgres, Transaction};

use super::{Claimed, Context};
use crate::connect;

/// Acknowledges in a transaction of its own before anything was done, as queues do that promise "at most once".
pub(super) async fn acknowledge_early(
    context: &Context,
    mut transaction: Transaction<'static, Postgres>,
    events: &[Claimed],
) -> sqlx::Result<Transaction<'static, Postgres>> {
    if std::env::var("CHAOS_SABOTAGE").as_deref() != Ok("early_ack") {
        return Ok(transaction);
    }
    let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
    sqlx::query("UPDATE marketing.pipeline_events SET status = 'processed', processed_at = now() WHERE id = ANY($1)")
        .bind(ids)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    tokio::time::sleep(Duration::from_millis(20)).await;
    connect::begin(&context.pool).await
}
