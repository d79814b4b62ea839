//! Bulk actions: what the preview says is what is done.

use domain::{
    model::{
        action::Scope,
        bulk::{
            ActionFilter, ActionKind, ActionState, BulkRequest, EventAct, EventSelection,
            PayloadEdit,
        },
        dead_letter::{DeadLetterFilter, DeadLetterKind},
        error::ErrorFilter,
    },
    stage::StageName,
};
use engine::{queue::Upkeep, store::error::ErrorSelection};
use sqlx::PgPool;

use super::{
    events, in_state, of_ids,
    support::{count, engine, insert, operator, wait_for},
};

#[sqlx::test(migrations = "../migrations")]
async fn an_action_takes_what_its_preview_counted_and_nothing_that_came_since(pool: PgPool) {
    let engine = engine(&pool);
    let first = events(&pool, 12, "failed").await;
    events(&pool, 3, "processed").await;
    let mut request = in_state(EventAct::Retry, "failed");
    let preview = engine.preview_action(&request).await.unwrap();
    assert_eq!(
        (preview.kind, preview.count, preview.undoable),
        (ActionKind::Retry, 12, true)
    );
    assert_eq!(preview.up_to, first[11]);
    let sample: Vec<i64> = preview.sample.iter().map(|event| event.id).collect();
    assert_eq!(sample, first[..5]);
    assert_eq!(preview.sample[0].company_name.as_deref(), Some("Company 1"));

    events(&pool, 5, "failed").await;
    request.up_to = Some(preview.up_to);
    let action = engine.start_action(&request, &operator()).await.unwrap();
    assert_eq!((action.total, action.done, action.skipped), (12, 12, 0));
    assert_eq!(action.requested_by, "olga");
    assert_eq!(action.title, "Retry: 12 events that match a filter");
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'failed'"
        )
        .await,
        5
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn of_a_selection_what_does_not_fit_is_skipped_and_counted(pool: PgPool) {
    let engine = engine(&pool);
    let mut ids = events(&pool, 3, "failed").await;
    ids.extend(events(&pool, 2, "processed").await);
    ids.push(999_999);
    let action = engine
        .start_action(&of_ids(EventAct::Cancel, &ids), &operator())
        .await
        .unwrap();
    assert_eq!((action.total, action.done, action.skipped), (6, 3, 3));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cancelled_action_keeps_what_was_done_and_says_so(pool: PgPool) {
    let engine = engine(&pool);
    events(&pool, 2_500, "failed").await;
    let started = engine
        .start_action(&in_state(EventAct::Cancel, "failed"), &operator())
        .await
        .unwrap();
    assert_eq!(
        (started.state, started.total, started.done),
        (ActionState::Running, 2_500, 1_000),
        "the first chunk is done at once"
    );
    let cancelled = engine.cancel_action(started.id, &operator()).await.unwrap();
    assert_eq!(
        (cancelled.state, cancelled.done),
        (ActionState::Cancelled, 1_000)
    );
    assert_eq!(cancelled.cancel_requested_by.as_deref(), Some("olga"));
    let upkeep = Upkeep::start(&engine);
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    upkeep.stop().await;
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'cancelled'"
        )
        .await,
        1_000
    );
    let again = engine
        .cancel_action(started.id, &operator())
        .await
        .unwrap_err();
    assert!(
        again.to_string().contains("has ended (cancelled)"),
        "{again}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn an_action_that_cannot_go_on_ends_with_its_error(pool: PgPool) {
    let engine = engine(&pool);
    events(&pool, 1_500, "failed").await;
    let started = engine
        .start_action(&in_state(EventAct::Cancel, "failed"), &operator())
        .await
        .unwrap();
    sqlx::query("UPDATE marketing.pipeline_actions SET selection = '{\"unknown\": 1}'")
        .execute(&pool)
        .await
        .unwrap();
    let upkeep = Upkeep::start(&engine);
    wait_for(
        &pool,
        "SELECT count(*) FROM marketing.pipeline_actions WHERE state = 'failed'",
        1,
    )
    .await;
    upkeep.stop().await;
    let failed = engine.action(started.id).await.unwrap();
    assert!(failed.error.unwrap().contains("unknown"));
    assert_eq!(failed.done, 1_000);
}

#[sqlx::test(migrations = "../migrations")]
async fn actions_are_listed_by_kind_state_and_person(pool: PgPool) {
    let engine = engine(&pool);
    let failed = events(&pool, 60, "failed").await;
    for id in &failed {
        engine
            .start_action(&of_ids(EventAct::Cancel, &[*id]), &operator())
            .await
            .unwrap();
    }
    let all = ActionFilter::default();
    let page = engine.actions(&all).await.unwrap();
    assert_eq!((page.rows.len(), page.count.n), (50, 60));
    let rest = engine
        .actions(&ActionFilter {
            cursor: page.next,
            ..all.clone()
        })
        .await
        .unwrap();
    assert_eq!((rest.rows.len(), rest.next), (10, None));
    for (filter, expected) in [
        (
            ActionFilter {
                kind: Some(ActionKind::Cancel),
                ..all.clone()
            },
            60,
        ),
        (
            ActionFilter {
                kind: Some(ActionKind::Retry),
                ..all.clone()
            },
            0,
        ),
        (
            ActionFilter {
                state: Some(ActionState::Running),
                ..all.clone()
            },
            0,
        ),
        (
            ActionFilter {
                requested_by: Some("olga".into()),
                ..all.clone()
            },
            60,
        ),
    ] {
        assert_eq!(
            engine.actions(&filter).await.unwrap().count.n,
            expected,
            "{filter:?}"
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_requeue_for_another_record_belongs_to_its_history(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 2).await;
    let (of_first, of_second): (i64, String) = sqlx::query_as(
        "SELECT (SELECT id FROM marketing.pipeline_events WHERE payload ->> 'record_id' = min(i.id)::TEXT), max(i.id)::TEXT
         FROM intake.company_raw_intake i",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    for (record, expected) in [(None, "first"), (Some(&of_second), "second")] {
        let mut keys = serde_json::Map::new();
        keys.insert("note".into(), "again".into());
        keys.extend(record.map(|record| ("record_id".to_owned(), record.as_str().into())));
        let request = of_ids(EventAct::Requeue(PayloadEdit::Merge(keys)), &[of_first]);
        engine.start_action(&request, &operator()).await.unwrap();
        let of: String = sqlx::query_scalar(
            "SELECT CASE i.id::TEXT WHEN $1 THEN 'second' ELSE 'first' END
             FROM marketing.pipeline_events e JOIN intake.company_raw_intake i USING (correlation_id)
             ORDER BY e.id DESC LIMIT 1",
        )
        .bind(&of_second)
        .fetch_one(&pool)
        .await
        .unwrap();
        assert_eq!(of, expected);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn who_retries_an_unknown_outcome_by_name_has_the_call_made_again(pool: PgPool) {
    let engine = engine(&pool);
    let failed = events(&pool, 1, "failed").await;
    sqlx::query(
        "WITH call AS (INSERT INTO marketing.external_calls (idempotency_key, event_id, stage, worker_id, attempt, state)
                       VALUES ('send-1', $1, 'send', 'w1', 1, 'unknown'))
         INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by) VALUES ($1, 'unknown_outcome', 'x', 'w1')",
    )
    .bind(failed[0])
    .execute(&pool)
    .await
    .unwrap();
    let retry = of_ids(EventAct::Retry, &failed);
    engine.start_action(&retry, &operator()).await.unwrap();
    let call: (String, String) =
        sqlx::query_as("SELECT state, message FROM marketing.external_calls")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(call, ("failed".into(), "olga tried it again".into()));

    // Nothing is left of what is purged.
    sqlx::query("UPDATE marketing.pipeline_events SET status = 'failed'")
        .execute(&pool)
        .await
        .unwrap();
    sqlx::query("INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by) VALUES ($1, 'attempts', 'x', 'w1')")
        .bind(failed[0])
        .execute(&pool)
        .await
        .unwrap();
    let purge = BulkRequest {
        reason: Some("a test".into()),
        ..of_ids(EventAct::Purge, &failed)
    };
    engine.start_action(&purge, &operator()).await.unwrap();
    for left in [
        "SELECT count(*) FROM marketing.pipeline_events",
        "SELECT count(*) FROM marketing.external_calls",
    ] {
        assert_eq!(count(&pool, left).await, 0, "{left}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_has_an_unknown_outcome_is_repeated_only_when_it_is_named(pool: PgPool) {
    let engine = engine(&pool);
    let failed = events(&pool, 5, "failed").await;
    sqlx::query(
        "INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by)
         SELECT id, CASE WHEN id <= $2 THEN 'unknown_outcome' ELSE 'attempts' END, 'x', 'w1' FROM unnest($1::BIGINT[]) AS id",
    )
    .bind(&failed)
    .bind(failed[1])
    .execute(&pool)
    .await
    .unwrap();
    let dead = |kind| BulkRequest {
        selection: EventSelection::DeadLetters(DeadLetterFilter {
            kind,
            ..DeadLetterFilter::default()
        }),
        ..of_ids(EventAct::Retry, &[])
    };
    for (request, count, withheld) in [
        (in_state(EventAct::Retry, "failed"), 3, 2),
        (in_state(EventAct::ProcessNow, "failed"), 3, 2),
        (in_state(EventAct::Cancel, "failed"), 5, 0),
        (dead(None), 3, 2),
        (dead(Some(DeadLetterKind::UnknownOutcome)), 2, 0),
        (of_ids(EventAct::Retry, &failed[..1]), 1, 0),
    ] {
        let preview = engine.preview_action(&request).await.unwrap();
        assert_eq!(
            (preview.count, preview.withheld),
            (count, withheld),
            "{request:?}"
        );
    }
    let (stage, batch) = (StageName::Validate, Scope::Batch("b1".into()));
    let counted = engine.preview_process_now(stage, &batch).await.unwrap();
    // The page of the batch counts what the list behind it shows, also what is not tried again unasked.
    let of_batch = engine.batch_progress("b1").await.unwrap();
    assert_eq!((counted.failed, of_batch.stages[0].failed), (3, 5));
    let record = Scope::Record("1".into());
    let refused = engine.process_now(stage, &record, None, &operator()).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("may have happened"), "{refused}");
    let moved = engine
        .process_now(stage, &batch, counted.up_to, &operator())
        .await
        .unwrap();
    assert_eq!(moved.total, 3);
}

#[sqlx::test(migrations = "../migrations")]
async fn retries_of_errors_and_process_now_go_in_chunks_and_can_be_undone(pool: PgPool) {
    let engine = engine(&pool);
    let many = 2_500;
    let failed = events(&pool, many, "failed").await;
    sqlx::query(
        "INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, event_id)
         SELECT 'company_created', id::TEXT, 'it broke', id FROM unnest($1::BIGINT[]) AS id",
    )
    .bind(&failed)
    .execute(&pool)
    .await
    .unwrap();
    let many = i64::from(many);
    let errors = ErrorSelection::Matching(ErrorFilter {
        search: Some("broke".into()),
        ..ErrorFilter::default()
    });
    let counted = engine.preview_errors(&errors).await.unwrap();
    assert_eq!((counted.open, counted.retryable), (many, many));
    let retry = engine.retry_errors(&errors, &operator()).await.unwrap();
    let (stage, scope) = (StageName::Validate, Scope::Waiting);
    assert_eq!((retry.total, retry.open, retry.processed), (many, many, 0));
    let whole = engine.finish_action(retry.id).await.unwrap();
    assert_eq!((whole.kind, whole.done), (ActionKind::Retry, many));
    let waiting = engine.preview_process_now(stage, &scope).await.unwrap();
    assert_eq!((waiting.waiting, waiting.failed), (many, 0));
    let first = engine
        .process_now(stage, &scope, waiting.up_to, &operator())
        .await
        .unwrap();
    assert_eq!((first.total, first.open), (many, many));
    engine.finish_action(first.id).await.unwrap();
    let ahead = "SELECT count(*) FROM marketing.pipeline_events WHERE next_attempt_at < now() - INTERVAL '99 years'";
    assert_eq!(count(&pool, ahead).await, many);
    for action in [first.id, retry.id] {
        let undo = engine.undo_action(action, &operator()).await.unwrap();
        let undo = engine.finish_action(undo.id).await.unwrap();
        assert_eq!((undo.done, undo.skipped), (many, 0));
        assert_eq!(count(&pool, ahead).await, 0);
    }
    let tried = "SELECT count(*) FROM marketing.pipeline_errors WHERE retried_at IS NOT NULL";
    let again = "SELECT count(*) FROM marketing.pipeline_events WHERE status = 'failed'";
    assert_eq!(
        (count(&pool, tried).await, count(&pool, again).await),
        (0, many)
    );
}
