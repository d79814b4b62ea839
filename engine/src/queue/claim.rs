//! Claims: the oldest due events of a type, locked for us and skipped by others.
//!
//! `id = ANY(ARRAY(SELECT …))` keeps the inner query from being joined and run again, and the status stands in the
//! text because a bound one would not use the partial index.

use std::{collections::HashSet, time::Duration};

use sqlx::{
    FromRow, PgConnection,
    types::chrono::{DateTime, Utc},
};

use super::{StageInfo, StageSettings};

/// An event that this worker holds.
#[derive(Clone, Debug, FromRow)]
pub struct Claimed {
    pub id: i64,
    pub record_id: Option<String>,
    pub batch_id: Option<String>,
    /// Failed attempts before this one.
    pub retry_count: i32,
    pub max_attempts: Option<i32>,
    /// Which lease of the event this is; the fence of a stage that calls out.
    pub attempt: i32,
    /// Since when it is due; with the id, its place in the queue.
    due: DateTime<Utc>,
}

impl Claimed {
    /// What the fence knows it by: the same worker may hold the event a second time.
    pub(super) fn lease(&self) -> (i64, i32) {
        (self.id, self.attempt)
    }

    /// Where it stands in the queue.
    pub(super) fn place(&self) -> Place {
        (self.due, self.id)
    }

    #[cfg(test)]
    pub(super) fn at(due: DateTime<Utc>, id: i64) -> Self {
        Self {
            id,
            record_id: None,
            batch_id: None,
            retry_count: 0,
            max_attempts: None,
            attempt: 0,
            due,
        }
    }

    /// The record as the number that intake and contact rows are known by.
    pub fn record_number(&self) -> Option<i64> {
        self.record_id.as_deref()?.parse().ok()
    }
}

/// A place in the queue: events are taken by the time at which they are due, and then by their ids.
pub(super) type Place = (DateTime<Utc>, i64);

/// Which events to take.
pub(super) enum Take {
    /// The next due ones of this type.
    Next(&'static str, i64),
    /// The same, but none from before this place.
    From(&'static str, i64, Place),
    /// Exactly these, as far as they are still pending.
    These(Vec<i64>),
}

impl Take {
    /// Whether it takes what is next, and not certain events once more.
    pub(super) fn is_next(&self) -> bool {
        !matches!(self, Self::These(_))
    }

    /// Two takes instead of one that failed: the event at fault stands alone in the end.
    pub(super) fn halves(events: &[Claimed]) -> impl Iterator<Item = Self> {
        events
            .chunks(events.len().div_ceil(2).max(1))
            .map(|half| Self::These(half.iter().map(|event| event.id).collect()))
    }
}

/// What a claim came to.
pub(super) struct Locked {
    pub(super) events: Vec<Claimed>,
    /// Events of paused batches that were met; they are out of the way once the transaction is committed.
    pub(super) aside: usize,
}

/// Locks events until the end of the transaction: for stages that finish in it. Those of paused batches are put aside.
pub(super) async fn lock(
    connection: &mut PgConnection,
    take: &Take,
    paused: &HashSet<String>,
) -> sqlx::Result<Locked> {
    let events = select(connection, take).await?;
    let pausing = |event: &Claimed| {
        event
            .batch_id
            .as_ref()
            .is_some_and(|batch| paused.contains(batch))
    };
    if !events.iter().any(pausing) {
        return Ok(Locked { events, aside: 0 });
    }
    let (met, mut events): (Vec<_>, Vec<_>) = events.into_iter().partition(pausing);
    let aside = put_aside(connection, &met, paused).await?;
    events.extend(met.into_iter().filter(|event| !aside.contains(&event.id)));
    events.sort_by_key(|event| event.id);
    Ok(Locked {
        events,
        aside: aside.len(),
    })
}

/// The ids that were put aside. The lock on the pause makes a resume wait for this transaction, so that it finds them;
/// a pause that has ended meanwhile has no row to lock.
async fn put_aside(
    connection: &mut PgConnection,
    met: &[Claimed],
    paused: &HashSet<String>,
) -> sqlx::Result<HashSet<i64>> {
    let batches: Vec<&str> = paused.iter().map(String::as_str).collect();
    let still: Vec<String> = sqlx::query_scalar(
        "SELECT batch_id FROM marketing.batch_pauses WHERE batch_id = ANY($1) FOR KEY SHARE",
    )
    .bind(batches)
    .fetch_all(&mut *connection)
    .await?;
    let ids: Vec<i64> = met.iter().map(|event| event.id).collect();
    let aside: Vec<i64> = sqlx::query_scalar(
        "UPDATE marketing.pipeline_events SET next_attempt_at = 'infinity'
         WHERE id = ANY($1) AND batch_id = ANY($2) RETURNING id",
    )
    .bind(ids)
    .bind(still)
    .fetch_all(connection)
    .await?;
    Ok(aside.into_iter().collect())
}

/// Which of these events a run did already: they are not asked for a second time.
pub(super) async fn done_before(
    connection: &mut PgConnection,
    events: &[Claimed],
) -> sqlx::Result<HashSet<i64>> {
    let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
    let done: Vec<i64> = sqlx::query_scalar(
        "SELECT event_id FROM marketing.workflow_stats WHERE event_id = ANY($1) AND status = 'ok'",
    )
    .bind(ids)
    .fetch_all(connection)
    .await?;
    Ok(done.into_iter().collect())
}

/// Lets one batch through in each `min_delay`, over all workers; otherwise says how long to wait.
pub(super) async fn pass_gate(
    connection: &mut PgConnection,
    stage: StageInfo,
    settings: &StageSettings,
) -> sqlx::Result<Option<Duration>> {
    if settings.min_delay.is_zero() {
        return Ok(None);
    }
    let passed = sqlx::query(
        "UPDATE marketing.stage_settings SET next_batch_at = clock_timestamp() + make_interval(secs => $2)
         WHERE stage = $1 AND next_batch_at <= clock_timestamp()",
    )
    .bind(stage.name)
    .bind(settings.min_delay.as_secs_f64())
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if passed > 0 {
        return Ok(None);
    }
    let next: Option<(DateTime<Utc>, DateTime<Utc>)> = sqlx::query_as(
        "SELECT next_batch_at, clock_timestamp() FROM marketing.stage_settings WHERE stage = $1",
    )
    .bind(stage.name)
    .fetch_optional(connection)
    .await?;
    Ok(next.map(|(next, now)| (next - now).to_std().unwrap_or_default()))
}

async fn select(connection: &mut PgConnection, take: &Take) -> sqlx::Result<Vec<Claimed>> {
    let (event_type, limit, from) = match take {
        Take::Next(event_type, limit) => (event_type, limit, None),
        Take::From(event_type, limit, from) => (event_type, limit, Some(*from)),
        Take::These(ids) => return select_these(connection, ids).await,
    };
    sqlx::query_as(
        "SELECT id, payload ->> 'record_id' AS record_id, batch_id, retry_count, max_attempts, attempt, next_attempt_at AS due
         FROM marketing.pipeline_events
         WHERE id = ANY(ARRAY(
             SELECT id FROM marketing.pipeline_events
             WHERE status = 'pending' AND event_type = $1
               AND (next_attempt_at, id) >= (coalesce($3, '-infinity'), $4) AND next_attempt_at <= now()
             ORDER BY next_attempt_at, id LIMIT $2 FOR UPDATE SKIP LOCKED))
         ORDER BY id",
    )
    .bind(event_type)
    .bind(limit)
    .bind(from.map(|(due, _)| due))
    .bind(from.map_or(0, |(_, id)| id))
    .fetch_all(connection)
    .await
}

async fn select_these(connection: &mut PgConnection, ids: &[i64]) -> sqlx::Result<Vec<Claimed>> {
    // What is put aside is due in infinity, which is no time here.
    sqlx::query_as(
        "SELECT id, payload ->> 'record_id' AS record_id, batch_id, retry_count, max_attempts, attempt,
                least(next_attempt_at, now()) AS due
         FROM marketing.pipeline_events
         WHERE id = ANY($1) AND status = 'pending'
         ORDER BY id FOR UPDATE SKIP LOCKED",
    )
    .bind(ids)
    .fetch_all(connection)
    .await
}

/// Leases locked events to the worker beyond this transaction: for stages that call out.
pub(super) async fn lease(
    connection: &mut PgConnection,
    events: &mut [Claimed],
    worker_id: &str,
) -> sqlx::Result<()> {
    let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
    sqlx::query(
        "UPDATE marketing.pipeline_events
         SET status = 'processing', locked_by = $2, locked_at = clock_timestamp(), attempt = attempt + 1
         WHERE id = ANY($1)",
    )
    .bind(&ids)
    .bind(worker_id)
    .execute(connection)
    .await?;
    for event in events {
        event.attempt += 1;
    }
    Ok(())
}

/// Those leases, as id and attempt, that this worker still holds, locked.
pub(super) async fn fence(
    connection: &mut PgConnection,
    events: &[&Claimed],
    worker_id: &str,
) -> sqlx::Result<HashSet<(i64, i32)>> {
    let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
    let attempts: Vec<i32> = events.iter().map(|event| event.attempt).collect();
    // The status as a question of its own would lead to the index of leases, in which those that ended stay as long as
    // some transaction is open.
    let held: Vec<(i64, i32)> = sqlx::query_as(
        "SELECT e.id, e.attempt FROM marketing.pipeline_events e
         JOIN unnest($1::BIGINT[], $2::INT[]) AS held (id, attempt) ON held.id = e.id AND held.attempt = e.attempt
         WHERE e.id = ANY($1) AND CASE e.status WHEN 'processing' THEN e.locked_by END = $3
         ORDER BY e.id FOR UPDATE OF e",
    )
    .bind(&ids)
    .bind(&attempts)
    .bind(worker_id)
    .fetch_all(connection)
    .await?;
    Ok(held.into_iter().collect())
}
