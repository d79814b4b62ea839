//! The statements of the process that delivers.

use std::time::Duration;

use sqlx::{FromRow, PgPool};

use super::post::Outcome;

/// Deliveries that a look at one webhook finds.
const BATCH: i64 = 100;
/// A larger payload is left out, as in notifications; whoever needs it reads the event.
const PAYLOAD_BYTES: i32 = 1 << 20;

/// What a turn came to.
#[derive(FromRow)]
pub(super) struct Turn {
    /// Whether this process is the one that delivers.
    pub(super) mine: bool,
    /// Whether any webhook is on.
    pub(super) following: bool,
    /// More events may wait to be handed out.
    pub(super) more: bool,
    /// Webhooks to which something can be sent.
    pub(super) due: Vec<i64>,
}

/// Takes or keeps the turn, and hands out at most so many events.
pub(super) async fn take(
    pool: &PgPool,
    process: &str,
    lease: Duration,
    most: i32,
) -> sqlx::Result<Turn> {
    sqlx::query_as("SELECT mine, following, more, due FROM app.turn_webhooks($1, $2, $3)")
        .bind(process)
        .bind(lease.as_secs_f64())
        .bind(most)
        .fetch_one(pool)
        .await
}

/// Leaves the turn to others at once.
pub(super) async fn leave(pool: &PgPool, process: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE app.webhook_position SET runner = NULL, beat_at = NULL WHERE runner = $1")
        .bind(process)
        .execute(pool)
        .await?;
    Ok(())
}

/// The events that are due at a webhook, in their order: all that were never tried come one by one, and between them
/// those whose next attempt has come.
pub(super) async fn due(pool: &PgPool, webhook: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "SELECT d.event_id FROM app.webhooks_due w
         CROSS JOIN LATERAL (
             (SELECT event_id FROM app.webhook_deliveries
              WHERE webhook_id = w.id AND status = 'pending' ORDER BY event_id LIMIT $2)
             UNION ALL
             (SELECT event_id FROM app.webhook_deliveries
              WHERE webhook_id = w.id AND status = 'failed' AND next_attempt_at <= now()
              ORDER BY next_attempt_at LIMIT $2)) d
         WHERE w.id = $1 ORDER BY d.event_id LIMIT $2",
    )
    .bind(webhook)
    .bind(BATCH)
    .fetch_all(pool)
    .await
}

/// A delivery as it is to be tried.
#[derive(FromRow)]
pub(super) struct Delivery {
    pub(super) url: String,
    pub(super) secret: String,
    /// Attempts before this one.
    pub(super) attempts: i32,
    /// JSON; none when the event is gone.
    pub(super) body: Option<String>,
}

/// None when it is not to be tried any more, or not yet.
pub(super) async fn read(
    pool: &PgPool,
    webhook: i64,
    event: i64,
) -> sqlx::Result<Option<Delivery>> {
    sqlx::query_as(
        "SELECT w.url, w.secret, d.attempts,
                CASE WHEN e.id IS NOT NULL THEN json_build_object(
                    'event_id', e.id, 'event_type', e.event_type,
                    'payload', CASE WHEN octet_length(e.payload::TEXT) <= $3 THEN e.payload
                                    ELSE jsonb_build_object('record_id', e.payload -> 'record_id', 'id', e.payload -> 'id',
                                                            'truncated', TRUE) END,
                    'table', e.source_table, 'timestamp', e.created_at)::TEXT END AS body
         FROM app.webhook_deliveries d
         JOIN app.webhooks w ON w.id = d.webhook_id
         LEFT JOIN marketing.pipeline_events e ON e.id = d.event_id
         WHERE d.webhook_id = $1 AND d.event_id = $2
           AND (d.status = 'pending' OR (d.status = 'failed' AND d.next_attempt_at <= now()))
           AND w.enabled AND w.paused_reason IS NULL AND (w.rest_until IS NULL OR w.rest_until <= now())",
    )
    .bind(webhook)
    .bind(event)
    .bind(PAYLOAD_BYTES)
    .fetch_optional(pool)
    .await
}

/// What an attempt leaves behind.
#[derive(Default)]
pub(super) struct Effect {
    /// The delivery's status.
    pub(super) status: &'static str,
    /// Until the next attempt, or of the webhook's rest.
    pub(super) after: Option<Duration>,
    pub(super) rest: bool,
    /// Whether a dead delivery says something of the receiver.
    pub(super) counts: bool,
    /// Why the webhook is switched off.
    pub(super) off: Option<&'static str>,
}

/// Writes an attempt down, unless somebody else has.
pub(super) async fn record(
    pool: &PgPool,
    (webhook, event): (i64, i64),
    attempts: i32,
    outcome: &Outcome,
    effect: Effect,
) -> sqlx::Result<()> {
    sqlx::query(
        "WITH tried AS (
             UPDATE app.webhook_deliveries
             SET status = $4, attempts = attempts + 1, tried_at = clock_timestamp(), http_status = $5, duration_ms = $6,
                 error = $7, answer = $8, next_attempt_at = clock_timestamp() + make_interval(secs => $9)
             WHERE webhook_id = $1 AND event_id = $2 AND attempts = $3 AND status IN ('pending', 'failed')
             RETURNING status
         )
         UPDATE app.webhooks w
         SET last_success_at = CASE WHEN $4 = 'delivered' THEN clock_timestamp() ELSE last_success_at END,
             last_failure_at = CASE WHEN $4 = 'delivered' THEN last_failure_at ELSE clock_timestamp() END,
             last_error = coalesce($7, last_error),
             rest_until = CASE WHEN $10 THEN clock_timestamp() + make_interval(secs => $9) ELSE rest_until END,
             dead_in_a_row = CASE WHEN $4 = 'delivered' THEN 0 WHEN $11 THEN dead_in_a_row + 1 ELSE dead_in_a_row END,
             enabled = enabled AND $12::TEXT IS NULL,
             paused_reason = CASE
                 WHEN $12 IS NOT NULL THEN $12
                 WHEN $11 AND dead_in_a_row + 1 >= $13 THEN
                     format('%s deliveries in a row were given up, the last one because of this: %s', dead_in_a_row + 1, $7::TEXT)
                 ELSE paused_reason END
         FROM tried
         WHERE w.id = $1
           AND ($4 <> 'delivered' OR dead_in_a_row > 0 OR last_success_at IS NULL
                OR last_success_at < clock_timestamp() - INTERVAL '1 second')",
    )
    .bind(webhook)
    .bind(event)
    .bind(attempts)
    .bind(effect.status)
    .bind(outcome.status.map(i32::from))
    .bind(i32::try_from(outcome.duration.as_millis()).unwrap_or(i32::MAX))
    .bind(&outcome.error)
    .bind(&outcome.answer)
    .bind(effect.after.map(|after| after.as_secs_f64()))
    .bind(effect.rest)
    .bind(effect.counts)
    .bind(effect.off)
    .bind(domain::webhook::DEAD_IN_A_ROW)
    .execute(pool)
    .await?;
    Ok(())
}
