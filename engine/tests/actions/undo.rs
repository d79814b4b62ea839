//! Actions taken back.

use domain::{
    model::{
        action::Scope,
        bulk::{ActionKind, ActionState, BulkRequest, EventAct, PayloadEdit},
    },
    stage::StageName,
};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{
    events, in_state, of_ids, status,
    support::{count, engine, operator},
};

/// What of all events an undo brings back.
async fn states(pool: &PgPool) -> Value {
    sqlx::query_scalar(
        "SELECT jsonb_agg(jsonb_build_array(e.id, e.status, e.next_attempt_at, e.max_attempts, e.processed_at,
                    e.error_message, e.action_id, d.kind, d.reason, d.moved_by, d.moved_at) ORDER BY e.id)
         FROM marketing.pipeline_events e LEFT JOIN marketing.dead_letters d ON d.event_id = e.id
         WHERE e.repeats_id IS NULL",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn events_become_what_they_were(pool: PgPool) {
    let engine = engine(&pool);
    let failed = events(&pool, 3, "failed").await;
    let pending = events(&pool, 3, "pending").await;
    let cancelled = events(&pool, 2, "cancelled").await;
    // Put aside, in a batch that is paused still.
    sqlx::query(
        "WITH paused AS (INSERT INTO marketing.batch_pauses (batch_id, reason, paused_by) VALUES ('b2', 'quota', 'olga'))
         UPDATE marketing.pipeline_events SET next_attempt_at = 'infinity', batch_id = 'b2' WHERE id = $1",
    )
    .bind(pending[0])
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query("INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by) VALUES ($1, 'permanent', 'no', 'w1')")
        .bind(failed[0])
        .execute(&pool)
        .await
        .unwrap();
    let before = states(&pool).await;
    let open: Vec<i64> = failed.iter().chain(&pending).copied().collect();
    let lost: Vec<i64> = failed.iter().chain(&cancelled).copied().collect();
    let edit = PayloadEdit::Merge(json!({ "n": 1 }).as_object().unwrap().clone());
    for (act, ids) in [
        (EventAct::Retry, &lost),
        (EventAct::ProcessNow, &open),
        (EventAct::Cancel, &open),
        (EventAct::DeadLetter, &pending),
        (EventAct::Requeue(edit), &open),
    ] {
        let request = BulkRequest {
            reason: Some("a try".into()),
            ..of_ids(act, ids)
        };
        let action = engine.start_action(&request, &operator()).await.unwrap();
        assert_ne!(states(&pool).await, before, "{request:?}");
        let undo = engine.undo_action(action.id, &operator()).await.unwrap();
        assert_eq!(
            (undo.kind, undo.state),
            (ActionKind::Undo, ActionState::Done)
        );
        assert_eq!(
            (undo.done, undo.skipped, undo.undo_of),
            (ids.len() as i64, 0, Some(action.id))
        );
        assert_eq!(states(&pool).await, before, "{request:?}");
        let undone = engine.action(action.id).await.unwrap();
        assert_eq!(undone.undone_by, Some(undo.id));
        let twice = engine
            .undo_action(action.id, &operator())
            .await
            .unwrap_err();
        assert!(twice.to_string().contains("was undone by"), "{twice}");
    }
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.pipeline_events WHERE repeats_id IS NOT NULL AND status <> 'cancelled'").await,
        0
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn what_has_moved_on_stays_and_is_counted(pool: PgPool) {
    let engine = engine(&pool);
    let ids = events(&pool, 6, "failed").await;
    let action = engine
        .start_action(&in_state(EventAct::Retry, "failed"), &operator())
        .await
        .unwrap();
    for (id, change) in [
        (ids[0], "status = 'processed'"),
        (ids[1], "attempt = attempt + 1"),
        (ids[2], "retry_count = retry_count + 1"),
        // A paused batch puts events aside; that is nobody's work on them.
        (ids[3], "next_attempt_at = 'infinity'"),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "UPDATE marketing.pipeline_events SET {change} WHERE id = {id}"
        )))
        .execute(&pool)
        .await
        .unwrap();
    }
    engine
        .start_action(&of_ids(EventAct::Cancel, &ids[4..5]), &operator())
        .await
        .unwrap();
    let undo = engine.undo_action(action.id, &operator()).await.unwrap();
    assert_eq!((undo.total, undo.done, undo.skipped), (6, 2, 4));
    let mut now = Vec::new();
    for id in &ids {
        now.push(status(&pool, *id).await);
    }
    assert_eq!(
        now,
        [
            "processed",
            "pending",
            "pending",
            "failed",
            "cancelled",
            "failed"
        ]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn a_requeue_whose_new_event_was_worked_on_stays(pool: PgPool) {
    let engine = engine(&pool);
    let ids = events(&pool, 2, "failed").await;
    let edit = PayloadEdit::Merge(json!({ "n": 1 }).as_object().unwrap().clone());
    let action = engine
        .start_action(&of_ids(EventAct::Requeue(edit), &ids), &operator())
        .await
        .unwrap();
    sqlx::query("UPDATE marketing.pipeline_events SET status = 'processed' WHERE repeats_id = $1")
        .bind(ids[0])
        .execute(&pool)
        .await
        .unwrap();
    let undo = engine.undo_action(action.id, &operator()).await.unwrap();
    assert_eq!((undo.done, undo.skipped), (1, 1));
    assert_eq!(status(&pool, ids[0]).await, "cancelled");
    assert_eq!(status(&pool, ids[1]).await, "failed");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_running_action_is_cancelled_before_it_is_undone_and_that_in_chunks_too(pool: PgPool) {
    let engine = engine(&pool);
    events(&pool, 2_500, "failed").await;
    let action = engine
        .start_action(&in_state(EventAct::Cancel, "failed"), &operator())
        .await
        .unwrap();
    let early = engine
        .undo_action(action.id, &operator())
        .await
        .unwrap_err();
    assert!(early.to_string().contains("still runs"), "{early}");
    engine.finish_action(action.id).await.unwrap();
    let undo = engine.undo_action(action.id, &operator()).await.unwrap();
    assert_eq!((undo.state, undo.done), (ActionState::Running, 1_000));
    let undo = engine.finish_action(undo.id).await.unwrap();
    assert_eq!((undo.state, undo.done), (ActionState::Done, 2_500));
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'failed'"
        )
        .await,
        2_500
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn what_was_put_aside_is_due_when_its_batch_goes_on_meanwhile(pool: PgPool) {
    let engine = engine(&pool);
    let ids = events(&pool, 3, "pending").await;
    engine
        .pause_batch("b1", "quota", &operator())
        .await
        .unwrap();
    sqlx::query("UPDATE marketing.pipeline_events SET next_attempt_at = 'infinity'")
        .execute(&pool)
        .await
        .unwrap();
    let action = engine
        .start_action(&of_ids(EventAct::Cancel, &ids[..1]), &operator())
        .await
        .unwrap();
    let due = engine.resume_batch("b1", "", &operator()).await.unwrap();
    assert_eq!(due, 2);
    let undo = engine.undo_action(action.id, &operator()).await.unwrap();
    assert_eq!(undo.done, 1);
    let waits = "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'pending' AND next_attempt_at <= now()";
    assert_eq!(count(&pool, waits).await, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_record_that_was_to_run_again_does_not_after_all(pool: PgPool) {
    let engine = engine(&pool);
    let done = events(&pool, 1, "processed").await;
    let (stage, record) = (StageName::Validate, Scope::Record("1".into()));
    let action = engine
        .process_now(stage, &record, None, &operator())
        .await
        .unwrap();
    let made: Vec<(i64, String)> = sqlx::query_as(
        "SELECT repeats_id, status FROM marketing.pipeline_events WHERE repeats_id IS NOT NULL",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(made, [(done[0], "pending".to_owned())]);
    let undo = engine.undo_action(action.id, &operator()).await.unwrap();
    assert_eq!(undo.done, 1);
    let now = "SELECT count(*) FROM marketing.pipeline_events WHERE repeats_id IS NOT NULL AND status = 'cancelled'";
    assert_eq!(count(&pool, now).await, 1);
}
