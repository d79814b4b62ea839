//! Pages go by time and id, and a count says when it stopped.

use std::collections::BTreeSet;

use domain::model::event::EventFilter;
use sqlx::PgPool;

use super::{run, support::engine};

/// 10,020 events of three types in 167 transactions' times, ids in another order than times.
const EVENTS: &str = "INSERT INTO marketing.pipeline_events (id, event_type, payload, status, batch_id, created_at)
    SELECT 20000 - n, 't' || n % 3, jsonb_build_object('record_id', n), CASE WHEN n % 2 = 0 THEN 'processed' ELSE 'failed' END,
           'b' || n % 2, TIMESTAMPTZ '2026-11-01 00:00:00.000001Z' + n / 60 * INTERVAL '1 second'
    FROM generate_series(0, 10019) n";

#[sqlx::test(migrations = "../migrations")]
async fn pages_leave_nothing_out_and_repeat_nothing(pool: PgPool) {
    run(&pool, EVENTS).await;
    let engine = engine(&pool);
    let narrower = EventFilter {
        batch: Some("b1".into()),
        event_type: Some("t1".into()),
        ..EventFilter::default()
    };
    let failed = EventFilter {
        status: domain::event::EventStatus::parse("failed"),
        ..EventFilter::default()
    };
    for (mut filter, all, counted) in [
        (EventFilter::default(), 10_020, (10_000, true)),
        (failed, 5_010, (5_010, false)),
        (narrower, 1_670, (1_670, false)),
    ] {
        let mut seen = BTreeSet::new();
        let mut last = None;
        loop {
            let page = engine.events(&filter).await.unwrap();
            assert_eq!((page.count.n, page.count.capped), counted);
            for row in &page.rows {
                let place = (row.created_at, row.id);
                assert!(
                    last.is_none_or(|last| place < last),
                    "{place:?} after {last:?}"
                );
                last = Some(place);
                assert!(seen.insert(row.id));
            }
            filter.cursor = page.next;
            if filter.cursor.is_none() {
                break;
            }
            assert_eq!(page.rows.len(), 50);
        }
        assert_eq!(seen.len(), all);
    }
    let mistyped = EventFilter {
        cursor: Some("99".into()),
        ..EventFilter::default()
    };
    assert!(engine.events(&mistyped).await.is_err());
}

/// What a paused batch puts aside has no next attempt; PostgreSQL's infinity is no time that a page could show.
#[sqlx::test(migrations = "../migrations")]
async fn what_is_put_aside_without_an_end_is_listed(pool: PgPool) {
    run(
        &pool,
        "INSERT INTO marketing.pipeline_events (event_type, payload, next_attempt_at) VALUES ('x', '{}', 'infinity'), ('x', '{}', '-infinity')",
    )
    .await;
    let engine = engine(&pool);
    let page = engine.events(&EventFilter::default()).await.unwrap();
    assert_eq!(page.rows.len(), 2);
    assert!(page.rows.iter().all(|row| row.next_attempt_at.is_none()));
    assert!(engine.event_detail(page.rows[0].id).await.is_ok());
}
