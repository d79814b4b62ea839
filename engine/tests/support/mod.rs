//! What every test of the engine needs: an engine on the test's own database, and a worker.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::time::Duration;

use domain::role::{Actor, Role};
use engine::{
    Engine, EngineConfig,
    queue::{SandboxOptions, Upkeep, Worker, WorkerOptions},
};
use sqlx::PgPool;

/// Settings for an engine that connects by itself, without a pooler.
pub(crate) fn config(url: &str) -> EngineConfig {
    EngineConfig {
        database_url: url.to_owned(),
        direct_url: url.to_owned(),
        pooler: false,
        pool_size: 10,
        upload_dir: std::env::temp_dir().join("outreach-command-center-tests"),
        demo: true,
        n8n: None,
        webhooks: Default::default(),
    }
}

pub(crate) fn engine(pool: &PgPool) -> Engine {
    Engine::with_pool(pool.clone(), config(""))
}

pub(crate) fn answers(not_found: f64, failing: f64) -> WorkerOptions {
    WorkerOptions {
        sandbox: Some(SandboxOptions {
            not_found,
            failing,
            slow: 0.0,
            slow_delay: Duration::ZERO,
        }),
    }
}

/// A worker and the upkeep of the queue, as a process of the server runs them.
pub(crate) struct Process {
    worker: Worker,
    upkeep: Upkeep,
}

impl Process {
    pub(crate) async fn start(engine: &Engine, options: WorkerOptions) -> Self {
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

/// A process whose sandbox always answers at once.
pub(crate) async fn worker(engine: &Engine) -> Process {
    Process::start(engine, answers(0.0, 0.0)).await
}

pub(crate) async fn count(pool: &PgPool, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
}

/// Waits until the query gives the number, and fails with what it gave last.
pub(crate) async fn wait_for(pool: &PgPool, sql: &'static str, expected: i64) {
    let mut last = -1;
    for _ in 0..600 {
        last = count(pool, sql).await;
        if last == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{sql} gave {last}, not {expected}, after 30 s");
}

/// Waits until nothing is pending or processing.
pub(crate) async fn drain(pool: &PgPool) {
    wait_for(
        pool,
        "SELECT count(*) FROM marketing.pipeline_events WHERE status IN ('pending', 'processing')",
        0,
    )
    .await;
}

pub(crate) fn operator() -> Actor {
    Actor {
        user_id: 1,
        name: "olga".into(),
        role: Role::Operator,
        origin: "192.0.2.7".into(),
    }
}

/// Intake rows of the batch `b1`, as somebody with psql would insert them.
pub(crate) async fn insert(pool: &PgPool, companies: i32) {
    sqlx::query(
        "INSERT INTO intake.company_raw_intake (company, website, import_batch_id)
         SELECT 'Company ' || n, 'https://company' || n || '.example', 'b1' FROM generate_series(1, $1) n",
    )
    .bind(companies)
    .execute(pool)
    .await
    .unwrap();
}

/// The address of the test's own database, for a pool of its own.
pub(crate) async fn url(pool: &PgPool) -> String {
    let name: String = sqlx::query_scalar("SELECT current_database()")
        .fetch_one(pool)
        .await
        .unwrap();
    let server = std::env::var("DATABASE_URL").unwrap();
    let (start, _) = server.rsplit_once('/').unwrap();
    let query = server
        .split_once('?')
        .map(|(_, query)| format!("?{query}"))
        .unwrap_or_default();
    format!("{start}/{name}{query}")
}
