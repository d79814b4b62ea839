//! What goes by age, what stays, and what deleting costs the others.

use crate::support::{count, drain, engine, insert, operator, worker};
use domain::model::retention::Kept;
use engine::{Engine, EngineError};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool};
use tokio_util::sync::CancellationToken;

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql)
        .execute(pool)
        .await
        .unwrap_or_else(|error| panic!("{sql}\n{error}"));
}

/// Runs a job to its end and returns what it counted.
async fn job(engine: &Engine, name: &str) -> Value {
    engine
        .request_schedule_run(name, &operator())
        .await
        .unwrap();
    engine
        .run_due_schedules(&CancellationToken::new())
        .await
        .unwrap();
    let runs = engine.schedule_runs(name).await.unwrap();
    assert_eq!(runs[0].error, None);
    runs[0].result.clone().unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_pipeline_grows_old_and_only_what_is_done_goes(pool: PgPool) {
    let engine = engine(&pool);
    insert(&pool, 40).await;
    let worker = worker(&engine).await;
    drain(&pool).await;
    worker.stop().await;
    let runs = count(
        &pool,
        "SELECT count(*) FROM marketing.workflow_stats WHERE event_id IS NOT NULL",
    )
    .await;
    let events = count(&pool, "SELECT count(*) FROM marketing.pipeline_events").await;
    let young = job(&engine, "prune_events").await;
    assert_eq!((&young["events"], &young["runs"]), (&json!(0), &json!(0)));

    run(
        &pool,
        "ALTER TABLE marketing.pipeline_events DISABLE TRIGGER USER;
         UPDATE marketing.pipeline_events SET created_at = now() - INTERVAL '40 days', processed_at = now() - INTERVAL '31 days';
         -- Processed yesterday, though made long ago; not done; done for n8n without a time; called off.
         UPDATE marketing.pipeline_events SET processed_at = now() - INTERVAL '1 day' WHERE id = 1;
         UPDATE marketing.pipeline_events SET status = 'failed' WHERE id = 2;
         UPDATE marketing.pipeline_events SET processed_at = NULL WHERE id = 3;
         UPDATE marketing.pipeline_events SET status = 'cancelled' WHERE id = 4;
         UPDATE marketing.pipeline_events SET status = 'pending', processed_at = NULL WHERE id = 5;
         ALTER TABLE marketing.pipeline_events ENABLE TRIGGER USER;
         INSERT INTO marketing.external_calls (idempotency_key, event_id, stage, state, worker_id, attempt)
         VALUES ('a', 6, 'enrich', 'done', 'w', 1), ('b', 7, 'enrich', 'unknown', 'w', 1);
         INSERT INTO marketing.refused_effects (event_id, stage, worker_id) VALUES (6, 'enrich', 'w');
         INSERT INTO marketing.pipeline_errors (event_type, error_message, event_id) VALUES ('company_created', 'x', 6)",
    )
    .await;
    engine.recount_rollups(&operator()).await.unwrap();
    let goes = |days| engine.preview_retention(Kept::Events, days);
    assert_eq!(goes(Some(30)).await.unwrap().n, events - 3);
    assert_eq!(goes(Some(41)).await.unwrap().n, 0);
    assert_eq!(goes(None).await.unwrap().n, 0);
    let old = job(&engine, "prune_events").await;
    assert_eq!(old["events"], events - 3);
    let left = count(
        &pool,
        "SELECT count(*) FROM marketing.workflow_stats WHERE event_id IS NOT NULL",
    )
    .await;
    assert_eq!(old["runs"], runs - left);
    assert_eq!(
        (&old["external_calls"], &old["refused_effects"]),
        (&json!(1), &json!(1))
    );
    let ids: Vec<i64> = sqlx::query_scalar("SELECT id FROM marketing.pipeline_events ORDER BY id")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(ids, [1, 2, 5]);
    // The error outlives its event, and the counts still equal a recount.
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.pipeline_errors WHERE event_id IS NULL"
        )
        .await,
        1
    );
    let examination = engine.examine().await.unwrap();
    assert!(
        examination.findings.iter().all(|f| f.check != "rollups"),
        "{examination:#?}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn errors_runs_dead_letters_and_histories_have_their_own_age(pool: PgPool) {
    let engine = engine(&pool);
    run(
        &pool,
        "INSERT INTO marketing.pipeline_errors (event_type, error_message, created_at, resolved, resolved_at)
         VALUES ('a', 'old and resolved', now() - INTERVAL '200 days', TRUE, now() - INTERVAL '91 days'),
                ('a', 'resolved lately', now() - INTERVAL '200 days', TRUE, now() - INTERVAL '89 days'),
                ('a', 'open', now() - INTERVAL '200 days', FALSE, NULL),
                ('a', 'new', now(), TRUE, now());
         INSERT INTO marketing.pipeline_events (event_type, payload, status, created_at)
         SELECT 'company_created', '{}', 'failed', now() - INTERVAL '300 days' FROM generate_series(1, 3);
         INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by, moved_at)
         VALUES (1, 'attempts', 'x', 'w', now() - INTERVAL '181 days'), (2, 'attempts', 'x', 'w', now() - INTERVAL '179 days');
         INSERT INTO marketing.workflow_stats (workflow_name, status, created_at, event_id)
         VALUES ('WF_Validate_Company', 'error', now() - INTERVAL '300 days', 1),
                ('WF_Validate_Company', 'error', now() - INTERVAL '300 days', 2),
                ('WF_Validate_Company', 'ok', now() - INTERVAL '91 days', 999),
                ('WF_Of_N8n', 'ok', now() - INTERVAL '91 days', NULL),
                ('WF_Of_N8n', 'ok', now() - INTERVAL '89 days', NULL);
         INSERT INTO marketing.schedule_runs (name, due_at, started_at, status, runner)
         VALUES ('prune_runs', now() - INTERVAL '91 days', now() - INTERVAL '91 days', 'ok', 'x'),
                ('prune_runs', now() - INTERVAL '92 days', now() - INTERVAL '92 days', 'running', 'x');
         INSERT INTO marketing.pipeline_actions (title, requested_by, total, kind, state, done, finished_at)
         VALUES ('old', 'x', 1, 'cancel', 'done', 1, now() - INTERVAL '31 days'),
                ('young', 'x', 1, 'cancel', 'done', 1, now() - INTERVAL '29 days'),
                ('long', 'x', 1, 'cancel', 'running', 1, NULL),
                ('being undone', 'x', 1, 'cancel', 'done', 1, now() - INTERVAL '31 days'),
                ('the undo of it', 'x', 1, 'undo', 'running', 0, NULL);
         UPDATE marketing.pipeline_actions SET undone_by = 5 WHERE id = 4;
         INSERT INTO marketing.pipeline_action_items (action_id, event_id, before)
         SELECT a, e, '{}' FROM generate_series(1, 4) a, generate_series(1, 2) e",
    )
    .await;
    for (kept, days, what, expected) in [
        (Kept::Errors, 90, "errors", 1),
        (Kept::Runs, 90, "runs", 2),
        (Kept::DeadLetters, 180, "events", 1),
        (Kept::ScheduleRuns, 90, "schedule_runs", 1),
        (Kept::ActionItems, 30, "action_items", 2),
    ] {
        let preview = engine.preview_retention(kept, Some(days)).await.unwrap();
        assert_eq!((preview.n, preview.capped), (expected, false), "{kept:?}");
        assert_eq!(job(&engine, kept.job()).await[what], expected, "{kept:?}");
    }
    let refused = engine.undo_action(1, &operator()).await.unwrap_err();
    assert!(refused.to_string().contains("not on record"), "{refused}");
    // The dead event went with its attempts; what failed without a dead letter waits for a person.
    let left = "SELECT string_agg(id::TEXT, ' ' ORDER BY id) FROM marketing.pipeline_events";
    let left: String = sqlx::query_scalar(left).fetch_one(&pool).await.unwrap();
    assert_eq!(left, "2 3");
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.workflow_stats WHERE event_id = 1"
        )
        .await,
        0
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn ages_are_settings(pool: PgPool) {
    let (engine, olga) = (engine(&pool), operator());
    let days: Vec<_> = engine.retention().await.unwrap();
    let days: Vec<_> = days
        .iter()
        .map(|setting| (setting.what, setting.keep_days.unwrap()))
        .collect();
    assert_eq!(
        days,
        [
            (Kept::Events, 30),
            (Kept::DeadLetters, 180),
            (Kept::Errors, 90),
            (Kept::Runs, 90),
            (Kept::Audit, 400),
            (Kept::ScheduleRuns, 90),
            (Kept::ActionItems, 30),
            (Kept::WebhookDeliveries, 30),
            (Kept::ApiTokens, 365)
        ]
    );
    run(
        &pool,
        "INSERT INTO marketing.pipeline_events (event_type, payload, status, created_at, processed_at)
         SELECT 'company_updated', '{}', 'processed', now() - INTERVAL '10 days', now() - INTERVAL '9 days'",
    )
    .await;
    engine
        .set_retention(Kept::Events, None, &olga)
        .await
        .unwrap();
    assert_eq!(
        job(&engine, "prune_events").await,
        json!({"kept": "for ever"})
    );
    let set = engine
        .set_retention(Kept::Events, Some(8), &olga)
        .await
        .unwrap();
    assert_eq!(
        (set[0].keep_days, set[0].updated_by.as_deref()),
        (Some(8), Some("olga"))
    );
    assert_eq!(job(&engine, "prune_events").await["events"], 1);
    for days in [0, -1, 36_501] {
        let refused = engine.set_retention(Kept::Audit, Some(days), &olga).await;
        assert!(matches!(refused, Err(EngineError::Invalid(_))), "{days}");
        let refused = engine.preview_retention(Kept::Audit, Some(days)).await;
        assert!(matches!(refused, Err(EngineError::Invalid(_))), "{days}");
    }
    let logged: Vec<(String, Value, Value)> = sqlx::query_as(
        "SELECT target, before, after FROM marketing.audit_log WHERE action = 'retention.set' ORDER BY id",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(
        logged[1],
        (
            "events".to_owned(),
            json!({"keep_days": null}),
            json!({"keep_days": 8})
        )
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn the_audit_log_loses_its_old_entries_only(pool: PgPool) {
    let engine = engine(&pool);
    run(
        &pool,
        "INSERT INTO marketing.audit_log (at, actor, actor_id, origin, action, target_kind, target)
         SELECT now() - make_interval(days => d), 'olga', 1, 'cli', 'a.b', 'a', 'b' FROM unnest(ARRAY[1, 399, 401, 500]) d",
    )
    .await;
    let preview = engine.preview_retention(Kept::Audit, Some(400)).await;
    assert_eq!(preview.unwrap().n, 2);
    assert_eq!(job(&engine, "prune_audit").await, json!({"audit": 2}));
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.audit_log WHERE actor_id = 1 AND action = 'a.b'"
        )
        .await,
        2
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn tokens_go_a_year_after_their_end_whatever_ended_them(pool: PgPool) {
    let engine = engine(&pool);
    run(
        &pool,
        "INSERT INTO app.users (name, role, password_hash) VALUES ('ada', 'admin', '-');
         INSERT INTO app.api_tokens (name, hash, prefix, role, created_by, created_at, expires_at, revoked_at, revoked_by)
         SELECT name, decode(lpad(to_hex(n), 64, '0'), 'hex'), 'occ_', 'viewer', (SELECT id FROM app.users),
                now() - INTERVAL '800 days', now() + expires * INTERVAL '1 day', now() + revoked * INTERVAL '1 day',
                CASE WHEN revoked IS NOT NULL THEN 'ada' END
         FROM (VALUES (1, 'live', 1, NULL), (2, 'expired long ago', -366, NULL), (3, 'expired', -364, NULL),
                      (4, 'revoked long ago', 1, -366), (5, 'revoked', 1, -364),
                      (6, 'revoked after its end', -366, -1)) t (n, name, expires, revoked)",
    )
    .await;
    let preview = engine.preview_retention(Kept::ApiTokens, Some(365)).await;
    assert_eq!(preview.unwrap().n, 3);
    assert_eq!(
        job(&engine, "prune_api_tokens").await,
        json!({"api_tokens": 3})
    );
    let left = "SELECT string_agg(name, ', ' ORDER BY id) FROM app.api_tokens";
    let left: String = sqlx::query_scalar(left).fetch_one(&pool).await.unwrap();
    assert_eq!(left, "live, expired, revoked");
}

/// What a preview did not look at may go as well.
#[sqlx::test(migrations = "../migrations")]
async fn a_preview_says_where_it_stopped(pool: PgPool) {
    let engine = engine(&pool);
    run(
        &pool,
        "ALTER TABLE marketing.pipeline_events DISABLE TRIGGER USER;
         INSERT INTO marketing.pipeline_events (event_type, payload, status, created_at, processed_at)
         SELECT 'company_created', '{}', CASE WHEN n % 100 = 0 THEN 'failed' ELSE 'processed' END,
                now() - make_interval(days => 40 - n / 3000), now() - make_interval(days => 40 - n / 3000)
         FROM generate_series(1, 60000) n",
    )
    .await;
    // From the 40th day before to the 20th, 3,000 a day; the 50,000 oldest end 24 days before.
    let old = engine
        .preview_retention(Kept::Events, Some(30))
        .await
        .unwrap();
    assert_eq!((old.n, old.capped), (32_999 - 329, false));
    let older = engine
        .preview_retention(Kept::Events, Some(20))
        .await
        .unwrap();
    assert_eq!((older.n, older.capped), (50_000 - 500, true));
}

/// A step touches the rows of its step, however large the tables are: by key, never by a scan.
#[sqlx::test(migrations = "../migrations")]
async fn every_step_goes_by_index(pool: PgPool) {
    run(
        &pool,
        "ALTER TABLE marketing.pipeline_events DISABLE TRIGGER USER; ALTER TABLE marketing.workflow_stats DISABLE TRIGGER USER;
         ALTER TABLE marketing.pipeline_errors DISABLE TRIGGER USER;
         INSERT INTO marketing.pipeline_events (event_type, payload, status, created_at, processed_at, correlation_id)
         SELECT 'company_created', '{}', CASE WHEN n % 50 = 0 THEN 'failed' ELSE 'processed' END,
                now() - make_interval(secs => 90 - n / 1000), now(), gen_random_uuid() FROM generate_series(1, 60000) n;
         INSERT INTO marketing.workflow_stats (workflow_name, status, event_id) SELECT 'WF_Validate_Company', 'ok', n FROM generate_series(1, 60000) n;
         INSERT INTO marketing.workflow_stats (workflow_name, status, event_id) SELECT 'WF_Validate_Company', 'error', n FROM generate_series(1, 60000) n;
         INSERT INTO marketing.pipeline_errors (event_type, error_message, event_id, group_key) SELECT 'a', 'b', n, 'g' FROM generate_series(1, 60000) n;
         INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by)
         SELECT id, 'attempts', 'x', 'w' FROM marketing.pipeline_events WHERE status = 'failed';
         INSERT INTO marketing.external_calls (idempotency_key, event_id, stage, worker_id, attempt) SELECT n, n, 'enrich', 'w', 1 FROM generate_series(1, 60000) n;
         INSERT INTO marketing.refused_effects (event_id, stage, worker_id) SELECT n, 'enrich', 'w' FROM generate_series(1, 60000) n;
         INSERT INTO marketing.schedule_runs (name, due_at, runner) SELECT 'prune_runs', now() - make_interval(mins => n), 'x' FROM generate_series(1, 60000) n;
         INSERT INTO marketing.pipeline_actions (title, requested_by, total, finished_at) SELECT 'x', 'x', 1, now() FROM generate_series(1, 60);
         INSERT INTO marketing.pipeline_action_items (action_id, event_id, before) SELECT n % 60 + 1, n, '{}' FROM generate_series(1, 60000) n;
         ANALYZE",
    )
    .await;
    for (name, statement) in [
        ("events", include_str!("../sql/retention/events.sql")),
        (
            "dead_letters",
            include_str!("../sql/retention/dead_letters.sql"),
        ),
        ("errors", include_str!("../sql/retention/errors.sql")),
        ("runs", include_str!("../sql/retention/runs.sql")),
        (
            "schedule_runs",
            include_str!("../sql/retention/schedule_runs.sql"),
        ),
        (
            "action_items",
            include_str!("../sql/retention/action_items.sql"),
        ),
    ] {
        for mode in ["force_custom_plan", "force_generic_plan"] {
            let mut transaction = pool.begin().await.unwrap();
            let prepare = format!(
                "SET LOCAL plan_cache_mode = {mode}; PREPARE step (BIGINT, BIGINT, TIMESTAMPTZ) AS {statement}"
            );
            sqlx::raw_sql(AssertSqlSafe(prepare))
                .execute(&mut *transaction)
                .await
                .unwrap();
            let plan: Vec<String> = sqlx::query_scalar(
                "EXPLAIN EXECUTE step(20000, 1000, now() - INTERVAL '60 seconds')",
            )
            .persistent(false)
            .fetch_all(&mut *transaction)
            .await
            .unwrap();
            let plan = plan.join("\n");
            // Dead letters and actions are few, and may be read as a whole.
            let scanned = plan
                .replace("Seq Scan on dead_letters", "")
                .replace("Seq Scan on pipeline_actions", "");
            assert!(!scanned.contains("Seq Scan"), "{name}, {mode}:\n{plan}");
            sqlx::raw_sql("DEALLOCATE step")
                .execute(&mut *transaction)
                .await
                .unwrap();
            transaction.rollback().await.unwrap();
        }
    }
}

/// Events that somebody holds are left for the next night, and nobody waits for the one who deletes.
#[sqlx::test(migrations = "../migrations")]
async fn deleting_waits_for_nobody(pool: PgPool) {
    let engine = engine(&pool);
    run(
        &pool,
        "INSERT INTO marketing.pipeline_events (event_type, payload, status, created_at, processed_at)
         SELECT 'company_updated', '{}', 'processed', now() - INTERVAL '40 days', now() - INTERVAL '40 days' FROM generate_series(1, 12000)",
    )
    .await;
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("SELECT FROM marketing.pipeline_events WHERE id = 7 FOR UPDATE")
        .execute(&mut *holder)
        .await
        .unwrap();
    // Three steps of five thousand.
    assert_eq!(job(&engine, "prune_events").await["events"], 11_999);
    holder.rollback().await.unwrap();
    assert_eq!(job(&engine, "prune_events").await["events"], 1);
}
