//! P1: a hundred thousand waiting events, each with three statements of work, burnt down.
//!
//! The clock runs from the word to start the worker until the database shows that all work and all acknowledgements are
//! committed. The rows must be those that they should be, or there is no figure.

use std::time::{Duration, Instant};

use serde_json::json;
use sqlx::{Connection, PgConnection, query, query_scalar, raw_sql};

use crate::{
    Bench,
    contestant::{self, Contestant, Entry},
    figure::{Figure, Rounds},
    ours,
};

const OURS: &str = "ours";
const GRAPHILE: &str = "graphile-worker";
const BOSS_EACH: &str = "pg-boss per job";
const BOSS_SET: &str = "pg-boss set-based";
/// Far longer than the slowest arm needs on a slow machine.
const PATIENCE: Duration = Duration::from_secs(900);

pub(crate) async fn run(bench: &Bench) -> Vec<Figure> {
    let jobs = bench.size(100_000, 300);
    let entries: Vec<Entry> = entries()
        .into_iter()
        .filter(|entry| entry.is_possible(bench.full))
        .collect();
    println!("P1: {jobs} events; {}", contestant::versions());
    entries
        .iter()
        .for_each(|entry| println!("    {}", entry.describe()));
    let mut rates = Rounds::default();
    for round in 0..bench.rounds() {
        for entry in &entries {
            let seconds = burn(bench, entry, jobs).await;
            println!("P1 round {}: {} {seconds:.2} s", round + 1, entry.name);
            rates.add(entry.name, jobs as f64 / seconds);
        }
    }
    [
        (GRAPHILE, ">= 20"),
        (BOSS_EACH, ">= 25"),
        (BOSS_SET, ">= 3"),
    ]
    .into_iter()
    .filter(|(rival, _)| entries.iter().any(|entry| entry.name == *rival))
    .map(|(rival, aim)| Figure {
        arm: "P1",
        what: format!("{jobs} events of three statements, ours / {rival}"),
        aim,
        reached: rates.ratio(OURS, rival).to_string(),
        from: format!("{} / {} events a second", rates.of(OURS), rates.of(rival)),
    })
    .collect()
}

/// The settings are those with which each was fastest of a few that its documentation suggests. `pipeline`, an option of
/// Node's driver, sends a transaction's statements at once; it spares a rival that works job by job four round trips.
fn entries() -> Vec<Entry> {
    vec![
        ours(),
        Entry {
            name: GRAPHILE,
            script: Some("graphile.mjs"),
            settings: json!({
                "pipeline": true,
                "worker": {
                    "concurrentJobs": 24, "maxPoolSize": 25, "localQueue": { "size": 500 },
                    "completeJobBatchDelay": 0, "failJobBatchDelay": 0,
                },
            }),
        },
        Entry {
            name: BOSS_EACH,
            script: Some("pgboss.mjs"),
            settings: json!({
                "handler": "each", "pipeline": true, "connections": 24, "bossConnections": 10,
                "queue": { "partition": true },
                "work": {
                    "batchSize": 500, "perJobResults": true, "burstWhenBatchFull": true,
                    "localConcurrency": 2, "pollingIntervalSeconds": 0.5,
                },
            }),
        },
        Entry {
            name: BOSS_SET,
            script: Some("pgboss.mjs"),
            settings: json!({
                "handler": "set", "pipeline": false, "connections": 4, "bossConnections": 10,
                "queue": { "partition": true },
                "work": {
                    "batchSize": 1000, "burstWhenBatchFull": true,
                    "localConcurrency": 4, "pollingIntervalSeconds": 0.5,
                },
            }),
        },
    ]
}

/// With the engine's own settings.
fn ours() -> Entry {
    Entry {
        name: OURS,
        script: None,
        settings: json!({ "pool_size": 10 }),
    }
}

/// P2 for one stage: ours beside one statement that does the whole job.
pub(crate) async fn limit(bench: &Bench) -> Figure {
    const STATEMENT: &str = "one statement";
    let jobs = bench.size(100_000, 300);
    let mut rates = Rounds::default();
    for round in 0..bench.rounds() {
        let seconds = [
            burn(bench, &ours(), jobs).await,
            burn_at_once(bench, jobs).await,
        ];
        for (name, seconds) in [OURS, STATEMENT].into_iter().zip(seconds) {
            println!("P2 round {}: {name} {seconds:.2} s", round + 1);
            rates.add(name, jobs as f64 / seconds);
        }
    }
    Figure {
        arm: "P2",
        what: format!("{jobs} events of one stage, of one statement that does the whole job"),
        aim: ">= 0.5",
        reached: rates.ratio(OURS, STATEMENT).to_string(),
        from: format!(
            "{} / {} events a second",
            rates.of(OURS),
            rates.of(STATEMENT)
        ),
    }
}

async fn burn_at_once(bench: &Bench, jobs: usize) -> f64 {
    let url = bench.database("burn").await;
    let mut database = PgConnection::connect(&url).await.unwrap();
    create_tables(&mut database, jobs).await;
    ours::insert_events(&mut database, jobs as i64).await;
    for statement in ["VACUUM (ANALYZE)", "CHECKPOINT"] {
        raw_sql(statement).execute(&mut database).await.unwrap();
    }
    let started = Instant::now();
    raw_sql(
        "WITH waiting AS MATERIALIZED (
             SELECT id, (payload ->> 'record_id')::BIGINT AS n, correlation_id FROM marketing.pipeline_events
             WHERE status = 'pending' AND event_type = 'bench_work'
         ), touched AS (
             UPDATE bench.companies c SET state = 'worked', touched = touched + 1 FROM waiting w WHERE c.id = w.n
         ), contacts AS (
             INSERT INTO bench.contacts (company_id, email) SELECT n, 'office@' || n || '.example' FROM waiting
         ), audited AS (
             INSERT INTO bench.audit (company_id, action) SELECT n, 'worked' FROM waiting
         ), runs AS (
             INSERT INTO marketing.workflow_stats
                 (workflow_name, status, duration_seconds, triggered_by, record_id, phase, event_id, correlation_id, attempt)
             SELECT 'WF_Bench', 'ok', 0, 'neon_event', n::TEXT, 'enrichment', id, correlation_id, 1 FROM waiting
         )
         UPDATE marketing.pipeline_events e SET status = 'processed', processed_at = clock_timestamp()
         FROM waiting w WHERE e.id = w.id",
    )
    .execute(&mut database)
    .await
    .unwrap();
    let seconds = started.elapsed().as_secs_f64();
    check_rows(&mut database, &ours(), jobs).await;
    seconds
}

/// The seconds that it took.
async fn burn(bench: &Bench, entry: &Entry, jobs: usize) -> f64 {
    let url = bench.database("burn").await;
    let mut database = PgConnection::connect(&url).await.unwrap();
    create_tables(&mut database, jobs).await;
    let mut contestant = Contestant::start(entry, &url, jobs).await;
    // What was just loaded is settled, so that no arm pays for another's loading.
    for statement in ["VACUUM (ANALYZE)", "CHECKPOINT"] {
        raw_sql(statement).execute(&mut database).await.unwrap();
    }
    let started = Instant::now();
    contestant.go().await;
    wait_for_end(&mut database, entry, jobs, started).await;
    let seconds = started.elapsed().as_secs_f64();
    contestant.going().await;
    contestant.stop().await;
    check_rows(&mut database, entry, jobs).await;
    seconds
}

async fn create_tables(database: &mut PgConnection, jobs: usize) {
    raw_sql(
        "CREATE SCHEMA bench;
         CREATE TABLE bench.companies (
             id BIGINT PRIMARY KEY, name TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'new', touched INT NOT NULL DEFAULT 0);
         CREATE TABLE bench.contacts (
             id BIGSERIAL PRIMARY KEY, company_id BIGINT NOT NULL, email TEXT NOT NULL, created_at TIMESTAMPTZ NOT NULL DEFAULT now());
         CREATE TABLE bench.audit (
             id BIGSERIAL PRIMARY KEY, company_id BIGINT NOT NULL, action TEXT NOT NULL, created_at TIMESTAMPTZ NOT NULL DEFAULT now());",
    )
    .execute(&mut *database)
    .await
    .unwrap();
    query("INSERT INTO bench.companies (id, name) SELECT n, 'Company ' || n FROM generate_series(1, $1) AS n")
        .bind(jobs as i64)
        .execute(database)
        .await
        .unwrap();
}

/// The last audit row's number costs nothing to read, wherever the arm stands; once it is high enough, the queue itself
/// is asked.
async fn wait_for_end(database: &mut PgConnection, entry: &Entry, jobs: usize, started: Instant) {
    loop {
        let written: i64 = query_scalar("SELECT last_value FROM bench.audit_id_seq")
            .fetch_one(&mut *database)
            .await
            .unwrap();
        if written >= jobs as i64 && is_done(database, entry, jobs).await {
            return;
        }
        assert!(
            started.elapsed() < PATIENCE,
            "{} is at {written} of {jobs} events",
            entry.name
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Whether all is acknowledged.
async fn is_done(database: &mut PgConnection, entry: &Entry, jobs: usize) -> bool {
    let sql = match entry.script {
        None => {
            "SELECT (SELECT count(*) FILTER (WHERE status = 'processed') = $1 AND count(*) = $1
                     FROM marketing.pipeline_events WHERE event_type = 'bench_work')
                AND (SELECT count(*) = $1 FROM marketing.workflow_stats WHERE status = 'ok')"
        }
        Some("graphile.mjs") => "SELECT count(*) = 0 AND $1 > 0 FROM graphile_worker._private_jobs",
        Some(_) => {
            "SELECT count(*) FILTER (WHERE state = 'completed') = $1 AND count(*) = $1
             FROM pgboss.job WHERE name = 'bench_work'"
        }
    };
    query_scalar(sql)
        .bind(jobs as i64)
        .fetch_one(database)
        .await
        .unwrap()
}

/// Each job's rows once and nothing else.
async fn check_rows(database: &mut PgConnection, entry: &Entry, jobs: usize) {
    let (found, expected): (String, String) = sqlx::query_as(
        "SELECT md5(concat(
                    (SELECT string_agg(concat_ws(' ', id, name, state, touched), ',' ORDER BY id) FROM bench.companies),
                    (SELECT string_agg(concat_ws(' ', company_id, email), ',' ORDER BY company_id) FROM bench.contacts),
                    (SELECT string_agg(concat_ws(' ', company_id, action), ',' ORDER BY company_id) FROM bench.audit))),
                md5(concat(
                    (SELECT string_agg(concat_ws(' ', n, 'Company', n, 'worked', 1), ',' ORDER BY n) FROM generate_series(1, $1) AS n),
                    (SELECT string_agg(concat_ws(' ', n, 'office@' || n || '.example'), ',' ORDER BY n) FROM generate_series(1, $1) AS n),
                    (SELECT string_agg(concat_ws(' ', n, 'worked'), ',' ORDER BY n) FROM generate_series(1, $1) AS n)))",
    )
    .bind(jobs as i64)
    .fetch_one(&mut *database)
    .await
    .unwrap();
    assert_eq!(found, expected, "{}: the rows are wrong", entry.name);
    assert!(is_done(database, entry, jobs).await);
}
