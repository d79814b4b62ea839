//! What a claim reads to find its events.

use std::time::Duration;

use sqlx::PgPool;

use super::support::{count, engine, insert, wait_for, worker};

/// A connection at rest reports what it read within ten seconds.
const REPORTED: Duration = Duration::from_secs(11);

async fn run(pool: &PgPool, sql: &'static str) {
    sqlx::raw_sql(sql).execute(pool).await.unwrap();
}

/// Nothing that died since a transaction began may be removed while it is open. A claim that began with the longest due
/// would read all of it: 150 claims of 10 events among 1,500 some 112,000 entries.
#[sqlx::test(migrations = "../migrations")]
async fn a_claim_does_not_walk_past_all_that_was_done(pool: PgPool) {
    let engine = engine(&pool);
    run(
        &pool,
        "UPDATE marketing.stage_settings SET batch_size = 10, concurrency = 1 WHERE stage = 'validate';
         UPDATE marketing.stage_settings SET paused = TRUE, paused_at = now() WHERE stage <> 'validate'",
    )
    .await;
    insert(&pool, 1500).await;
    let mut open = pool.begin().await.unwrap();
    sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT pg_current_xact_id()")
        .execute(&mut *open)
        .await
        .unwrap();
    let worker = worker(&engine).await;
    let validated = "SELECT count(*) FROM intake.company_raw_intake WHERE validated IS NOT NULL";
    wait_for(&pool, validated, 1500).await;
    worker.stop().await;
    tokio::time::sleep(REPORTED).await;
    let read = count(
        &pool,
        "SELECT idx_tup_read FROM pg_stat_user_indexes WHERE indexrelname = 'pipeline_events_claim'",
    )
    .await;
    open.rollback().await.unwrap();
    assert!(
        (1_500..60_000).contains(&read),
        "{read} entries of the index were read for 1,500 events"
    );
}

/// What is due behind the last claim is found all the same.
#[sqlx::test(migrations = "../migrations")]
async fn what_becomes_due_in_the_past_is_found(pool: PgPool) {
    let engine = engine(&pool);
    run(
        &pool,
        "UPDATE marketing.stage_settings SET batch_size = 5, concurrency = 1, min_delay_ms = 20 WHERE stage = 'validate'",
    )
    .await;
    insert(&pool, 400).await;
    let worker = worker(&engine).await;
    let validated = "SELECT count(*) FROM intake.company_raw_intake WHERE validated IS NOT NULL";
    let begun = "SELECT (count(*) > 50)::INT::BIGINT FROM intake.company_raw_intake WHERE validated IS NOT NULL";
    wait_for(&pool, begun, 1).await;
    // As the events of a transaction that took an hour.
    run(
        &pool,
        "WITH late AS (
             INSERT INTO intake.company_raw_intake (company, website, import_batch_id) VALUES ('Late', 'https://late.example', 'late')
             RETURNING id)
         SELECT FROM late;
         UPDATE marketing.pipeline_events SET next_attempt_at = now() - INTERVAL '1 hour' WHERE batch_id = 'late'",
    )
    .await;
    let late = "SELECT count(*) FROM intake.company_raw_intake WHERE import_batch_id = 'late' AND validated IS NOT NULL";
    wait_for(&pool, late, 1).await;
    assert!(
        count(&pool, validated).await < 401,
        "it came before those that were due after it"
    );
    worker.stop().await;
}
