//! Work on the queue itself: events that nobody consumes, and the folding of the rollups.

use std::time::Duration;

use domain::stage::StageName;
use tokio::time::sleep;

use super::Context;

const ACKNOWLEDGE_EVERY: Duration = Duration::from_millis(500);
const FOLD_EVERY: Duration = Duration::from_secs(2);
/// Events acknowledged in one transaction.
const BATCH: i64 = 2_000;
/// Any number that no other lock of the application uses: one process folds at a time.
const FOLD_LOCK: i64 = 0x0CC0_F01D;

/// Acknowledges informational events, so that what waits in the queue waits for someone.
pub(super) async fn acknowledge_unconsumed(context: Context) {
    while !context.stop.is_cancelled() {
        let acknowledged = acknowledge(&context).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "events without a consumer were not acknowledged; trying again");
            0
        });
        if acknowledged < u64::try_from(BATCH).unwrap_or(u64::MAX) {
            pause(&context, ACKNOWLEDGE_EVERY).await;
        }
    }
}

/// The types come from the rollup: the queue itself is never searched for what no index leads to.
async fn acknowledge(context: &Context) -> sqlx::Result<u64> {
    let consumed: Vec<&str> = StageName::ALL
        .iter()
        .map(|stage| stage.consumes())
        .chain(["slot_created"])
        .collect();
    let done = sqlx::query(
        "UPDATE marketing.pipeline_events
         SET status = 'processed', processed_at = clock_timestamp()
         WHERE id = ANY(ARRAY(
             SELECT e.id
             FROM (SELECT label FROM marketing.v_rollup
                   WHERE metric = 'event' AND detail = 'pending' AND label <> ALL($1)
                   GROUP BY label HAVING sum(n) > 0) AS waiting
             CROSS JOIN LATERAL (
                 SELECT id FROM marketing.pipeline_events p
                 WHERE p.status = 'pending' AND p.event_type = waiting.label AND p.next_attempt_at <= now()
                 ORDER BY p.next_attempt_at, p.id LIMIT $2 FOR UPDATE SKIP LOCKED) AS e))",
    )
    .bind(&consumed)
    .bind(BATCH)
    .execute(&context.pool)
    .await?;
    Ok(done.rows_affected())
}

/// Folds the differences that the statements left, so that reading stays cheap.
pub(super) async fn fold_rollups(context: Context) {
    while !context.stop.is_cancelled() {
        if let Err(error) = fold(&context).await {
            tracing::warn!(%error, "the rollups were not folded; trying again");
        }
        pause(&context, FOLD_EVERY).await;
    }
}

async fn fold(context: &Context) -> sqlx::Result<()> {
    let mut transaction = context.pool.begin().await?;
    let mine: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)")
        .bind(FOLD_LOCK)
        .fetch_one(&mut *transaction)
        .await?;
    if mine {
        sqlx::query("SELECT marketing.fold_rollups()")
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

async fn pause(context: &Context, time: Duration) {
    tokio::select! {
        () = context.stop.cancelled() => {}
        () = sleep(time) => {}
    }
}
