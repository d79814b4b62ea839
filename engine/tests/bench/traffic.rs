//! P12: what PostgreSQL is asked for: commits at full load, and questions of a process that has nothing to do.

use std::time::Duration;

use engine::{
    Engine,
    queue::{SandboxOptions, Upkeep, Worker, WorkerOptions},
};
use sqlx::{PgPool, query, query_scalar};
use tokio::time::sleep;

use crate::{Bench, config, figure::Figure};

pub(crate) async fn run(bench: &Bench) -> Vec<Figure> {
    let companies = bench.size(5_000, 50);
    let idle = bench.size(60, 3);
    // A backend that has come to rest reports what it did within ten seconds.
    let reported = Duration::from_secs(bench.size(11, 1) as u64);
    let url = bench.database("traffic").await;
    let pool = PgPool::connect(&url).await.unwrap();
    let engine = Engine::start(config(&url, 20)).await.unwrap();
    insert_companies(&pool, companies as i64).await;
    let before = transactions(&pool).await;
    let process = Process::start(&engine).await;
    let looks = drain(&pool, Duration::from_millis(500)).await;
    sleep(reported).await;
    let after = transactions(&pool).await;
    let events: i64 = query_scalar("SELECT count(*) FROM marketing.pipeline_events")
        .fetch_one(&pool)
        .await
        .unwrap();
    // Everything that the process did meanwhile counts, rollbacks and heartbeats too; the looks of this bench do not.
    let made = after - before - looks;
    nothing_failed(&pool).await;

    // What PostgreSQL does by itself after such a load would be counted, too.
    for statement in [
        "ALTER SYSTEM SET autovacuum = off",
        "SELECT pg_reload_conf()",
    ] {
        query(statement).execute(&pool).await.unwrap();
    }
    sleep(reported).await;
    let before = transactions(&pool).await;
    sleep(Duration::from_secs(idle as u64)).await;
    let asked = transactions(&pool).await - before - 1;
    for statement in ["ALTER SYSTEM RESET autovacuum", "SELECT pg_reload_conf()"] {
        query(statement).execute(&pool).await.unwrap();
    }
    process.stop().await;
    engine.close().await;
    vec![
        Figure {
            arm: "P12",
            what: "Transactions per event at full load".into(),
            aim: "<= 0.1",
            reached: format!("{:.3}", made as f64 / events as f64),
            from: format!("{made} for {events} events"),
        },
        Figure {
            arm: "P12",
            what: "Queries a second of an idle process".into(),
            aim: "<= 3",
            reached: format!("{:.1}", asked as f64 / idle as f64),
            from: format!("{asked} in {idle} s"),
        },
    ]
}

/// What a process of the server runs on the queue, with providers that answer at once.
pub(crate) struct Process {
    worker: Worker,
    upkeep: Upkeep,
}

impl Process {
    pub(crate) async fn start(engine: &Engine) -> Self {
        let options = WorkerOptions {
            sandbox: Some(SandboxOptions {
                not_found: 0.0,
                failing: 0.0,
                slow: 0.0,
                slow_delay: Duration::ZERO,
            }),
        };
        Self {
            upkeep: Upkeep::start(engine),
            worker: Worker::start(engine.clone(), options).await.unwrap(),
        }
    }

    pub(crate) async fn stop(self) {
        self.worker.stop().await;
        self.upkeep.stop().await;
    }
}

/// Valid companies, as somebody with psql would insert them; what they notify is the writer's.
pub(crate) async fn insert_companies(pool: &PgPool, companies: i64) {
    query(
        "INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
         SELECT 'Company ' || n, 'https://company-' || n || '.example', 'bench'
         FROM generate_series(coalesce((SELECT max(id) FROM intake.company_raw_intake), 0) + 1,
                              coalesce((SELECT max(id) FROM intake.company_raw_intake), 0) + $1) AS n",
    )
    .bind(companies)
    .execute(pool)
    .await
    .unwrap();
}

/// A figure of events that failed would be none.
pub(crate) async fn nothing_failed(pool: &PgPool) {
    let failed: i64 = query_scalar(
        "SELECT count(*) FROM marketing.pipeline_events WHERE status IN ('failed', 'cancelled')",
    )
    .fetch_one(pool)
    .await
    .unwrap();
    assert_eq!(failed, 0, "events failed");
}

/// Waits until nothing waits or is in hand, and says how often it looked.
pub(crate) async fn drain(pool: &PgPool, every: Duration) -> i64 {
    for looks in 1.. {
        let open: bool = query_scalar(
            "SELECT EXISTS (SELECT FROM marketing.pipeline_events WHERE status = 'pending')
                 OR EXISTS (SELECT FROM marketing.pipeline_events WHERE status = 'processing')",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        if !open {
            return looks;
        }
        sleep(every).await;
    }
    unreachable!()
}

/// Of the whole database since it was made. Read by a session of its own, since a session keeps what it read.
async fn transactions(pool: &PgPool) -> i64 {
    query_scalar(
        "SELECT (xact_commit + xact_rollback)::BIGINT FROM pg_stat_database WHERE datname = current_database()",
    )
    .fetch_one(pool)
    .await
    .unwrap()
}
