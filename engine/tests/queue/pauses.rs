//! Pauses and settings, obeyed by workers that run.

use std::time::Duration;

use engine::queue::{UnknownOutcome, Worker};
use sqlx::PgPool;

use super::{
    stages::{Local, Remote, prepare},
    support::{count, drain, engine, insert, wait_for, worker},
};

const SETTLE: Duration = Duration::from_millis(1500);

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_paused_stage_rests_and_goes_on(pool: PgPool) {
    let engine = engine(&pool);
    run(&pool, "UPDATE marketing.stage_settings SET paused = TRUE, paused_at = now(), pause_reason = 'quota' WHERE stage = 'promote'").await;
    let worker = worker(&engine).await;
    insert(&pool, 30).await;
    wait_for(
        &pool,
        "SELECT count(*) FROM intake.company_raw_intake WHERE validated",
        30,
    )
    .await;
    tokio::time::sleep(SETTLE).await;
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.company_master").await,
        0
    );
    run(&pool, "UPDATE marketing.stage_settings SET paused = FALSE, paused_at = NULL WHERE stage = 'promote'").await;
    wait_for(&pool, "SELECT count(*) FROM marketing.company_master", 30).await;
    // And while it runs.
    run(&pool, "UPDATE marketing.stage_settings SET paused = TRUE, paused_at = now() WHERE stage = 'validate'").await;
    tokio::time::sleep(SETTLE).await;
    insert(&pool, 5).await;
    tokio::time::sleep(SETTLE).await;
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM intake.company_raw_intake WHERE validated IS NULL"
        )
        .await,
        5
    );
    worker.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_paused_batch_lets_the_others_pass(pool: PgPool) {
    let engine = engine(&pool);
    run(&pool, "INSERT INTO marketing.batch_pauses (batch_id, reason, paused_by) VALUES ('b1', 'wrong file', 'olga')").await;
    insert(&pool, 600).await;
    run(&pool, "INSERT INTO intake.company_raw_intake (company, website, import_batch_id) VALUES ('Other', 'https://other.example', 'b2')").await;
    let worker = worker(&engine).await;
    wait_for(&pool, "SELECT count(*) FROM marketing.company_slots", 3).await;
    wait_for(
        &pool,
        "SELECT count(*) FROM marketing.pipeline_events WHERE batch_id = 'b1' AND status = 'pending' AND next_attempt_at = 'infinity'",
        600,
    )
    .await;
    run(
        &pool,
        "BEGIN; DELETE FROM marketing.batch_pauses WHERE batch_id = 'b1';
         UPDATE marketing.pipeline_events SET next_attempt_at = now()
         WHERE batch_id = 'b1' AND status = 'pending' AND next_attempt_at = 'infinity'; COMMIT",
    )
    .await;
    drain(&pool).await;
    worker.stop().await;
    assert_eq!(
        count(&pool, "SELECT count(*) FROM marketing.company_master").await,
        601
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn settings_change_what_a_running_worker_does(pool: PgPool) {
    prepare(&pool, 0).await;
    run(
        &pool,
        "INSERT INTO marketing.stage_settings (stage, batch_size, min_delay_ms) VALUES ('probe', 3, 300)",
    )
    .await;
    let engine = engine(&pool);
    let start = async || {
        Worker::start_with(&engine, |lanes| lanes.local(Local::default()))
            .await
            .unwrap()
    };
    let (first, second) = (start().await, start().await);
    run(
        &pool,
        "INSERT INTO marketing.pipeline_events (event_type, payload)
         SELECT 'company_created', jsonb_build_object('record_id', n) FROM generate_series(1, 12) n",
    )
    .await;
    drain(&pool).await;
    // The runs of one batch carry the moment at which its transaction began.
    let batches: Vec<(i64, f64)> = sqlx::query_as(
        "SELECT count(*), coalesce(extract(epoch FROM created_at - lag(created_at) OVER (ORDER BY created_at)), 1)::DOUBLE PRECISION
         FROM marketing.workflow_stats GROUP BY created_at ORDER BY created_at",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(batches.len(), 4);
    // A transaction may begin up to a little earlier than it passes the gate.
    assert!(
        batches.iter().all(|(n, gap)| *n == 3 && *gap > 0.2),
        "{batches:?}"
    );

    run(&pool, "UPDATE marketing.stage_settings SET batch_size = NULL, min_delay_ms = NULL, attempts = 1 WHERE stage = 'probe'").await;
    tokio::time::sleep(SETTLE).await;
    run(
        &pool,
        "ALTER TABLE effects ADD CHECK (event_id < 0) NOT VALID;
         INSERT INTO marketing.pipeline_events (event_type, payload) VALUES ('company_created', '{\"record_id\": 13}')",
    )
    .await;
    wait_for(&pool, "SELECT count(*) FROM marketing.dead_letters", 1).await;
    assert_eq!(
        count(
            &pool,
            "SELECT max(retry_count)::BIGINT FROM marketing.pipeline_events"
        )
        .await,
        1
    );
    first.stop().await;
    second.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn settings_change_how_a_running_worker_calls(pool: PgPool) {
    prepare(&pool, 0).await;
    run(
        &pool,
        "INSERT INTO marketing.stage_settings (stage, batch_size, concurrency) VALUES ('probe', 4, 1)",
    )
    .await;
    let engine = engine(&pool);
    let stage = Remote::new(UnknownOutcome::Repeat, 0);
    let worker = Worker::start_with(&engine, |lanes| lanes.remote(stage.clone()))
        .await
        .unwrap();
    let events = async |n: i32| {
        sqlx::query(
            "INSERT INTO marketing.pipeline_events (event_type, payload)
             SELECT 'company_created', jsonb_build_object('record_id', n) FROM generate_series(1, $1) n",
        )
        .bind(n)
        .execute(&pool)
        .await
        .unwrap();
        tokio::time::sleep(SETTLE).await;
    };
    events(8).await;
    assert_eq!(stage.calls().len(), 1, "one at a time");
    stage.permits.add_permits(8);
    drain(&pool).await;

    run(
        &pool,
        "UPDATE marketing.stage_settings SET concurrency = 4 WHERE stage = 'probe'",
    )
    .await;
    tokio::time::sleep(SETTLE).await;
    events(8).await;
    // The second lane wakes with a heartbeat.
    for _ in 0..100 {
        if stage.calls().len() >= 8 + 4 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(stage.calls().len(), 8 + 4, "four at a time, in two lanes");
    stage.permits.add_permits(8);
    drain(&pool).await;

    run(
        &pool,
        "UPDATE marketing.stage_settings SET time_out_ms = 200, attempts = 2, backoff_base_ms = 10, backoff_cap_ms = 10 WHERE stage = 'probe'",
    )
    .await;
    tokio::time::sleep(SETTLE).await;
    events(1).await;
    drain(&pool).await;
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM marketing.workflow_stats WHERE status = 'timeout'"
        )
        .await,
        2,
        "two attempts, each cut off, the second one soon"
    );
    worker.stop().await;
}
