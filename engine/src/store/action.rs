//! "Process now", and the progress of actions: the events that carry an action's id.

use chrono::{DateTime, Utc};
use domain::{
    model::{
        action::{ActionPreview, ActionProgress, Scope},
        bulk::{BulkRequest, EventAct, EventSelection},
        event::EventFilter,
    },
    role::Actor,
    stage::StageName,
};
use serde_json::json;
use sqlx::{PgConnection, QueryBuilder};

use super::{
    audit,
    event::{begin_counting, explain_count},
};
use crate::{Engine, EngineError, Result, actions};

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
            "SELECT count(*) FILTER (WHERE e.status = 'pending'), count(*) FILTER (WHERE e.status = 'failed'), max(e.id)
             FROM marketing.pipeline_events e",
        );
        let events = selection(stage, scope);
        actions::push(&mut query, &EventAct::ProcessNow, &events, None);
        let (waiting, failed, up_to) = query
            .build_query_as()
            .fetch_one(&mut *begin_counting(&self.pool).await?)
            .await
            .map_err(explain_count)?;
        Ok(ActionPreview {
            stage,
            scope: scope.clone(),
            waiting,
            failed,
            up_to,
        })
    }

    /// Starts a bulk action that moves the scope's events to the front of the queue, failed ones again, as far as the
    /// preview counted them: what came since was not agreed to. A single record without such an event gets a new one.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when there is nothing to process, or nobody knows whether it happened,
    /// [`EngineError::NotFound`] for an unknown record.
    pub async fn process_now(
        &self,
        stage: StageName,
        scope: &Scope,
        up_to: Option<i64>,
        actor: &Actor,
    ) -> Result<ActionProgress> {
        let mut transaction = self.transaction().await?;
        let selection = match (scope, up_to) {
            (_, Some(_)) => selection(stage, scope),
            (Scope::Record(record), None) => {
                let repeated = repeat_event(&mut transaction, stage, record).await?;
                EventSelection::Ids(vec![repeated])
            }
            (_, None) => {
                let text = format!("Nothing waits in {}", stage.title());
                return Err(EngineError::Invalid(text));
            }
        };
        let request = BulkRequest {
            act: EventAct::ProcessNow,
            selection,
            reason: None,
            up_to,
        };
        let what = match scope {
            Scope::Record(record) => format!("record {record}"),
            Scope::Batch(batch) => format!("batch {batch}"),
            Scope::Waiting => "everything waiting".to_owned(),
        };
        let title = format!("Process now: {}, {what}", stage.title());
        let running = actions::open(&mut transaction, &request, Some(title), actor).await?;
        let act = audit::Act::new("stage.process_now", "stage", stage.name())
            .details(json!({ "action": running.id, "scope": scope, "events": running.total }));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        self.live.doorbell(stage.consumes()).notify_one();
        self.action_progress(running.id).await
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
                        + CASE WHEN a.state = 'running' THEN a.total - a.done ELSE 0 END
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

/// Waiting and failed events of the scope, by the predicate that bulk actions share.
fn selection(stage: StageName, scope: &Scope) -> EventSelection {
    let mut filter = EventFilter {
        event_type: Some(stage.consumes().to_owned()),
        ..EventFilter::default()
    };
    match scope {
        Scope::Record(record) => filter.record_id = Some(record.clone()),
        Scope::Batch(batch) => filter.batch = Some(batch.clone()),
        Scope::Waiting => {}
    }
    EventSelection::Matching(filter)
}

/// A new event like the last one of this stage and record.
async fn repeat_event(
    connection: &mut PgConnection,
    stage: StageName,
    record: &str,
) -> Result<i64> {
    let unknown: Option<i64> = sqlx::query_scalar(
        "SELECT e.id FROM marketing.pipeline_events e JOIN marketing.dead_letters d ON d.event_id = e.id
         WHERE e.event_type = $1 AND e.payload ->> 'record_id' = $2 AND d.kind = 'unknown_outcome' LIMIT 1",
    )
    .bind(stage.consumes())
    .bind(record)
    .fetch_optional(&mut *connection)
    .await?;
    if let Some(event) = unknown {
        return Err(EngineError::Invalid(format!(
            "Event {event} of record {record} may have happened: look there, and retry that event if it did not"
        )));
    }
    sqlx::query_scalar(
        "INSERT INTO marketing.pipeline_events (event_type, payload, source_table, batch_id, correlation_id, repeats_id)
         SELECT event_type, payload || jsonb_build_object('trigger_time', now()), source_table, batch_id, correlation_id, id
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
