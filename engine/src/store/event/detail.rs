//! One event's timeline: who made it, each attempt, what it wrote and what came of that.

use chrono::{DateTime, Utc};
use domain::{
    lineage::{self, EventFact, History, Run},
    model::event_detail::{
        Attempt, DeadLetter, EventAction, EventDetail, EventError, EventLink, EventOrigin,
        ExternalCall, Lease, RefusedEffect,
    },
    stage::StageName,
    trigger::trigger_of,
};
use serde::Deserialize;
use sqlx::{FromRow, QueryBuilder, types::Json};
use uuid::Uuid;

use super::list::{COLUMNS, Row};
use crate::{Engine, EngineError, Result, store::lineage::Found};

impl Engine {
    /// One event with all that is known of it.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn event_detail(&self, id: i64) -> Result<EventDetail> {
        let mut query = QueryBuilder::new("SELECT ");
        query.push(COLUMNS).push(
            ", e.payload, e.correlation_id, e.source_table, e.max_attempts FROM marketing.pipeline_events e WHERE e.id = ",
        );
        let head: Option<Head> = query
            .push_bind(id)
            .build_query_as()
            .fetch_optional(&self.pool)
            .await?;
        let head = head.ok_or_else(|| EngineError::NotFound(format!("Event {id}")))?;
        let found = Found {
            correlation_id: head.correlation_id.unwrap_or_default(),
            event_id: Some(id),
            ..Found::default()
        };
        let (history, facts) = tokio::try_join!(self.history(&found), self.facts_of_event(id))?;
        Ok(detail(head, &history, facts))
    }

    async fn facts_of_event(&self, id: i64) -> Result<Facts> {
        let Json(facts) = sqlx::query_scalar(FACTS_SQL)
            .bind(id)
            .fetch_one(&self.pool)
            .await?;
        Ok(facts)
    }
}

#[derive(FromRow)]
struct Head {
    #[sqlx(flatten)]
    row: Row,
    payload: serde_json::Value,
    correlation_id: Option<Uuid>,
    source_table: Option<String>,
    max_attempts: Option<i32>,
}

/// What hangs on the event alone.
#[derive(Deserialize)]
struct Facts {
    refused: Vec<RefusedEffect>,
    calls: Vec<ExternalCall>,
    lease: Option<Lease>,
    errors: Vec<EventError>,
    dead_letter: Option<DeadLetter>,
    repeats: Option<EventLink>,
    /// Also of an event that was deleted since.
    is_repeat: bool,
    repeated_by: Vec<EventLink>,
    action: Option<EventAction>,
}

fn detail(head: Head, history: &History, facts: Facts) -> EventDetail {
    let fact = history.events.iter().find(|event| event.id == head.row.id);
    let link = |event: &EventFact| EventLink {
        id: event.id,
        event_type: event.event_type.clone(),
        record_id: event.record_id.clone(),
        status: event.status,
        created_at: event.created_at,
    };
    let attempts = fact
        .map(|event| history.attempts(event))
        .unwrap_or_default();
    EventDetail {
        origin: origin(&head, &facts),
        correlation_id: head.correlation_id.map(|id| id.to_string()),
        max_attempts: head.max_attempts,
        attempts: attempts.into_iter().map(attempt).collect(),
        refused: facts.refused,
        calls: facts.calls,
        lease: facts.lease,
        errors: facts.errors,
        dead_letter: facts.dead_letter,
        wrote: fact
            .map(|event| lineage::written(history, event))
            .unwrap_or_default(),
        made: fact
            .map(|event| lineage::made_by(history, event))
            .unwrap_or_default()
            .into_iter()
            .map(link)
            .collect(),
        caused_by: fact
            .and_then(|event| lineage::cause(history, event))
            .map(link),
        repeats: facts.repeats,
        repeated_by: facts.repeated_by,
        action: facts.action,
        payload: head.payload,
        row: head.row.into(),
    }
}

/// A trigger writes the time of its transaction into the payload, too. A payload that was copied bears another time; and
/// what an action made bears the time of that action.
fn origin(head: &Head, facts: &Facts) -> EventOrigin {
    let time =
        |name: &str| -> Option<DateTime<Utc>> { head.payload.get(name)?.as_str()?.parse().ok() };
    let made_at = head.row.created_at;
    let by_action = facts
        .action
        .as_ref()
        .is_some_and(|action| action.created_at == made_at);
    let by_trigger = time("trigger_time") == Some(made_at) && !by_action && !facts.is_repeat;
    let trigger = head
        .source_table
        .as_deref()
        .filter(|_| by_trigger)
        .and_then(|table| {
            trigger_of(
                table,
                &head.row.event_type,
                time("created_at") == Some(made_at),
            )
        });
    EventOrigin {
        source_table: head.source_table.clone(),
        record_id: head.row.record_id.clone(),
        by_hand: trigger.is_none(),
        trigger: trigger.map(str::to_owned),
    }
}

fn attempt(run: &Run) -> Attempt {
    let took = run.duration_seconds.unwrap_or_default();
    // The answers of those who call out are written when the call is over; others work in one transaction.
    let calls_out = matches!(
        StageName::of_workflow(&run.workflow),
        Some(StageName::Enrich | StageName::Verify)
    );
    let before = if calls_out { (took * 1e6) as i64 } else { 0 };
    Attempt {
        number: run.attempt,
        worker: run.worker.clone(),
        workflow: run.workflow.clone(),
        started_at: run.created_at - chrono::TimeDelta::microseconds(before),
        duration_seconds: run.duration_seconds,
        outcome: run.outcome.clone(),
        error_message: run.error_message.clone(),
        next_attempt_at: run.next_attempt_at,
    }
}

const FACTS_SQL: &str = "SELECT jsonb_build_object(
    'refused', (SELECT coalesce(jsonb_agg(jsonb_build_object('stage', r.stage, 'worker', r.worker_id, 'at', r.refused_at)
                                          ORDER BY r.id), '[]')
                FROM marketing.refused_effects r WHERE r.event_id = e.id),
    'calls', (SELECT coalesce(jsonb_agg(to_jsonb(c) || jsonb_build_object('worker', c.worker_id) ORDER BY c.intended_at), '[]')
              FROM marketing.external_calls c WHERE c.event_id = e.id),
    'lease', CASE WHEN e.status = 'processing' THEN jsonb_build_object('worker', e.locked_by, 'since', e.locked_at,
                 'heartbeat_at', (SELECT w.heartbeat_at FROM marketing.pipeline_workers w WHERE w.worker_id = e.locked_by)) END,
    'errors', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', x.id, 'message', x.error_message, 'severity', x.severity,
                      'resolved', x.resolved, 'resolved_by', x.resolved_by, 'created_at', x.created_at) ORDER BY x.id), '[]')
               FROM marketing.pipeline_errors x WHERE x.event_id = e.id),
    'dead_letter', (SELECT to_jsonb(d) FROM marketing.dead_letters d WHERE d.event_id = e.id),
    'repeats', (SELECT jsonb_build_object('id', o.id, 'event_type', o.event_type, 'record_id', o.payload ->> 'record_id',
                       'status', o.status, 'created_at', o.created_at)
                FROM marketing.pipeline_events o WHERE o.id = e.repeats_id),
    'is_repeat', e.repeats_id IS NOT NULL,
    'repeated_by', (SELECT coalesce(jsonb_agg(jsonb_build_object('id', o.id, 'event_type', o.event_type,
                           'record_id', o.payload ->> 'record_id', 'status', o.status, 'created_at', o.created_at)
                           ORDER BY o.id), '[]')
                    FROM marketing.pipeline_events o WHERE o.repeats_id = e.id AND o.repeats_id IS NOT NULL),
    'action', (SELECT jsonb_build_object('id', a.id, 'title', a.title, 'requested_by', a.requested_by,
                      'created_at', a.created_at)
               FROM marketing.pipeline_actions a WHERE a.id = e.action_id))
    FROM marketing.pipeline_events e WHERE e.id = $1";
