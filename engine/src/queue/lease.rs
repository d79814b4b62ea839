//! Leases: a worker holds its events for as long as its heart beats.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::{Context, upkeep::More};

/// How often a worker says that it lives.
const BEAT: Duration = Duration::from_secs(1);
/// Seconds without a beat after which a worker counts as dead: four missed beats.
const DEAD_AFTER: f64 = 4.0;

pub(super) async fn register(context: &Context) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO marketing.pipeline_workers (worker_id) VALUES ($1)
         ON CONFLICT (worker_id) DO UPDATE SET heartbeat_at = clock_timestamp()",
    )
    .bind(&context.worker_id)
    .execute(&context.pool)
    .await?;
    Ok(())
}

/// Beats until told to stop, which is after the lanes are drained.
pub(super) async fn keep(context: Context, stop: CancellationToken) {
    let mut ticks = interval(BEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        if let Err(error) = register(&context).await {
            tracing::warn!(%error, "the heartbeat was not written");
        }
    }
}

/// Hands back the events of dead workers and forgets the workers.
pub(super) async fn rescue(pool: PgPool) -> sqlx::Result<More> {
    let rescued = sqlx::query(
        "UPDATE marketing.pipeline_events e
         SET status = 'pending', locked_by = NULL, locked_at = NULL, next_attempt_at = now()
         WHERE e.status = 'processing' AND e.locked_by IS NOT NULL AND NOT EXISTS (
             SELECT FROM marketing.pipeline_workers w
             WHERE w.worker_id = e.locked_by AND w.heartbeat_at > clock_timestamp() - make_interval(secs => $1))",
    )
    .bind(DEAD_AFTER)
    .execute(&pool)
    .await?
    .rows_affected();
    if rescued > 0 {
        tracing::info!(rescued, "took back events of a worker that stopped beating");
    }
    sqlx::query("DELETE FROM marketing.pipeline_workers WHERE heartbeat_at < clock_timestamp() - INTERVAL '1 minute'")
        .execute(&pool)
        .await?;
    Ok(More(false))
}

/// Returns what this worker still holds and signs it off.
pub(super) async fn hand_back(context: &Context) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE marketing.pipeline_events
         SET status = 'pending', locked_by = NULL, locked_at = NULL, next_attempt_at = now()
         WHERE status = 'processing' AND locked_by = $1",
    )
    .bind(&context.worker_id)
    .execute(&context.pool)
    .await?;
    sqlx::query("DELETE FROM marketing.pipeline_workers WHERE worker_id = $1")
        .bind(&context.worker_id)
        .execute(&context.pool)
        .await?;
    Ok(())
}
