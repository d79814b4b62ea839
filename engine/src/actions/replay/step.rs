//! One stage of a replay: its events, and the way to the next stage when they have ended.

use domain::{
    model::{
        bulk::ActionState,
        replay::{PlannedEvent, ReplayTarget},
    },
    stage::StageName,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{FromRow, PgConnection};

use super::scope::Scope;
use crate::EngineError;

/// Where a replay is; kept in the action's row, so that any process takes the next step.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::actions) struct Steps {
    target: ReplayTarget,
    stage: StageName,
    /// Events of the stage, ours and those that triggers made.
    events: Vec<i64>,
    /// Events made by the replay in all stages.
    made: usize,
    /// Events after this one came by the replay.
    since: i64,
}

/// How a look at a replay ended.
enum Next {
    /// Events of the stage are still open.
    Wait,
    Entered,
    Ended(Option<String>),
}

impl Steps {
    pub(super) fn new(target: &ReplayTarget, stage: StageName, events: Vec<i64>) -> Self {
        Self {
            target: target.clone(),
            stage,
            made: events.len(),
            since: events.iter().min().map_or(0, |first| first - 1),
            events,
        }
    }

    pub(super) async fn write(
        &self,
        connection: &mut PgConnection,
        action: i64,
    ) -> sqlx::Result<()> {
        sqlx::query(
            "UPDATE marketing.pipeline_actions
             SET params = $2, total = $3, done = $3, due_at = clock_timestamp() + INTERVAL '2 seconds' WHERE id = $1",
        )
        .bind(action)
        .bind(json!(self))
        .bind(i64::try_from(self.made).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Looks whether the stage's events have ended, and enters the next stage; the state that the replay has then.
pub(in crate::actions) async fn advance(
    connection: &mut PgConnection,
    action: i64,
    mut steps: Steps,
) -> sqlx::Result<ActionState> {
    let next = match step(connection, action, &mut steps).await {
        Ok(next) => next,
        Err(EngineError::Database(error) | EngineError::Unreachable(error)) => return Err(error),
        // The record is gone.
        Err(error) => Next::Ended(Some(error.to_string())),
    };
    steps.write(connection, action).await?;
    let Next::Ended(error) = next else {
        return Ok(ActionState::Running);
    };
    let state = if error.is_none() {
        ActionState::Done
    } else {
        ActionState::Failed
    };
    sqlx::query(
        "UPDATE marketing.pipeline_actions SET state = $2, error = $3, finished_at = clock_timestamp() WHERE id = $1",
    )
    .bind(action)
    .bind(state.name())
    .bind(error)
    .execute(connection)
    .await?;
    Ok(state)
}

async fn step(
    connection: &mut PgConnection,
    action: i64,
    steps: &mut Steps,
) -> crate::Result<Next> {
    let (open, lost): (i64, Vec<i64>) = sqlx::query_as(
        "SELECT count(*) FILTER (WHERE status IN ('pending', 'processing')),
                coalesce(array_agg(id ORDER BY id) FILTER (WHERE status IN ('failed', 'cancelled')), '{}')
         FROM marketing.pipeline_events WHERE id = ANY($1)",
    )
    .bind(&steps.events)
    .fetch_one(&mut *connection)
    .await?;
    if open > 0 {
        return Ok(Next::Wait);
    }
    if let Some(event) = lost.first().filter(|_| lost.len() == steps.events.len()) {
        return Ok(Next::Ended(Some(format!(
            "{} did not get through: see event {event}",
            steps.stage.title()
        ))));
    }
    let following = StageName::ALL
        .into_iter()
        .skip_while(|stage| *stage != steps.stage)
        .nth(1);
    let Some(stage) = following else {
        return Ok(Next::Ended(None));
    };
    let scope = Scope::find(connection, &steps.target).await?;
    let mut events = by_triggers(connection, stage, &scope, steps.since).await?;
    // Enrichment makes the event of each address that it finds; one that it did not find is not verified again.
    if stage != StageName::Verify {
        let made = enter_missing(connection, action, stage, &scope, Some(steps.since)).await?;
        steps.made += made.len();
        events.extend(made);
    }
    if events.is_empty() {
        return Ok(Next::Ended(None));
    }
    (steps.stage, steps.events) = (stage, events);
    Ok(Next::Entered)
}

/// Sets back what the stage looks at, and makes its events.
pub(super) async fn enter(
    connection: &mut PgConnection,
    action: i64,
    stage: StageName,
    scope: &Scope,
) -> sqlx::Result<Vec<i64>> {
    enter_missing(connection, action, stage, scope, None).await
}

async fn enter_missing(
    connection: &mut PgConnection,
    action: i64,
    stage: StageName,
    scope: &Scope,
    since: Option<i64>,
) -> sqlx::Result<Vec<i64>> {
    let missing = missing(connection, stage, scope, since).await?;
    let records: Vec<&str> = missing
        .iter()
        .map(|event| event.record_id.as_str())
        .collect();
    if stage == StageName::Enrich {
        // Enrichment passes over slots whose contact is completed.
        sqlx::query(
            "UPDATE marketing.contact_enrichment SET enrichment_status = 'pending'
             WHERE company_slot_unique_id = ANY($1) AND enrichment_status IN ('completed', 'failed')",
        )
        .bind(&records)
        .execute(&mut *connection)
        .await?;
    }
    sqlx::query_scalar(
        "INSERT INTO marketing.pipeline_events
             (event_type, payload, source_table, batch_id, correlation_id, action_id, repeats_id)
         SELECT $1, coalesce(o.payload, jsonb_build_object('id', w.record, 'company', $5::TEXT, 'company_name', $5::TEXT,
                        'company_unique_id', $6::TEXT, 'batch_id', $4::TEXT))
                    || jsonb_build_object('record_id', coalesce(o.payload -> 'record_id', to_jsonb(w.record)),
                                          'trigger_time', now()),
                o.source_table, $4, $7, $8, o.id
         FROM unnest($2::TEXT[], $3::BIGINT[]) WITH ORDINALITY AS w (record, repeats, place)
         LEFT JOIN marketing.pipeline_events o ON o.id = w.repeats
         ORDER BY w.place RETURNING id",
    )
    .bind(stage.consumes())
    .bind(&records)
    .bind(missing.iter().map(|event| event.repeats_id).collect::<Vec<_>>())
    .bind(&scope.batch_id)
    .bind(&scope.company_name)
    .bind(&scope.company_id)
    .bind(scope.correlation_id)
    .bind(action)
    .fetch_all(connection)
    .await
}

/// An event that the replay makes.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Planned {
    pub(super) event_type: String,
    pub(super) record_id: String,
    pub(super) repeats_id: Option<i64>,
}

impl Planned {
    pub(super) fn shown(&self) -> PlannedEvent {
        PlannedEvent {
            event_type: self.event_type.clone(),
            record_id: self.record_id.clone(),
            repeats_id: self.repeats_id,
        }
    }
}

/// Records of the stage that have no event after `since`, each with the last event that there was.
pub(super) async fn missing(
    connection: &mut PgConnection,
    stage: StageName,
    scope: &Scope,
    since: Option<i64>,
) -> sqlx::Result<Vec<Planned>> {
    let records: &str = match stage {
        StageName::Validate => "SELECT $1::BIGINT::TEXT AS record WHERE $1 IS NOT NULL",
        StageName::Promote => {
            "SELECT i.id::TEXT AS record FROM intake.company_raw_intake i WHERE i.id = $1 AND i.validated"
        }
        StageName::Slots => "SELECT $2::TEXT AS record WHERE $2 IS NOT NULL",
        StageName::Enrich => {
            "SELECT s.company_slot_unique_id AS record FROM marketing.company_slots s
             WHERE s.company_unique_id = $2 AND ($3::TEXT IS NULL OR s.company_slot_unique_id = $3)"
        }
        StageName::Verify => {
            "SELECT c.id::TEXT AS record FROM marketing.contact_enrichment c
             JOIN marketing.company_slots s USING (company_slot_unique_id)
             WHERE s.company_unique_id = $2 AND ($3::TEXT IS NULL OR s.company_slot_unique_id = $3)
               AND c.enrichment_status = 'completed' AND coalesce(c.email, '') <> ''"
        }
    };
    sqlx::query_as(sqlx::AssertSqlSafe(format!(
        "SELECT $4::TEXT AS event_type, r.record AS record_id, o.id AS repeats_id
         FROM ({records}) AS r
         LEFT JOIN LATERAL (
             SELECT e.id FROM marketing.pipeline_events e
             WHERE e.correlation_id = $6 AND e.event_type = ANY($5) AND e.payload ->> 'record_id' = r.record
             ORDER BY e.id DESC LIMIT 1) AS o ON TRUE
         WHERE $7::BIGINT IS NULL OR o.id IS NULL OR o.id <= $7
         ORDER BY r.record"
    )))
    .bind(scope.intake_id)
    .bind(&scope.company_id)
    .bind(&scope.slot_id)
    .bind(stage.consumes())
    .bind(stage.event_types())
    .bind(scope.correlation_id)
    .bind(since)
    .fetch_all(connection)
    .await
}

async fn by_triggers(
    connection: &mut PgConnection,
    stage: StageName,
    scope: &Scope,
    since: i64,
) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar(
        "SELECT id FROM marketing.pipeline_events
         WHERE correlation_id = $1 AND event_type = ANY($2) AND id > $3 ORDER BY id",
    )
    .bind(scope.correlation_id)
    .bind(stage.event_types())
    .bind(since)
    .fetch_all(connection)
    .await
}
