//! Work on the queue itself, done by every process, whether it runs stages or leaves them to others.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use domain::stage::StageName;
use sqlx::PgPool;
use tokio::{sync::Notify, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{floor::Floors, lease};
use crate::{Engine, actions::run_actions, store::batch_pause::take_up};

/// A chore that nobody rang for: above all the events that were in somebody's hands without a lease for half an hour. An
/// idle process shall ask the database at most three times a second, all its tasks together.
const LONGEST_REST: Duration = Duration::from_secs(60);
/// Events acknowledged in one transaction.
const BATCH: i64 = 2_000;
/// The floor of all events that nobody consumes.
const UNCONSUMED: &str = "";
/// Any number that no other lock of the application uses: one process folds at a time.
const FOLD_LOCK: i64 = 0x0CC0_F01D;

/// Acknowledges events that nobody consumes, folds the rollups, takes back what dead workers held, samples the queue,
/// delivers to webhooks.
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
        let floors = Floors::default();
        tasks.spawn(repeat(engine, &stop, &bells.acknowledge, move |pool| {
            acknowledge(pool, floors.clone())
        }));
        tasks.spawn(repeat(engine, &stop, &bells.fold, fold));
        tasks.spawn(repeat(engine, &stop, &bells.act, |pool| async move {
            Ok(More(run_actions(pool).await?))
        }));
        tasks.spawn(repeat(engine, &stop, &Arc::default(), look_around));
        tasks.spawn(crate::webhooks::run(
            engine.clone(),
            stop.clone(),
            bells.deliver.clone(),
        ));
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
    deliver: Arc<Notify>,
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
                    (chores.deliver, &bells.deliver),
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
/// The types come from the rollup: the queue itself is never searched for what no index leads to. All types share one
/// floor, which is that of the type that is behind the others.
async fn acknowledge(pool: PgPool, floors: Floors) -> sqlx::Result<More> {
    let consumed: Vec<&str> = StageName::consumed_types().collect();
    let from = floors.of(UNCONSUMED);
    let asked = Instant::now();
    let done: Vec<DateTime<Utc>> = sqlx::query_scalar(
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
                   AND p.next_attempt_at >= coalesce($3, '-infinity')
                 ORDER BY p.next_attempt_at, p.id LIMIT $2 FOR UPDATE SKIP LOCKED) AS e))
         RETURNING next_attempt_at",
    )
    .bind(&consumed)
    .bind(BATCH)
    .bind(from.map(|(due, _)| due))
    .fetch_all(&pool)
    .await?;
    let full = done.len() as i64 >= BATCH;
    let first = done.iter().min().map(|due| (*due, 0));
    floors.note_place(UNCONSUMED, from.is_none(), full, first, asked.elapsed());
    Ok(More(full))
}

/// What nobody rings for.
async fn look_around(pool: PgPool) -> sqlx::Result<More> {
    sample(&pool).await?;
    reclaim(&pool).await?;
    Ok(More(false))
}

/// Hands back what a person or n8n took in hand without a lease and left there.
async fn reclaim(pool: &PgPool) -> sqlx::Result<()> {
    let reclaimed: i64 = sqlx::query_scalar("SELECT marketing.reclaim_unleased_events()")
        .fetch_one(pool)
        .await?;
    if reclaimed > 0 {
        tracing::warn!(
            reclaimed,
            "events were in processing for half an hour without a worker; they wait again"
        );
    }
    take_up(pool).await?;
    sqlx::query("SELECT marketing.close_error_groups()")
        .execute(pool)
        .await?;
    // Who marks a dead event as processed, as workflows may, need not know of dead letters.
    sqlx::query(
        "DELETE FROM marketing.dead_letters d USING marketing.pipeline_events e
         WHERE e.id = d.event_id AND e.status <> 'failed'",
    )
    .execute(pool)
    .await?;
    Ok(())
}

/// Notes how much waits or is in work, and once an hour how many targets there are.
async fn sample(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::query("SELECT marketing.sample_queue_depth(), marketing.sample_intelligence()")
        .execute(pool)
        .await?;
    Ok(())
}

/// Folds the differences that the statements left, so that reading stays cheap.
async fn fold(pool: PgPool) -> sqlx::Result<More> {
    sqlx::query("SELECT CASE WHEN pg_try_advisory_xact_lock($1) THEN marketing.fold_rollups() END")
        .bind(FOLD_LOCK)
        .execute(&pool)
        .await?;
    Ok(More(false))
}
