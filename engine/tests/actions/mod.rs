//! What people do to events, stages and records, and what the log says of it.

mod audit;
mod bulk;

mod dead_letter;
mod event;
mod interrupted;
mod records;
mod replay;
mod stage;
mod undo;

use crate::support;

use domain::model::bulk::{BulkRequest, EventAct, EventSelection};
use engine::Engine;
use sqlx::PgPool;

/// Events of the batch `b1` in this state; their ids.
pub(crate) async fn events(pool: &PgPool, number: i32, status: &str) -> Vec<i64> {
    sqlx::query_scalar(
        "INSERT INTO marketing.pipeline_events (event_type, payload, status, retry_count, error_message, batch_id)
         SELECT 'company_created', jsonb_build_object('record_id', n, 'company_name', 'Company ' || n), $2,
                CASE $2 WHEN 'failed' THEN 3 ELSE 0 END, CASE $2 WHEN 'failed' THEN 'it broke' END, 'b1'
         FROM generate_series(1, $1) n RETURNING id",
    )
    .bind(number)
    .bind(status)
    .fetch_all(pool)
    .await
    .unwrap()
}

pub(crate) fn of_ids(act: EventAct, ids: &[i64]) -> BulkRequest {
    BulkRequest {
        act,
        selection: EventSelection::Ids(ids.to_vec()),
        reason: None,
        up_to: None,
    }
}

/// Everything in this state.
pub(crate) fn in_state(act: EventAct, status: &str) -> BulkRequest {
    let filter = serde_json::json!({ "status": status });
    BulkRequest {
        act,
        selection: serde_json::from_value(serde_json::json!({ "matching": filter })).unwrap(),
        reason: None,
        up_to: None,
    }
}

/// The state of an event.
pub(crate) async fn status(pool: &PgPool, id: i64) -> String {
    sqlx::query_scalar("SELECT status FROM marketing.pipeline_events WHERE id = $1")
        .bind(id)
        .fetch_one(pool)
        .await
        .unwrap()
}

/// Why the engine refuses a request.
pub(crate) async fn refusal(engine: &Engine, request: &BulkRequest) -> String {
    engine
        .start_action(request, &support::operator())
        .await
        .unwrap_err()
        .to_string()
}
