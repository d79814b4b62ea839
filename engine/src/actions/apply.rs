//! What each act does to a chunk of events, in set-based statements. The events are locked and known to fit.

use domain::{
    model::bulk::{EventAct, PayloadEdit},
    stage::StageName,
};
use serde_json::json;
use sqlx::PgConnection;

use super::run::Running;
use crate::store::{action::GRANTED_ATTEMPTS, audit};

/// Keeps the events as they are, changes them, and keeps what they became. Returns how many.
pub(super) async fn apply(
    connection: &mut PgConnection,
    running: &Running,
    act: &EventAct,
    ids: &[i64],
) -> sqlx::Result<usize> {
    if ids.is_empty() {
        return Ok(0);
    }
    remember(connection, running.id, ids).await?;
    match act {
        EventAct::ProcessNow => retry(connection, running, ids, true).await?,
        EventAct::Retry => retry(connection, running, ids, false).await?,
        EventAct::Cancel => cancel(connection, running.id, ids).await?,
        EventAct::Requeue(edit) => {
            requeue(connection, running, edit, ids).await?;
            return Ok(ids.len());
        }
        EventAct::DeadLetter => bury(connection, running, ids).await?,
        EventAct::Release => release(connection, running.id, ids).await?,
        EventAct::Purge => {
            purge(connection, running, ids).await?;
            return Ok(ids.len());
        }
    }
    remember_after(connection, running.id, ids).await?;
    Ok(ids.len())
}

/// The key of the items refuses an event that this action has changed already.
pub(super) async fn remember(
    connection: &mut PgConnection,
    action: i64,
    ids: &[i64],
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO marketing.pipeline_action_items (action_id, event_id, before)
         SELECT $1, e.id,
                jsonb_strip_nulls(jsonb_build_object('event_type', e.event_type, 'record_id', e.payload -> 'record_id', 'status', e.status,
                    'next_attempt_at', e.next_attempt_at, 'max_attempts', e.max_attempts, 'retry_count', e.retry_count,
                    'attempt', e.attempt, 'processed_at', e.processed_at, 'error_message', e.error_message,
                    'locked_by', e.locked_by, 'action_id', e.action_id,
                    'dead_letter', (SELECT to_jsonb(d) - 'event_id' FROM marketing.dead_letters d WHERE d.event_id = e.id)))
         FROM marketing.pipeline_events e WHERE e.id = ANY($2)",
    )
    .bind(action)
    .bind(ids)
    .execute(connection)
    .await?;
    Ok(())
}

/// By these an undo tells whether the event has moved on since.
pub(super) async fn remember_after(
    connection: &mut PgConnection,
    action: i64,
    ids: &[i64],
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE marketing.pipeline_action_items i
         SET after = jsonb_build_object('status', e.status, 'retry_count', e.retry_count, 'attempt', e.attempt,
                                        'max_attempts', e.max_attempts)
         FROM marketing.pipeline_events e
         WHERE i.action_id = $1 AND i.event_id = ANY($2) AND e.id = i.event_id",
    )
    .bind(action)
    .bind(ids)
    .execute(connection)
    .await?;
    Ok(())
}

/// Attempts made stay; those of the stage come on top. `first`: due before all others.
async fn retry(
    connection: &mut PgConnection,
    running: &Running,
    ids: &[i64],
    first: bool,
) -> sqlx::Result<()> {
    let (types, stages): (Vec<&str>, Vec<&str>) = StageName::ALL
        .into_iter()
        .flat_map(|stage| {
            let types = stage.event_types().iter();
            types.map(move |event_type| (*event_type, stage.name()))
        })
        .unzip();
    sqlx::query(
        "UPDATE marketing.pipeline_events e
         SET status = 'pending', processed_at = NULL, action_id = $1,
             next_attempt_at = CASE WHEN $6 THEN now() - INTERVAL '100 years' ELSE now() END,
             max_attempts = e.retry_count + coalesce(
                 (SELECT s.attempts FROM unnest($4::TEXT[], $5::TEXT[]) AS k (event_type, stage)
                  JOIN marketing.stage_settings s USING (stage) WHERE k.event_type = e.event_type), $3)
         WHERE e.id = ANY($2)",
    )
    .bind(running.id)
    .bind(ids)
    .bind(GRANTED_ATTEMPTS)
    .bind(types)
    .bind(stages)
    .bind(first)
    .execute(&mut *connection)
    .await?;
    // Of these only those are here that somebody named: who retries them says that the call may be made again.
    sqlx::query(
        "UPDATE marketing.external_calls
         SET state = 'failed', outcome_at = clock_timestamp(), message = format('%s tried it again', $2)
         WHERE event_id = ANY($1) AND state = 'unknown'",
    )
    .bind(ids)
    .bind(&running.requested_by)
    .execute(&mut *connection)
    .await?;
    no_dead_letters(connection, ids).await?;
    mark_errors(connection, running, ids).await
}

async fn cancel(connection: &mut PgConnection, action: i64, ids: &[i64]) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE marketing.pipeline_events
         SET status = 'cancelled', processed_at = clock_timestamp(), action_id = $1
         WHERE id = ANY($2)",
    )
    .bind(action)
    .bind(ids)
    .execute(&mut *connection)
    .await?;
    no_dead_letters(connection, ids).await
}

/// What is done already stays done beside its repetition.
async fn requeue(
    connection: &mut PgConnection,
    running: &Running,
    edit: &PayloadEdit,
    ids: &[i64],
) -> sqlx::Result<()> {
    let (keys, whole) = match edit {
        PayloadEdit::Replace(keys) => (keys, true),
        PayloadEdit::Merge(keys) => (keys, false),
    };
    let (made, old): (Vec<i64>, Vec<i64>) = sqlx::query_as::<_, (i64, i64)>(
        "INSERT INTO marketing.pipeline_events
             (event_type, payload, source_table, batch_id, correlation_id, action_id, repeats_id)
         SELECT e.event_type, CASE WHEN $4 THEN $3::JSONB ELSE e.payload || $3::JSONB END, e.source_table, e.batch_id,
                -- Of another record, it belongs to that one's history, which the trigger finds.
                CASE WHEN coalesce($3::JSONB ->> 'record_id', e.payload ->> 'record_id') IS NOT DISTINCT FROM e.payload ->> 'record_id'
                     THEN e.correlation_id END, $1, e.id
         FROM marketing.pipeline_events e WHERE e.id = ANY($2) ORDER BY e.id
         RETURNING id, repeats_id",
    )
    .bind(running.id)
    .bind(ids)
    .bind(json!(keys))
    .bind(whole)
    .fetch_all(&mut *connection)
    .await?
    .into_iter()
    .unzip();
    sqlx::query(
        "UPDATE marketing.pipeline_events
         SET status = 'cancelled', processed_at = clock_timestamp(), action_id = $1
         WHERE id = ANY($2) AND status IN ('pending', 'failed')",
    )
    .bind(running.id)
    .bind(ids)
    .execute(&mut *connection)
    .await?;
    no_dead_letters(connection, ids).await?;
    mark_errors(connection, running, ids).await?;
    remember_after(connection, running.id, ids).await?;
    sqlx::query(
        "UPDATE marketing.pipeline_action_items i SET after = i.after || jsonb_build_object('made', m.made)
         FROM unnest($2::BIGINT[], $3::BIGINT[]) AS m (made, old)
         WHERE i.action_id = $1 AND i.event_id = m.old",
    )
    .bind(running.id)
    .bind(made)
    .bind(old)
    .execute(connection)
    .await?;
    Ok(())
}

async fn bury(connection: &mut PgConnection, running: &Running, ids: &[i64]) -> sqlx::Result<()> {
    let reason = running.reason.as_deref().unwrap_or("No reason was given");
    sqlx::query(
        "UPDATE marketing.pipeline_events
         SET status = 'failed', processed_at = coalesce(processed_at, clock_timestamp()), action_id = $1,
             error_message = coalesce(error_message, $3)
         WHERE id = ANY($2)",
    )
    .bind(running.id)
    .bind(ids)
    .bind(reason)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by)
         SELECT id, 'person', $2, $3 FROM unnest($1::BIGINT[]) AS id",
    )
    .bind(ids)
    .bind(reason)
    .bind(&running.requested_by)
    .execute(connection)
    .await?;
    Ok(())
}

/// The next number of the attempt is the fence that the old worker's result meets.
async fn release(connection: &mut PgConnection, action: i64, ids: &[i64]) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE marketing.pipeline_events
         SET status = 'pending', attempt = attempt + 1, locked_by = NULL, locked_at = NULL, next_attempt_at = now(),
             action_id = $1
         WHERE id = ANY($2)",
    )
    .bind(action)
    .bind(ids)
    .execute(connection)
    .await?;
    Ok(())
}

/// Every id goes into the log: the events themselves are gone.
async fn purge(connection: &mut PgConnection, running: &Running, ids: &[i64]) -> sqlx::Result<()> {
    for statement in [
        "DELETE FROM marketing.refused_effects WHERE event_id = ANY($1)",
        "DELETE FROM marketing.external_calls WHERE event_id = ANY($1)",
        "DELETE FROM marketing.pipeline_events WHERE id = ANY($1)",
    ] {
        sqlx::query(statement)
            .bind(ids)
            .execute(&mut *connection)
            .await?;
    }
    let act = audit::Act::new("event.purged", "action", running.id)
        .details(json!({ "count": ids.len(), "ids": ids }));
    audit::record(connection, &running.actor(), act).await
}

pub(super) async fn no_dead_letters(
    connection: &mut PgConnection,
    ids: &[i64],
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM marketing.dead_letters WHERE event_id = ANY($1)")
        .bind(ids)
        .execute(connection)
        .await?;
    Ok(())
}

/// The error console says who tried again; when that succeeds, the error is resolved by them.
async fn mark_errors(
    connection: &mut PgConnection,
    running: &Running,
    ids: &[i64],
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE marketing.pipeline_errors SET retried_at = now(), retried_by = $2
         WHERE event_id = ANY($1) AND NOT resolved",
    )
    .bind(ids)
    .bind(&running.requested_by)
    .execute(connection)
    .await?;
    Ok(())
}
