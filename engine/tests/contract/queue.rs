//! Events that people make or take by hand, and how workers find theirs.

use std::time::Duration;

use sqlx::PgPool;

use super::{
    run,
    support::{count, drain, engine, wait_for, worker},
};

#[sqlx::test(migrations = "../migrations")]
async fn line_28_a_manual_event_is_picked_up_without_a_notification(pool: PgPool) {
    run(
        &pool,
        "INSERT INTO company_raw_intake (company, website) VALUES ('Manual', 'https://m.example')",
    )
    .await;
    run(&pool, "DELETE FROM pipeline_events").await;
    let engine = engine(&pool);
    let worker = worker(&engine).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    run(&pool, r#"INSERT INTO marketing.pipeline_events (event_type, payload, status) VALUES
        ('company_created', '{"record_id": 999, "company_name": "Manual", "website": "https://m.example", "trigger_time": "2025-01-01T00:00:00Z"}'::jsonb, 'pending'),
        ('company_created', '{"record_id": 1, "company_name": "Manual", "website": "https://m.example", "trigger_time": "2025-01-01T00:00:00Z"}'::jsonb, 'pending')"#).await;
    wait_for(
        &pool,
        "SELECT count(*) FROM company_raw_intake WHERE validated",
        1,
    )
    .await;
    drain(&pool).await;
    worker.stop().await;
    // Record 999 does not exist: a clean failure that names its event.
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM pipeline_errors x JOIN pipeline_events e ON e.id = x.event_id AND e.status = 'failed' WHERE x.record_id = '999'"
        )
        .await,
        1
    );
}

/// Nobody takes what n8n has in hand; when n8n forgets it, it comes back.
#[sqlx::test(migrations = "../migrations")]
async fn an_event_taken_by_hand_is_left_for_half_an_hour_and_not_lost(pool: PgPool) {
    run(
        &pool,
        "INSERT INTO company_raw_intake (company, website) VALUES ('A', 'https://a.example')",
    )
    .await;
    run(
        &pool,
        "UPDATE pipeline_events SET status = 'processing', created_at = now() - INTERVAL '1 day'",
    )
    .await;
    let engine = engine(&pool);
    let worker = worker(&engine).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let reclaim = "SELECT marketing.reclaim_unleased_events()";
    assert_eq!(
        count(&pool, reclaim).await,
        0,
        "its age says nothing about when it was taken"
    );
    run(
        &pool,
        "UPDATE pipeline_events SET locked_at = now() - INTERVAL '29 minutes'",
    )
    .await;
    assert_eq!(count(&pool, reclaim).await, 0);
    assert_eq!(
        count(
            &pool,
            "SELECT count(*) FROM pipeline_events WHERE status = 'processing'"
        )
        .await,
        1
    );
    run(
        &pool,
        "UPDATE pipeline_events SET locked_at = now() - INTERVAL '31 minutes'",
    )
    .await;
    assert_eq!(count(&pool, reclaim).await, 1);
    assert_eq!(count(&pool, reclaim).await, 0);
    wait_for(&pool, "SELECT count(*) FROM company_master", 1).await;
    drain(&pool).await;
    worker.stop().await;
    // What a worker leased is the heartbeat's business.
    run(&pool, "UPDATE pipeline_events SET status = 'processing', locked_by = 'w', locked_at = now() - INTERVAL '1 day' WHERE id = 1").await;
    assert_eq!(count(&pool, reclaim).await, 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn claims_read_a_partial_index_with_much_and_with_little_waiting(pool: PgPool) {
    run(&pool, "INSERT INTO company_raw_intake (company, website) SELECT 'C' || n, 'https://c' || n || '.example' FROM generate_series(1, 20000) n").await;
    run(&pool, "ANALYZE marketing.pipeline_events").await;
    let plan = explain_claim(&pool).await;
    assert!(plan.contains("pipeline_events_claim"), "{plan}");
    run(
        &pool,
        "UPDATE pipeline_events SET status = 'processed', processed_at = now() WHERE id > 100",
    )
    .await;
    run(&pool, "ANALYZE marketing.pipeline_events").await;
    let plan = explain_claim(&pool).await;
    assert!(!plan.contains("Seq Scan"), "{plan}");
}

async fn explain_claim(pool: &PgPool) -> String {
    let plan: Vec<String> = sqlx::query_scalar(
        "EXPLAIN SELECT id FROM marketing.pipeline_events WHERE status = 'pending' AND event_type = 'company_created'
         AND next_attempt_at <= now() ORDER BY next_attempt_at, id LIMIT 512 FOR UPDATE SKIP LOCKED",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    plan.join("\n")
}
