//! The benches: our queue beside its rivals and its limits, in one run on one PostgreSQL that syncs every commit.
//!
//! `cargo test` runs each arm in a small version, so that none rots; `make bench` runs them in full. BENCH_ARMS="P1 P4"
//! chooses. What is measured is checked first: a figure of a run with wrong rows is none.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench says what it expects by failing"
)]

mod burn;
#[path = "../support/cluster.rs"]
mod cluster;
mod contestant;
mod dashboards;
mod figure;
mod latency;
mod limit;
mod ours;
mod soak;
mod traffic;
mod writers;

use std::{env, process::ExitCode};

use cluster::Cluster;
use figure::Figure;

/// What every arm gets.
pub(crate) struct Bench {
    pub(crate) cluster: Cluster,
    /// The figures count; otherwise each arm only shows that it still works.
    pub(crate) full: bool,
}

impl Bench {
    /// Of the full size or the small one.
    pub(crate) fn size(&self, full: usize, small: usize) -> usize {
        if self.full { full } else { small }
    }

    /// How often arms are run in turn; BENCH_ROUNDS says otherwise.
    pub(crate) fn rounds(&self) -> usize {
        let told = env::var("BENCH_ROUNDS").ok();
        told.map_or_else(|| self.size(5, 1), |rounds| rounds.parse().unwrap())
    }

    /// Every commit of every arm outlives a power cut.
    async fn loses_nothing(&self) {
        let mut admin = self.cluster.admin("postgres").await;
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let value: String = sqlx::query_scalar("SELECT current_setting($1)")
                .bind(setting)
                .fetch_one(&mut admin)
                .await
                .unwrap();
            assert_eq!(value, "on", "{setting}");
        }
    }

    /// A new database with the schema; its connection string.
    pub(crate) async fn database(&self, name: &str) -> String {
        let mut admin = self.cluster.admin("postgres").await;
        for statement in [
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            format!("CREATE DATABASE {name}"),
        ] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
                .execute(&mut admin)
                .await
                .unwrap();
        }
        let url = self.cluster.url("postgres", name, self.cluster.port);
        engine::Engine::migrate(&config(&url, 2)).await.unwrap();
        url
    }

    /// A copy of a database to which nobody is connected.
    pub(crate) async fn copy(&self, from: &str, name: &str) -> String {
        let mut admin = self.cluster.admin("postgres").await;
        for statement in [
            format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
            format!("CREATE DATABASE {name} TEMPLATE {from}"),
            "CHECKPOINT".into(),
        ] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
                .execute(&mut admin)
                .await
                .unwrap();
        }
        self.cluster.url("postgres", name, self.cluster.port)
    }

    /// Gives its place on the disk back.
    pub(crate) async fn drop_database(&self, name: &str) {
        let mut admin = self.cluster.admin("postgres").await;
        let sql = format!("DROP DATABASE {name} WITH (FORCE)");
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&mut admin)
            .await
            .unwrap();
    }
}

/// Settings of an engine as the server gives them.
pub(crate) fn config(url: &str, pool_size: u32) -> engine::EngineConfig {
    engine::EngineConfig {
        database_url: url.into(),
        direct_url: url.into(),
        pooler: false,
        pool_size,
        upload_dir: env::temp_dir(),
        demo: true,
        n8n: None,
        webhooks: Default::default(),
    }
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if env::var(ours::WORKER).is_ok() {
        runtime.block_on(ours::run());
        return ExitCode::SUCCESS;
    }
    // `cargo test NAME` passes the name to every test program.
    if env::args()
        .skip(1)
        .any(|filter| !filter.starts_with('-') && !"bench".contains(&filter))
    {
        return ExitCode::SUCCESS;
    }
    runtime.block_on(run());
    ExitCode::SUCCESS
}

async fn run() {
    let chosen = env::var("BENCH_ARMS").unwrap_or_default();
    let is_chosen =
        |arm: &str| chosen.is_empty() || chosen.split_whitespace().any(|name| name == arm);
    let bench = Bench {
        // BENCH_POSTGRES adds options, such as -c shared_preload_libraries=pg_stat_statements, to take a figure apart.
        cluster: Cluster::start(&format!(
            "-c max_connections=200 -c shared_buffers=1GB -c max_wal_size=8GB -c checkpoint_timeout=15min {}",
            env::var("BENCH_POSTGRES").unwrap_or_default()
        ))
        .await,
        full: env::var("BENCH").is_ok_and(|size| size == "full"),
    };
    bench.loses_nothing().await;
    let mut figures: Vec<Figure> = Vec::new();
    if is_chosen("P1") {
        figures.extend(burn::run(&bench).await);
    }
    if is_chosen("P2") {
        figures.extend(limit::run(&bench).await);
    }
    if is_chosen("P3") {
        figures.extend(writers::run(&bench).await);
    }
    if is_chosen("P4") {
        figures.extend(latency::run(&bench).await);
    }
    if is_chosen("P10") {
        figures.extend(dashboards::run(&bench).await);
    }
    // Also by itself: it needs no ten million events, and a quiet machine instead.
    if is_chosen("P10") || is_chosen("P10-writes") {
        figures.push(dashboards::cost::measure(&bench).await);
    }
    if is_chosen("P11") {
        figures.extend(soak::run(&bench).await);
    }
    if is_chosen("P12") {
        figures.extend(traffic::run(&bench).await);
    }
    if bench.full {
        println!("\n{}", figure::table(&figures));
    } else {
        println!(
            "{} figures, of sizes too small to say anything",
            figures.len()
        );
    }
}
