//! Each filter finds what it should and nothing else, in the list and in the count.

use chrono::{TimeDelta, Utc};
use domain::{event::EventStatus, model::event::EventFilter};
use engine::EngineError;
use sqlx::PgPool;

use super::{ids, run, support::engine};

/// Events made by hand, so that each differs from the others in one thing.
const EVENTS: &str = r#"
    INSERT INTO marketing.pipeline_events
        (id, event_type, payload, status, batch_id, retry_count, attempt, locked_by, error_message, created_at, source_table)
    VALUES
        (1, 'company_created', '{"record_id": 7, "company": "Acme", "company_name": "Acme", "deep": {"list": [{"x": 5}]}}',
            'pending', 'b1', 0, 0, NULL, NULL, now() - INTERVAL '3 days', 'intake.company_raw_intake'),
        (2, 'company_created', '{"record_id": "8", "company": "Bolt 100%", "company_name": "Bolt 100%"}',
            'failed', 'b1', 3, 3, NULL, 'Timed out at Acme''s provider', now() - INTERVAL '2 hours', NULL),
        (3, 'slots_created', '{"record_id": "x", "company_name": "Acme", "odd name": true}',
            'processing', 'b2', 1, 2, 'w1', NULL, now() - INTERVAL '9 minutes', NULL),
        (4, 'slots_created', '{"company": "Acme", "company_name": "Other"}',
            'processed', NULL, 0, 1, NULL, NULL, now() - INTERVAL '1 minute', NULL),
        (5, 'odd', '[]', 'cancelled', NULL, 0, 0, NULL, NULL, now() - INTERVAL '1 minute', NULL);
    INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by) VALUES (2, 'attempts', 'no more', 'queue');
    INSERT INTO marketing.workflow_stats (workflow_name, status, event_id, attempt, worker_id) VALUES
        ('WF_Create_Slots', 'error', 3, 1, 'w2'), ('WF_Create_Slots', 'ok', 4, 1, 'w2');"#;

#[sqlx::test(migrations = "../migrations")]
async fn every_filter_finds_its_events(pool: PgPool) {
    run(&pool, EVENTS).await;
    let engine = engine(&pool);
    let any = EventFilter::default;
    let of = |name: &str| EventFilter {
        payload: vec![name.parse().unwrap()],
        ..any()
    };
    let status = |status| EventFilter {
        status: Some(status),
        ..any()
    };
    let text = |search: &str| EventFilter {
        search: Some(search.into()),
        ..any()
    };
    let worker = |name: &str, status| EventFilter {
        worker: Some(name.into()),
        status,
        ..any()
    };
    let now = Utc::now();
    let between = |from: i64, until: i64| EventFilter {
        from: Some(now + TimeDelta::minutes(from)),
        until: Some(now + TimeDelta::minutes(until)),
        ..any()
    };
    let table: Vec<(EventFilter, &[i64])> = vec![
        (any(), &[5, 4, 3, 2, 1]),
        (
            EventFilter {
                event_type: Some("slots_created".into()),
                ..any()
            },
            &[4, 3],
        ),
        (status(EventStatus::Pending), &[1]),
        (status(EventStatus::Processing), &[3]),
        (status(EventStatus::Processed), &[4]),
        (status(EventStatus::Failed), &[2]),
        (status(EventStatus::Cancelled), &[5]),
        (
            EventFilter {
                batch: Some("b1".into()),
                ..any()
            },
            &[2, 1],
        ),
        (
            EventFilter {
                record_id: Some("7".into()),
                ..any()
            },
            &[1],
        ),
        (
            EventFilter {
                older_than: Some("1h".parse().unwrap()),
                ..any()
            },
            &[2, 1],
        ),
        (
            EventFilter {
                newer_than: Some("10m".parse().unwrap()),
                ..any()
            },
            &[5, 4, 3],
        ),
        (
            EventFilter {
                older_than: Some("5m".parse().unwrap()),
                newer_than: Some("1d".parse().unwrap()),
                ..any()
            },
            &[3, 2],
        ),
        (between(-150, -5), &[3, 2]),
        (between(-6, 1), &[5, 4]),
        (between(0, 1), &[]),
        (
            EventFilter {
                attempts: Some(0),
                ..any()
            },
            &[5, 4, 3, 2, 1],
        ),
        (
            EventFilter {
                attempts: Some(1),
                ..any()
            },
            &[4, 3, 2],
        ),
        (
            EventFilter {
                attempts: Some(2),
                ..any()
            },
            &[3, 2],
        ),
        (
            EventFilter {
                attempts: Some(3),
                ..any()
            },
            &[2],
        ),
        (worker("w1", None), &[3]),
        (worker("w2", None), &[4, 3]),
        (worker("w2", Some(EventStatus::Processing)), &[]),
        (worker("w2", Some(EventStatus::Processed)), &[4]),
        (worker("nobody", None), &[]),
        (text("acme"), &[3, 2, 1]),
        (text("100%"), &[2]),
        (text("8"), &[2]),
        (text("%"), &[2]),
        (of("payload.company_name = Acme"), &[3, 1]),
        (of("payload.company_name = Other"), &[4]),
        (of("payload.company = Acme"), &[4, 1]),
        (of("record_id = 7"), &[1]),
        (of("deep.list.0.x = 5"), &[1]),
        (of("\"odd name\" = true"), &[3]),
        (of("deep = 5"), &[]),
        (
            EventFilter {
                dead_letter: Some(true),
                ..any()
            },
            &[2],
        ),
        (
            EventFilter {
                dead_letter: Some(false),
                ..any()
            },
            &[5, 4, 3, 1],
        ),
        (
            EventFilter {
                event_type: Some("company_created".into()),
                batch: Some("b1".into()),
                search: Some("acme".into()),
                payload: vec![
                    "company = Acme".parse().unwrap(),
                    "deep.list.0.x = 5".parse().unwrap(),
                ],
                ..any()
            },
            &[1],
        ),
    ];
    for (filter, expected) in table {
        assert_eq!(ids(&engine, &filter).await, expected, "{filter:?}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn what_people_type_is_never_sql(pool: PgPool) {
    run(&pool, EVENTS).await;
    let engine = engine(&pool);
    let evil = "x' OR '1'='1'; --";
    for filter in [
        EventFilter {
            event_type: Some(evil.into()),
            ..EventFilter::default()
        },
        EventFilter {
            batch: Some(evil.into()),
            ..EventFilter::default()
        },
        EventFilter {
            worker: Some(evil.into()),
            ..EventFilter::default()
        },
        EventFilter {
            search: Some(evil.into()),
            ..EventFilter::default()
        },
        EventFilter {
            payload: vec![format!("\"{evil}\" = {evil}").parse().unwrap()],
            ..EventFilter::default()
        },
    ] {
        assert_eq!(ids(&engine, &filter).await, [] as [i64; 0], "{filter:?}");
    }
}

/// A lock stands for the millions of events that a search would have to see.
#[sqlx::test(migrations = "../migrations")]
async fn a_search_that_takes_too_long_is_stopped_and_says_what_helps(pool: PgPool) {
    run(&pool, EVENTS).await;
    let engine = engine(&pool);
    let mut holder = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE marketing.pipeline_events IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *holder)
        .await
        .unwrap();
    let search = EventFilter {
        search: Some("acme".into()),
        ..EventFilter::default()
    };
    let stopped = engine.events(&search).await.unwrap_err();
    let EngineError::Invalid(text) = &stopped else {
        panic!("{stopped}");
    };
    for word in [
        "stopped after 5 s",
        "batch",
        "newer than 1h",
        "payload.company_name",
    ] {
        assert!(text.contains(word), "{text}");
    }
    holder.rollback().await.unwrap();
    assert_eq!(
        ids(&engine, &search).await,
        [3, 2, 1],
        "the connection is as it was"
    );
}
