//! What a time came to.

use domain::model::trends::TimeRange;
use sqlx::PgPool;

use crate::support::{engine, insert, wait_for};

#[sqlx::test(migrations = "../migrations")]
async fn the_depth_of_the_queue_is_sampled_and_told_by_the_bucket(pool: PgPool) {
    let engine = engine(&pool);
    let sample = async || {
        sqlx::query("SELECT marketing.sample_queue_depth()")
            .execute(&pool)
            .await
            .unwrap();
    };
    sample().await;
    insert(&pool, 30).await;
    sample().await;
    // Whatever the clock says meanwhile, these two are of one hour, and this one of another.
    sqlx::query(
        "WITH gone AS (DELETE FROM marketing.queue_depth RETURNING most, total, samples)
         INSERT INTO marketing.queue_depth (bucket, most, total, samples)
         SELECT date_trunc('hour', now(), 'UTC') - INTERVAL '1 hour', max(most), sum(total), sum(samples) FROM gone
         UNION ALL SELECT date_trunc('hour', now(), 'UTC') - INTERVAL '3 hours', 9, 12, 3",
    )
    .execute(&pool)
    .await
    .unwrap();
    let trends = engine
        .trends(TimeRange::Last("24h".parse().unwrap()))
        .await
        .unwrap();
    let told: Vec<_> = trends
        .depths
        .iter()
        .rev()
        .map(|depth| (depth.most, depth.average))
        .take(5)
        .collect();
    assert_eq!(
        told,
        [
            (None, None),
            (Some(30), Some(15.0)),
            (None, None),
            (Some(9), Some(4.0)),
            (None, None)
        ]
    );
    assert_eq!(trends.depths.len(), trends.runs.len());
    assert!(trends.charts.depths.contains("<svg"));
    let week = engine
        .trends(TimeRange::Last("7d".parse().unwrap()))
        .await
        .unwrap();
    assert_eq!(
        week.depths.iter().filter_map(|depth| depth.most).max(),
        Some(30)
    );
}

/// Nobody has to call it: the upkeep of every process does.
#[sqlx::test(migrations = "../migrations")]
async fn a_process_samples_by_itself(pool: PgPool) {
    let engine = engine(&pool);
    let upkeep = engine::queue::Upkeep::start(&engine);
    wait_for(&pool, "SELECT count(*) FROM marketing.queue_depth", 1).await;
    upkeep.stop().await;
}
