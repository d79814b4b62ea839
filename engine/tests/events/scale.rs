//! What is read stays small however many events there are: counted in rows, because times depend on the machine.

use std::{future::Future, time::Instant};

use domain::{event::EventStatus, lineage::LineageKey, model::event::EventFilter};
use engine::Engine;
use sqlx::{PgPool, postgres::PgPoolOptions};

use super::{crowd, support::config};

#[sqlx::test(migrations = "../migrations")]
async fn of_many_events_few_are_read(pool: PgPool) {
    check(pool, 6_000).await;
}

/// A million events; takes a minute or two: `cargo test -p engine --test engine -- --ignored --nocapture million`.
#[ignore = "makes a million events"]
#[sqlx::test(migrations = "../migrations")]
async fn of_a_million_events_few_are_read(pool: PgPool) {
    check(pool, 90_000).await;
}

async fn check(pool: PgPool, companies: i32) {
    crowd::make(&pool, companies).await;
    // One connection, so that its counts of what it read can be asked for.
    let single = PgPoolOptions::new()
        .max_connections(1)
        .connect_with((*pool.connect_options()).clone())
        .await
        .unwrap();
    let engine = Engine::with_pool(single.clone(), config(""));
    let middle = i64::from(companies / 2);
    let barton = format!("04.04.01.84.{middle:05}.001");
    let event: i64 = sqlx::query_scalar(
        "SELECT id FROM marketing.pipeline_events WHERE payload ->> 'record_id' = $1 AND event_type = 'company_validated'",
    )
    .bind(middle.to_string())
    .fetch_one(&pool)
    .await
    .unwrap();
    for key in [
        format!("intake:{middle}"),
        barton.clone(),
        barton.replace("04.04.01", "04.04.05"),
        barton.replace("04.04.01", "04.04.02"),
        format!("contact:{middle}"),
        format!("verification:{middle}"),
        format!("event:{event}"),
    ] {
        let key: LineageKey = key.parse().unwrap();
        let read = reading(&single, &format!("lineage {key}"), async {
            let lineage = engine.lineage(&key).await.unwrap();
            assert_eq!(lineage.nodes.len(), 1 + 1 + 1 + 3 + 3 + 3 + 3 + 12, "{key}");
        })
        .await;
        assert_eq!((read.scans, read.rows < 500), (0, true), "{key}: {read:?}");
    }
    let read = reading(&single, "event detail", async {
        assert_eq!(engine.event_detail(event).await.unwrap().made.len(), 1);
    })
    .await;
    assert_eq!((read.scans, read.rows < 500), (0, true), "{read:?}");
    for (name, filter) in indexed(middle) {
        let read = reading(&single, name, async {
            let page = engine.events(&filter).await.unwrap();
            assert!(!page.rows.is_empty(), "{name}");
        })
        .await;
        // A count ends with the 10,000th that matches, a page with a few of each type.
        assert!(read.rows < 60_000, "{name}: {read:?}");
    }
    // What no index leads to sees every event, and ends, with a page or with advice.
    for (name, filter) in [
        (
            "text that is rare",
            EventFilter {
                search: Some(format!("company {middle}")),
                ..any()
            },
        ),
        (
            "a path that is rare",
            EventFilter {
                payload: vec![format!("id = {middle}").parse().unwrap()],
                ..any()
            },
        ),
        (
            "a worker",
            EventFilter {
                worker: Some("worker-7".into()),
                ..any()
            },
        ),
        (
            "no worker",
            EventFilter {
                worker: Some("worker-x".into()),
                ..any()
            },
        ),
    ] {
        let begun = Instant::now();
        let page = engine.events(&filter).await;
        println!(
            "{name:<34} {:>8.1} ms  {}",
            begun.elapsed().as_secs_f64() * 1e3,
            page.as_ref()
                .map_or_else(ToString::to_string, |page| format!("{:?}", page.count))
        );
    }
}

fn any() -> EventFilter {
    EventFilter::default()
}

fn indexed(middle: i64) -> Vec<(&'static str, EventFilter)> {
    let at = |name: &str, value: String| vec![format!("{name} = {value}").parse().unwrap()];
    vec![
        ("no filter", any()),
        (
            "text that is frequent",
            EventFilter {
                search: Some("company".into()),
                ..any()
            },
        ),
        (
            "frequent text, a type",
            EventFilter {
                event_type: Some("slots_created".into()),
                search: Some("company".into()),
                ..any()
            },
        ),
        (
            "a type",
            EventFilter {
                event_type: Some("slots_created".into()),
                ..any()
            },
        ),
        (
            "failed",
            EventFilter {
                status: Some(EventStatus::Failed),
                ..any()
            },
        ),
        (
            "processed",
            EventFilter {
                status: Some(EventStatus::Processed),
                ..any()
            },
        ),
        (
            "a type, processed",
            EventFilter {
                event_type: Some("email_verified".into()),
                status: Some(EventStatus::Processed),
                ..any()
            },
        ),
        (
            "a batch",
            EventFilter {
                batch: Some(format!("batch-{}", middle / 1000)),
                ..any()
            },
        ),
        (
            "a batch, a type",
            EventFilter {
                batch: Some(format!("batch-{}", middle / 1000)),
                event_type: Some("slots_created".into()),
                ..any()
            },
        ),
        (
            "a record",
            EventFilter {
                record_id: Some(middle.to_string()),
                ..any()
            },
        ),
        (
            "payload.company_name",
            EventFilter {
                payload: at("payload.company_name", format!("Company {middle}")),
                ..any()
            },
        ),
        (
            "payload.company",
            EventFilter {
                payload: at("company", format!("Company {middle}")),
                ..any()
            },
        ),
        (
            "newer than 20m",
            EventFilter {
                newer_than: Some("20m".parse().unwrap()),
                ..any()
            },
        ),
        (
            "older than 3m",
            EventFilter {
                older_than: Some("3m".parse().unwrap()),
                ..any()
            },
        ),
        (
            "tried twice",
            EventFilter {
                attempts: Some(2),
                ..any()
            },
        ),
        (
            "dead letters",
            EventFilter {
                dead_letter: Some(true),
                ..any()
            },
        ),
        (
            "no dead letters",
            EventFilter {
                dead_letter: Some(false),
                ..any()
            },
        ),
    ]
}

#[derive(Debug)]
struct Reading {
    /// Sequential scans of events and runs.
    scans: i64,
    /// Their rows that were read, by whatever plan.
    rows: i64,
}

/// What the connection reads of events and runs meanwhile.
async fn reading(single: &PgPool, name: &str, work: impl Future<Output = ()>) -> Reading {
    let before = counters(single).await;
    let begun = Instant::now();
    work.await;
    let took = begun.elapsed();
    let after = counters(single).await;
    let read = Reading {
        scans: after.0 - before.0,
        rows: after.1 - before.1,
    };
    println!("{name:<34} {:>8.1} ms  {read:?}", took.as_secs_f64() * 1e3);
    read
}

async fn counters(single: &PgPool) -> (i64, i64) {
    // Counts reach the shared memory when a transaction ends, but at most once a second unless told so.
    for sql in [
        "SELECT pg_stat_force_next_flush()",
        "SELECT pg_stat_clear_snapshot()",
    ] {
        sqlx::query(sql).execute(single).await.unwrap();
    }
    sqlx::query_as(
        "SELECT sum(seq_scan)::BIGINT, sum(seq_tup_read + idx_tup_fetch)::BIGINT FROM pg_stat_user_tables
         WHERE relid IN ('marketing.pipeline_events'::REGCLASS, 'marketing.workflow_stats'::REGCLASS)",
    )
    .fetch_one(single)
    .await
    .unwrap()
}
