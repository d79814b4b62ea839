//! Work on the queue itself, done by every process, whether it runs stages or leaves them to others.

use std::{future::Future, sync::Arc, time::Duration};

use domain::stage::StageName;
use sqlx::PgPool;
use tokio::{sync::Notify, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use super::lease;
use crate::{Engine, actions::run_actions};

/// A chore that nobody rang for: above all the events that were in somebody's hands without a lease for half an hour. An
/// idle process shall ask the database at most three times a second, all its tasks together.
const LONGEST_REST: Duration = Duration::from_secs(60);
/// Events acknowledged in one transaction.
const BATCH: i64 = 2_000;
/// Any number that no other lock of the application uses: one process folds at a time.
const FOLD_LOCK: i64 = 0x0CC0_F01D;

/// Acknowledges events that nobody consumes, folds the rollups, takes back what dead workers held.
pub struct Upkeep {
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

impl Upkeep {
    /// Starts the tasks; any number of processes may run them.
    #[must_use]
    pub fn start(engine: &Engine) -> Self {
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        let bells = Bells::default();
        tasks.spawn(repeat(engine, &stop, &bells.acknowledge, acknowledge));
        tasks.spawn(repeat(engine, &stop, &bells.fold, fold));
        tasks.spawn(repeat(engine, &stop, &bells.act, |pool| async move {
            Ok(More(run_actions(pool).await?))
        }));
        tasks.spawn(repeat(engine, &stop, &Arc::default(), reclaim));
        tasks.spawn(watch(engine.clone(), stop.clone(), bells));
        tasks.spawn(crate::schedule::run(engine.clone(), stop.clone()));
        Self { tasks, stop }
    }

    /// Ends after the statements in hand.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Rung by the look at the workers' hearts.
#[derive(Default)]
struct Bells {
    fold: Arc<Notify>,
    act: Arc<Notify>,
    acknowledge: Arc<Notify>,
}

/// Does a piece of work at once again while there is more of it, and else when the bell rings.
fn repeat<F>(
    engine: &Engine,
    stop: &CancellationToken,
    bell: &Arc<Notify>,
    work: impl Fn(PgPool) -> F + Send + 'static,
) -> impl Future<Output = ()> + Send + 'static
where
    F: Future<Output = sqlx::Result<More>> + Send,
{
    let (engine, stop, bell) = (engine.clone(), stop.clone(), bell.clone());
    async move {
        while !stop.is_cancelled() {
            match engine.live.while_connected(work(engine.pool.clone())).await {
                Ok(More(true)) => continue,
                Ok(More(false)) => {}
                Err(error) => {
                    tracing::warn!(%error, "upkeep of the queue did not succeed; trying again")
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = bell.notified() => {}
                () = sleep(LONGEST_REST) => {}
            }
        }
    }
}

/// Whether there is more to do.
struct More(bool);

/// Looks after the workers' hearts, and rings for what waits.
async fn watch(engine: Engine, stop: CancellationToken, bells: Bells) {
    let mut watch = lease::Watch::default();
    while !stop.is_cancelled() {
        match engine.live.while_connected(watch.look(&engine.pool)).await {
            Ok(chores) => {
                let waiting = [
                    (chores.fold, &bells.fold),
                    (chores.act, &bells.act),
                    (chores.acknowledge, &bells.acknowledge),
                ];
                for (_, bell) in waiting.iter().filter(|(waits, _)| *waits) {
                    bell.notify_one();
                }
            }
            Err(error) => {
                tracing::warn!(%error, "the workers' heartbeats could not be read; trying again");
            }
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(lease::LOOK_EVERY) => {}
        }
    }
}

/// Acknowledges informational events, so that what waits in the queue waits for someone.
///
/// The types come from the rollup: the queue itself is never searched for what no index leads to.
async fn acknowledge(pool: PgPool) -> sqlx::Result<More> {
    let consumed: Vec<&str> = StageName::consumed_types().collect();
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
    .execute(&pool)
    .await?;
    Ok(More(done.rows_affected() >= BATCH.unsigned_abs()))
}

/// Hands back what a person or n8n took in hand without a lease and left there.
async fn reclaim(pool: PgPool) -> sqlx::Result<More> {
    let reclaimed: i64 = sqlx::query_scalar("SELECT marketing.reclaim_unleased_events()")
        .fetch_one(&pool)
        .await?;
    if reclaimed > 0 {
        tracing::warn!(
            reclaimed,
            "events were in processing for half an hour without a worker; they wait again"
        );
    }
    // Who marks a dead event as processed, as workflows may, need not know of dead letters.
    sqlx::query(
        "DELETE FROM marketing.dead_letters d USING marketing.pipeline_events e
         WHERE e.id = d.event_id AND e.status <> 'failed'",
    )
    .execute(&pool)
    .await?;
    Ok(More(false))
}

/// Folds the differences that the statements left, so that reading stays cheap.
async fn fold(pool: PgPool) -> sqlx::Result<More> {
    sqlx::query("SELECT CASE WHEN pg_try_advisory_xact_lock($1) THEN marketing.fold_rollups() END")
        .bind(FOLD_LOCK)
        .execute(&pool)
        .await?;
    Ok(More(false))
}
