//! An action taken back: its events become what they were, unless they have moved on since.

use domain::{
    model::bulk::{ActionKind, BulkAction},
    role::Actor,
};
use serde_json::json;
use sqlx::PgConnection;

use super::{
    apply::{no_dead_letters, remember, remember_after},
    run::{self, Running},
};
use crate::{Engine, EngineError, Result, store::audit};

impl Engine {
    /// Takes an action back, as an action of its own. Events that a worker or a person has touched since are left alone
    /// and counted as skipped: something may have left the house.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for an action that runs, that was undone, or that cannot be, [`EngineError::NotFound`].
    pub async fn undo_action(&self, id: i64, actor: &Actor) -> Result<BulkAction> {
        let mut transaction = self.transaction().await?;
        let undo = open(&mut transaction, id, actor).await?;
        let mut running = Running::lock(&mut transaction, Some(undo))
            .await?
            .ok_or_else(|| EngineError::NotFound(format!("Action {undo}")))?;
        run::chunk(&mut transaction, &mut running).await?;
        let act = audit::Act::new("action.undo", "action", id).details(json!({ "action": undo,
            "total": running.total, "done": running.done, "state": running.state }));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        self.ring_all_stages();
        self.action(undo).await
    }
}

async fn open(connection: &mut PgConnection, id: i64, actor: &Actor) -> Result<i64> {
    let found: Option<(String, String, String, i64, Option<i64>)> = sqlx::query_as(
        "SELECT kind, title, state, done, undone_by FROM marketing.pipeline_actions WHERE id = $1 FOR UPDATE",
    )
    .bind(id)
    .fetch_optional(&mut *connection)
    .await?;
    let (kind, title, state, done, undone_by) =
        found.ok_or_else(|| EngineError::NotFound(format!("Action {id}")))?;
    let on_record: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM marketing.pipeline_action_items WHERE action_id = $1)",
    )
    .bind(id)
    .fetch_one(&mut *connection)
    .await?;
    let refused = if let Some(by) = undone_by {
        Some(format!("Action {id} was undone by action {by} already"))
    } else if state == "running" {
        Some(format!("Action {id} still runs: cancel it first"))
    } else if !ActionKind::parse(&kind).is_some_and(ActionKind::undoable) {
        Some(format!("Action {id} ({kind}) cannot be undone"))
    } else if done == 0 {
        Some(format!("Action {id} changed nothing"))
    } else if !on_record {
        Some(format!(
            "What action {id} changed is not on record: it was done at once, or so long ago that the retention let it go"
        ))
    } else {
        None
    };
    if let Some(text) = refused {
        return Err(EngineError::Invalid(text));
    }
    let undo: i64 = sqlx::query_scalar(
        "INSERT INTO marketing.pipeline_actions
             (title, requested_by, requested_by_id, origin, total, kind, state, undo_of, started_at)
         VALUES ($1, $2, $3, $4, $5, 'undo', 'running', $6, now()) RETURNING id",
    )
    .bind(format!("Undo of action {id} ({title})"))
    .bind(&actor.name)
    .bind(actor.user_id)
    .bind(&actor.origin)
    .bind(done)
    .bind(id)
    .fetch_one(&mut *connection)
    .await?;
    sqlx::query("UPDATE marketing.pipeline_actions SET undone_by = $2 WHERE id = $1")
        .bind(id)
        .bind(undo)
        .execute(connection)
        .await?;
    Ok(undo)
}

/// The next items of the action that is undone: how many were looked at, the last, and how many were restored.
pub(super) async fn step(
    connection: &mut PgConnection,
    running: &Running,
    of: i64,
    limit: i64,
) -> sqlx::Result<(usize, Option<i64>, usize)> {
    let items: Vec<i64> = sqlx::query_scalar(
        "SELECT event_id FROM marketing.pipeline_action_items
         WHERE action_id = $1 AND event_id > $2 ORDER BY event_id LIMIT $3",
    )
    .bind(of)
    .bind(running.cursor)
    .bind(limit)
    .fetch_all(&mut *connection)
    .await?;
    let ids = untouched(connection, of, &items).await?;
    if !ids.is_empty() {
        remember(connection, running.id, &ids).await?;
        restore(connection, of, &ids).await?;
        remember_after(connection, running.id, &ids).await?;
    }
    Ok((items.len(), items.last().copied(), ids.len()))
}

/// Those that are still as the action left them; where it made a new event, that one must be untouched, too. A pause
/// moves next_attempt_at, which is why that is not compared.
async fn untouched(
    connection: &mut PgConnection,
    of: i64,
    items: &[i64],
) -> sqlx::Result<Vec<i64>> {
    // Locks of both events: a worker that comes now must wait and see what became of them.
    sqlx::query(
        "SELECT FROM marketing.pipeline_events
         WHERE id = ANY($2) OR id = ANY(ARRAY(
             SELECT (after ->> 'made')::BIGINT FROM marketing.pipeline_action_items
             WHERE action_id = $1 AND event_id = ANY($2)))
         ORDER BY id FOR UPDATE",
    )
    .bind(of)
    .bind(items)
    .execute(&mut *connection)
    .await?;
    sqlx::query_scalar(
        "SELECT e.id FROM marketing.pipeline_action_items i
         JOIN marketing.pipeline_events e ON e.id = i.event_id
         LEFT JOIN marketing.pipeline_events m ON m.id = (i.after ->> 'made')::BIGINT
         WHERE i.action_id = $1 AND i.event_id = ANY($2)
           AND e.status = i.after ->> 'status' AND e.attempt = (i.after ->> 'attempt')::INT
           AND e.retry_count = (i.after ->> 'retry_count')::INT
           AND e.max_attempts IS NOT DISTINCT FROM (i.after ->> 'max_attempts')::INT
           AND (e.action_id = $1 OR NOT i.after -> 'status' IS DISTINCT FROM i.before -> 'status')
           AND (NOT i.after ? 'made' OR (m.status = 'pending' AND m.attempt = 0 AND m.retry_count = 0 AND m.action_id = $1))
         ORDER BY e.id",
    )
    .bind(of)
    .bind(items)
    .fetch_all(connection)
    .await
}

async fn restore(connection: &mut PgConnection, of: i64, ids: &[i64]) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE marketing.pipeline_events
         SET status = 'cancelled', processed_at = clock_timestamp()
         WHERE id = ANY(ARRAY(SELECT (after ->> 'made')::BIGINT FROM marketing.pipeline_action_items
                              WHERE action_id = $1 AND event_id = ANY($2)))",
    )
    .bind(of)
    .bind(ids)
    .execute(&mut *connection)
    .await?;
    // Whoever resumes a batch waits for this transaction, and finds what it puts aside again.
    sqlx::query(
        "SELECT FROM marketing.batch_pauses WHERE batch_id = ANY(ARRAY(
             SELECT batch_id FROM marketing.pipeline_events WHERE id = ANY($1))) FOR KEY SHARE",
    )
    .bind(ids)
    .execute(&mut *connection)
    .await?;
    // What was put aside is due where its batch was resumed since. An event that the action itself made, to run a record
    // again, was nothing before.
    sqlx::query(
        "UPDATE marketing.pipeline_events e
         SET status = CASE WHEN made.by_it THEN 'cancelled' ELSE i.before ->> 'status' END,
             next_attempt_at = CASE WHEN (i.before ->> 'next_attempt_at')::TIMESTAMPTZ = 'infinity'
                     AND NOT EXISTS (SELECT FROM marketing.batch_pauses p WHERE p.batch_id = e.batch_id) THEN now()
                 ELSE (i.before ->> 'next_attempt_at')::TIMESTAMPTZ END,
             max_attempts = (i.before ->> 'max_attempts')::INT,
             processed_at = CASE WHEN made.by_it THEN clock_timestamp() ELSE (i.before ->> 'processed_at')::TIMESTAMPTZ END,
             error_message = i.before ->> 'error_message', action_id = (i.before ->> 'action_id')::BIGINT
         FROM marketing.pipeline_action_items i
         JOIN marketing.pipeline_actions a ON a.id = i.action_id
         JOIN marketing.pipeline_events n ON n.id = i.event_id
         CROSS JOIN LATERAL (SELECT n.repeats_id IS NOT NULL AND n.created_at = a.created_at AS by_it) made
         WHERE i.action_id = $1 AND i.event_id = e.id AND e.id = ANY($2)",
    )
    .bind(of)
    .bind(ids)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "UPDATE marketing.pipeline_errors SET retried_at = NULL, retried_by = NULL
         WHERE event_id = ANY($1) AND NOT resolved",
    )
    .bind(ids)
    .execute(&mut *connection)
    .await?;
    no_dead_letters(connection, ids).await?;
    sqlx::query(
        "INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by, moved_at)
         SELECT i.event_id, d.kind, d.reason, d.moved_by, d.moved_at
         FROM marketing.pipeline_action_items i
         CROSS JOIN LATERAL jsonb_to_record(i.before -> 'dead_letter')
             AS d (kind TEXT, reason TEXT, moved_by TEXT, moved_at TIMESTAMPTZ)
         WHERE i.action_id = $1 AND i.event_id = ANY($2) AND jsonb_typeof(i.before -> 'dead_letter') = 'object'",
    )
    .bind(of)
    .bind(ids)
    .execute(connection)
    .await?;
    Ok(())
}
