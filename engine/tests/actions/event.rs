//! Acts on single events.

use domain::model::bulk::{ActionState, EventAct, PayloadEdit};
use serde_json::{Map, Value, json};
use sqlx::PgPool;

use super::{
    events, of_ids, refusal, status,
    support::{engine, operator},
};

fn keys(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_retry_grants_the_attempts_of_the_stage_on_top(pool: PgPool) {
    let engine = engine(&pool);
    let failed = events(&pool, 2, "failed").await;
    sqlx::query("UPDATE marketing.stage_settings SET attempts = 7 WHERE stage = 'validate'")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO marketing.pipeline_errors (event_type, error_message, event_id) VALUES ('company_created', 'x', $1)",
    )
    .bind(failed[0])
    .execute(&pool)
    .await
    .unwrap();
    let action = engine
        .start_action(&of_ids(EventAct::Retry, &failed[..1]), &operator())
        .await
        .unwrap();
    assert_eq!(
        (action.state, action.total, action.done, action.skipped),
        (ActionState::Done, 1, 1, 0)
    );
    assert!(action.finished_at.is_some() && action.undoable());
    let (status, max, retries, retried_by): (String, i32, i32, String) = sqlx::query_as(
        "SELECT status, max_attempts, retry_count,
                (SELECT retried_by FROM marketing.pipeline_errors x WHERE x.event_id = e.id)
         FROM marketing.pipeline_events e WHERE id = $1",
    )
    .bind(failed[0])
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(
        (status.as_str(), max, retries, retried_by.as_str()),
        ("pending", 10, 3, "olga")
    );
    assert_eq!(super::status(&pool, failed[1]).await, "failed");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_act_that_does_not_fit_says_what_it_takes(pool: PgPool) {
    let engine = engine(&pool);
    let processed = events(&pool, 1, "processed").await;
    let working = events(&pool, 1, "processing").await;
    let empty = PayloadEdit::Merge(Map::new());
    let whole = PayloadEdit::Replace(keys(json!({ "record_id": 1 })));
    let nameless = PayloadEdit::Replace(keys(json!({ "company_name": "Acme" })));
    let table = [
        (
            of_ids(EventAct::Retry, &processed),
            "failed or were cancelled",
        ),
        (
            of_ids(EventAct::Cancel, &working),
            "release what is being worked on first",
        ),
        (of_ids(EventAct::Release, &processed), "somebody works on"),
        (of_ids(EventAct::Purge, &processed), "dead letters"),
        (of_ids(EventAct::DeadLetter, &processed), "Say why"),
        (of_ids(EventAct::Retry, &[]), "No event is selected"),
        (of_ids(EventAct::Retry, &[123_456]), "nothing to do"),
        (
            of_ids(EventAct::Requeue(empty), &processed),
            "No key of the payload changes",
        ),
        (
            of_ids(EventAct::Requeue(whole), &[1, 2]),
            "belongs to one event",
        ),
        (
            of_ids(EventAct::Requeue(nameless), &processed),
            "no record_id",
        ),
    ];
    for (request, expected) in table {
        let refused = refusal(&engine, &request).await;
        assert!(refused.contains(expected), "{request:?}: {refused}");
    }
    let actions: i64 = sqlx::query_scalar("SELECT count(*) FROM marketing.pipeline_actions")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(actions, 0, "a refused act leaves nothing behind");
}

#[sqlx::test(migrations = "../migrations")]
async fn requeuing_keeps_the_old_event_and_names_it(pool: PgPool) {
    let engine = engine(&pool);
    for (before, after) in [
        ("pending", "cancelled"),
        ("failed", "cancelled"),
        ("processed", "processed"),
        ("cancelled", "cancelled"),
    ] {
        let old = events(&pool, 1, before).await[0];
        let edit = PayloadEdit::Merge(keys(json!({ "company_name": "Acme" })));
        engine
            .start_action(&of_ids(EventAct::Requeue(edit), &[old]), &operator())
            .await
            .unwrap();
        assert_eq!(status(&pool, old).await, after, "{before}");
        let (state, payload, batch, same_record): (String, Value, String, bool) = sqlx::query_as(
            "SELECT n.status, n.payload, n.batch_id, n.correlation_id = o.correlation_id
             FROM marketing.pipeline_events n JOIN marketing.pipeline_events o ON o.id = n.repeats_id
             WHERE n.repeats_id = $1",
        )
        .bind(old)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!((state.as_str(), batch.as_str()), ("pending", "b1"));
        assert_eq!(payload, json!({ "record_id": 1, "company_name": "Acme" }));
        assert!(same_record);
    }
    let old = events(&pool, 1, "failed").await[0];
    let edit = PayloadEdit::Replace(keys(json!({ "record_id": 9 })));
    engine
        .start_action(&of_ids(EventAct::Requeue(edit), &[old]), &operator())
        .await
        .unwrap();
    let payload: Value =
        sqlx::query_scalar("SELECT payload FROM marketing.pipeline_events WHERE repeats_id = $1")
            .bind(old)
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(payload, json!({ "record_id": 9 }));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_release_moves_the_fence(pool: PgPool) {
    let engine = engine(&pool);
    let working = events(&pool, 1, "processing").await;
    sqlx::query(
        "UPDATE marketing.pipeline_events SET locked_by = 'w1', locked_at = now(), attempt = 4",
    )
    .execute(&pool)
    .await
    .unwrap();
    let action = engine
        .start_action(&of_ids(EventAct::Release, &working), &operator())
        .await
        .unwrap();
    let (status, attempt, locked): (String, i32, Option<String>) =
        sqlx::query_as("SELECT status, attempt, locked_by FROM marketing.pipeline_events")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!((status.as_str(), attempt, locked), ("pending", 5, None));
    let refused = engine
        .undo_action(action.id, &operator())
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("cannot be undone"),
        "{refused}"
    );
}
