//! What a time came to.

use domain::{
    model::{overview::MetricChange, trends::TimeRange},
    phase::Phase,
};
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
    let noted = "SELECT count(*) FROM marketing.intelligence_samples";
    wait_for(&pool, noted, 1).await;
    upkeep.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn the_metrics_of_intelligence_are_compared_with_the_day_before(pool: PgPool) {
    let engine = engine(&pool);
    let run = async |sql: &'static str| {
        sqlx::raw_sql(sql).execute(&pool).await.unwrap();
    };
    let card = async || {
        let cards = engine.phase_cards().await.unwrap();
        let card = cards
            .into_iter()
            .find(|card| card.phase == Phase::Intelligence);
        let metrics = card.unwrap().metrics.into_iter();
        metrics
            .map(|metric| (metric.value, metric.change))
            .collect::<Vec<_>>()
    };
    let none = card().await;
    assert!(
        none.iter()
            .all(|(value, change)| value.is_none() && change.is_none())
    );
    run("INSERT INTO marketing.ple_results (company_id, ple_score) VALUES ('a', 0.8), ('b', 0.4);
         INSERT INTO marketing.bit_signals (company_id, bit_intent_score, signal_timestamp, created_at)
         SELECT 'a', 0.1, now(), now() - make_interval(hours => h) FROM unnest(ARRAY[1, 2, 3, 30, 31, 60]) h")
        .await;
    let [targets, average, signals] = &card().await[..] else {
        panic!("three metrics");
    };
    assert_eq!(targets.0.as_deref(), Some("1"));
    assert_eq!(average.0.as_deref(), Some("0.60"));
    for unknown in [targets, average] {
        assert!(
            matches!(unknown.1, Some(MetricChange::Unknown(_))),
            "{unknown:?}"
        );
    }
    assert_eq!(signals.1, Some(MetricChange::Count { now: 3, before: 2 }));

    // The first sample of an hour counts. Whatever the clock says meanwhile, it is that of a day ago.
    run("SELECT marketing.sample_intelligence();
         INSERT INTO marketing.ple_results (company_id, ple_score) VALUES ('b', 0.9);
         SELECT marketing.sample_intelligence();
         DELETE FROM marketing.intelligence_samples WHERE targets = 2;
         UPDATE marketing.intelligence_samples SET bucket = date_trunc('hour', now() - INTERVAL '24 hours', 'UTC')")
        .await;
    let [targets, average, _] = &card().await[..] else {
        panic!("three metrics");
    };
    assert_eq!(targets.1, Some(MetricChange::Count { now: 2, before: 1 }));
    let Some(MetricChange::Average { now, before }) = average.1 else {
        panic!("{average:?}");
    };
    assert!(
        (now - 0.85).abs() < 1e-9 && (before - 0.6).abs() < 1e-9,
        "{now}, {before}"
    );
    // A sample of another hour is of another day.
    run("UPDATE marketing.intelligence_samples SET bucket = bucket - INTERVAL '3 hours'").await;
    assert!(matches!(card().await[0].1, Some(MetricChange::Unknown(_))));
}
