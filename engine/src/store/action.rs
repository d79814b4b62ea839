//! Actions on the queue and their progress: an action is the set of events that carry its id.

use chrono::{DateTime, Utc};
use domain::{
    model::action::{ActionPreview, ActionProgress, Scope},
    role::Actor,
    stage::StageName,
};
use serde_json::json;
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::audit;
use crate::{Engine, EngineError, Result};

/// Attempts that a person's retry grants on top of those made: those of every stage's policy.
pub(crate) const GRANTED_ATTEMPTS: i32 = 3;

impl Engine {
    /// What `process_now` would touch.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn preview_process_now(
        &self,
        stage: StageName,
        scope: &Scope,
    ) -> Result<ActionPreview> {
        let mut query = QueryBuilder::new(
            "SELECT count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'failed'),
                    max(id)
             FROM marketing.pipeline_events",
        );
        push_scope(&mut query, stage, scope);
        let (waiting, failed, up_to) = query.build_query_as().fetch_one(&self.pool).await?;
        Ok(ActionPreview {
            stage,
            scope: scope.clone(),
            waiting,
            failed,
            up_to,
        })
    }

    /// For each stage what waits in it and has failed of one batch, in the order of the stages.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn preview_batch(&self, batch_id: &str) -> Result<Vec<ActionPreview>> {
        let counted: Vec<(String, i64, i64, Option<i64>)> = sqlx::query_as(
            "SELECT event_type, count(*) FILTER (WHERE status = 'pending'), count(*) FILTER (WHERE status = 'failed'),
                    max(id)
             FROM marketing.pipeline_events
             WHERE batch_id = $1 AND status IN ('pending', 'failed') GROUP BY event_type",
        )
        .bind(batch_id)
        .fetch_all(&self.pool)
        .await?;
        let of = |stage: StageName| {
            let found = counted.iter().find(|(kind, ..)| kind == stage.consumes());
            ActionPreview {
                stage,
                scope: Scope::Batch(batch_id.to_owned()),
                waiting: found.map_or(0, |(_, waiting, ..)| *waiting),
                failed: found.map_or(0, |(_, _, failed, _)| *failed),
                up_to: found.and_then(|(.., up_to)| *up_to),
            }
        };
        Ok(StageName::ALL.map(of).to_vec())
    }

    /// Moves the scope's events to the front of the queue, failed ones again, as far as the preview counted them: what
    /// came since was not agreed to. A single record without such an event gets a new one.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when there is nothing to process, [`EngineError::NotFound`] for an unknown record.
    pub async fn process_now(
        &self,
        stage: StageName,
        scope: &Scope,
        up_to: Option<i64>,
        actor: &Actor,
    ) -> Result<ActionProgress> {
        let mut transaction = self.transaction().await?;
        let mut query = QueryBuilder::new("SELECT id FROM marketing.pipeline_events");
        push_scope(&mut query, stage, scope);
        // NULL, where the preview counted nothing, admits nothing.
        query
            .push(" AND id <= ")
            .push_bind(up_to)
            .push(" ORDER BY id FOR UPDATE SKIP LOCKED");
        let mut events: Vec<i64> = query
            .build_query_scalar()
            .fetch_all(&mut *transaction)
            .await?;
        if let (Scope::Record(record), true) = (scope, events.is_empty()) {
            events = vec![repeat_event(&mut transaction, stage, record).await?];
        }
        if events.is_empty() {
            return Err(EngineError::Invalid(format!(
                "Nothing waits in {}",
                stage.title()
            )));
        }
        let what = match scope {
            Scope::Record(record) => format!("record {record}"),
            Scope::Batch(batch) => format!("batch {batch}"),
            Scope::Waiting => "everything waiting".to_owned(),
        };
        let title = format!("Process now: {}, {what}", stage.title());
        let action = open(&mut transaction, "process_now", &title, actor, events.len()).await?;
        requeue(&mut transaction, action, &events).await?;
        let act = audit::Act::new("stage.process_now", "stage", stage.name())
            .details(json!({ "action": action, "scope": scope, "events": events.len() }));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        self.live.doorbell(stage.consumes()).notify_one();
        self.action_progress(action).await
    }

    /// How far an action's events are.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn action_progress(&self, id: i64) -> Result<ActionProgress> {
        let row: Option<(String, String, DateTime<Utc>, i64, i64, i64, i64)> = sqlx::query_as(
            "SELECT a.title, a.requested_by, a.created_at, a.total,
                    count(e.id) FILTER (WHERE e.status = 'processed'), count(e.id) FILTER (WHERE e.status = 'failed'),
                    count(e.id) FILTER (WHERE e.status IN ('pending', 'processing'))
             FROM marketing.pipeline_actions a LEFT JOIN marketing.pipeline_events e ON e.action_id = a.id
             WHERE a.id = $1 GROUP BY a.id",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        let (title, requested_by, created_at, total, processed, failed, open) =
            row.ok_or_else(|| EngineError::NotFound(format!("Action {id}")))?;
        Ok(ActionProgress {
            id,
            title,
            requested_by,
            created_at,
            total,
            processed,
            failed,
            open,
        })
    }
}

fn push_scope(query: &mut QueryBuilder<Postgres>, stage: StageName, scope: &Scope) {
    query
        .push(" WHERE status IN ('pending', 'failed') AND event_type = ")
        .push_bind(stage.consumes());
    match scope {
        Scope::Record(record) => {
            query
                .push(" AND payload ->> 'record_id' = ")
                .push_bind(record.clone());
        }
        Scope::Batch(batch) => {
            query.push(" AND batch_id = ").push_bind(batch.clone());
        }
        Scope::Waiting => {}
    }
}

/// A new event like the last one of this stage and record.
async fn repeat_event(
    connection: &mut PgConnection,
    stage: StageName,
    record: &str,
) -> Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO marketing.pipeline_events (event_type, payload, source_table, batch_id, correlation_id)
         SELECT event_type, payload || jsonb_build_object('trigger_time', now()), source_table, batch_id, correlation_id
         FROM marketing.pipeline_events
         WHERE event_type = $1 AND payload ->> 'record_id' = $2 AND status = 'processed'
         ORDER BY id DESC LIMIT 1
         RETURNING id",
    )
    .bind(stage.consumes())
    .bind(record)
    .fetch_optional(connection)
    .await?
    .ok_or_else(|| EngineError::NotFound(format!("A {} event of record {record}", stage.consumes())))
}

pub(super) async fn open(
    connection: &mut PgConnection,
    kind: &'static str,
    title: &str,
    actor: &Actor,
    total: usize,
) -> Result<i64> {
    Ok(sqlx::query_scalar(
        "INSERT INTO marketing.pipeline_actions
             (title, requested_by, total, kind, requested_by_id, origin, done, started_at, finished_at)
         VALUES ($1, $2, $3, $4, $5, $6, $3, now(), now()) RETURNING id",
    )
    .bind(title)
    .bind(&actor.name)
    .bind(i64::try_from(total).unwrap_or(i64::MAX))
    .bind(kind)
    .bind(actor.user_id)
    .bind(&actor.origin)
    .fetch_one(connection)
    .await?)
}

/// Makes pending and failed events due before all others, with fresh attempts; none of them is a dead letter any more.
pub(super) async fn requeue(
    connection: &mut PgConnection,
    action: i64,
    events: &[i64],
) -> Result<()> {
    sqlx::query(
        "UPDATE marketing.pipeline_events
         SET status = 'pending', next_attempt_at = now() - INTERVAL '100 years', processed_at = NULL,
             max_attempts = retry_count + $3, action_id = $1
         WHERE id = ANY($2) AND status IN ('pending', 'failed')",
    )
    .bind(action)
    .bind(events)
    .bind(GRANTED_ATTEMPTS)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM marketing.dead_letters WHERE event_id = ANY($1)")
        .bind(events)
        .execute(connection)
        .await?;
    Ok(())
}
