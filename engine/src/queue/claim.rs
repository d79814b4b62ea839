//! Claims: the oldest due events of a type, locked for us and skipped by others.
//!
//! `id = ANY(ARRAY(SELECT …))` keeps the inner query from being joined and run again, and the status stands in the
//! text because a bound one would not use the partial index.

use sqlx::{FromRow, PgConnection};

/// An event that this worker holds.
#[derive(Clone, Debug, FromRow)]
pub(crate) struct Claimed {
    pub(crate) id: i64,
    pub(crate) record_id: Option<String>,
    pub(crate) batch_id: Option<String>,
    pub(crate) retry_count: i32,
    pub(crate) max_attempts: Option<i32>,
    /// Which claim of the event this is; the fence of a stage that calls out.
    pub(crate) attempt: i32,
}

impl Claimed {
    /// The record as the number that intake and contact rows are known by.
    pub(crate) fn record_number(&self) -> Option<i64> {
        self.record_id.as_deref()?.parse().ok()
    }
}

/// Which events to take.
pub(super) enum Take {
    /// The next due ones of this type.
    Next(&'static str, i64),
    /// Exactly these, as far as they are still pending.
    These(Vec<i64>),
}

impl Take {
    /// Two takes instead of one that failed: the event at fault stands alone in the end.
    pub(super) fn halves(events: &[Claimed]) -> impl Iterator<Item = Self> {
        events
            .chunks(events.len().div_ceil(2).max(1))
            .map(|half| Self::These(half.iter().map(|event| event.id).collect()))
    }
}

/// Locks events until the end of the transaction: for stages that finish in it.
pub(super) async fn lock(connection: &mut PgConnection, take: &Take) -> sqlx::Result<Vec<Claimed>> {
    match take {
        Take::Next(event_type, limit) => {
            sqlx::query_as(
                "SELECT id, payload ->> 'record_id' AS record_id, batch_id, retry_count, max_attempts, attempt
                 FROM marketing.pipeline_events
                 WHERE id = ANY(ARRAY(
                     SELECT id FROM marketing.pipeline_events
                     WHERE status = 'pending' AND event_type = $1 AND next_attempt_at <= now()
                     ORDER BY next_attempt_at, id LIMIT $2 FOR UPDATE SKIP LOCKED))
                 ORDER BY id",
            )
            .bind(event_type)
            .bind(limit)
            .fetch_all(connection)
            .await
        }
        Take::These(ids) => {
            sqlx::query_as(
                "SELECT id, payload ->> 'record_id' AS record_id, batch_id, retry_count, max_attempts, attempt
                 FROM marketing.pipeline_events
                 WHERE id = ANY($1) AND status = 'pending'
                 ORDER BY id FOR UPDATE SKIP LOCKED",
            )
            .bind(ids)
            .fetch_all(connection)
            .await
        }
    }
}

/// Leases events to the worker beyond this transaction: for stages that call out.
pub(super) async fn lease(
    connection: &mut PgConnection,
    take: &Take,
    worker_id: &str,
) -> sqlx::Result<Vec<Claimed>> {
    let mut events = lock(connection, take).await?;
    if events.is_empty() {
        return Ok(events);
    }
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
    for event in &mut events {
        event.attempt += 1;
    }
    Ok(events)
}

/// The ids of those events that are still leased to this worker in this attempt, locked.
pub(super) async fn fence(
    connection: &mut PgConnection,
    events: &[&Claimed],
    worker_id: &str,
) -> sqlx::Result<std::collections::HashSet<i64>> {
    let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
    let attempts: Vec<i32> = events.iter().map(|event| event.attempt).collect();
    let held: Vec<i64> = sqlx::query_scalar(
        "SELECT e.id FROM marketing.pipeline_events e
         JOIN unnest($1::BIGINT[], $2::INT[]) AS held (id, attempt) ON held.id = e.id AND held.attempt = e.attempt
         WHERE e.id = ANY($1) AND e.status = 'processing' AND e.locked_by = $3
         ORDER BY e.id FOR UPDATE OF e",
    )
    .bind(&ids)
    .bind(&attempts)
    .bind(worker_id)
    .fetch_all(connection)
    .await?;
    Ok(held.into_iter().collect())
}
