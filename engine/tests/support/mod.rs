//! What every test of the engine needs: an engine on the test's own database, and a worker.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::time::Duration;

use engine::{
    Engine, EngineConfig,
    queue::{SandboxOptions, Worker, WorkerOptions},
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
    }
}

pub(crate) fn engine(pool: &PgPool) -> Engine {
    Engine::with_pool(pool.clone(), config(""))
}

pub(crate) fn answers(not_found: f64, failing: f64) -> WorkerOptions {
    WorkerOptions {
        sandbox: SandboxOptions {
            not_found,
            failing,
            slow: 0.0,
            slow_delay: Duration::ZERO,
        },
    }
}

/// A worker whose sandbox always answers at once.
pub(crate) async fn worker(engine: &Engine) -> Worker {
    Worker::start(engine.clone(), answers(0.0, 0.0))
        .await
        .unwrap()
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
