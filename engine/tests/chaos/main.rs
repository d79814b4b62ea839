//! The fault suite: loads the pipeline, breaks what it stands on, heals, and compares the database with a ledger that
//! was kept outside. `make chaos` runs it; `SEEDS=100` for more, `SEED=7` for one.
//!
//! The same program is also the worker that is killed: with CHAOS_WORKER it runs the engine and nothing else.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test says what it expects by failing"
)]

mod check;
#[path = "../support/cluster.rs"]
mod cluster;
mod faults;
mod ledger;
mod load;
mod proxy;
mod scenario;
mod worker;

use std::{env, process::ExitCode};

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Ok(url) = env::var(worker::URL) {
        runtime.block_on(worker::run(&url));
        return ExitCode::SUCCESS;
    }
    // `cargo test NAME` passes the name to every test program.
    if env::args()
        .skip(1)
        .any(|filter| !filter.starts_with('-') && !"chaos".contains(&filter))
    {
        return ExitCode::SUCCESS;
    }
    let number = |name: &str| {
        env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().expect(name))
    };
    let seeds: Vec<u64> = match number("SEED") {
        Some(seed) => vec![seed],
        None => (1..=number("SEEDS").unwrap_or(10)).collect(),
    };
    let biting = env::var(worker::SABOTAGE).is_ok();
    let failed = runtime.block_on(run(&seeds, biting));
    match (failed, biting) {
        (0, false) => ExitCode::SUCCESS,
        (0, true) => {
            eprintln!("chaos: a guarantee was broken on purpose and the checker did not notice");
            ExitCode::FAILURE
        }
        (_, true) => ExitCode::SUCCESS,
        (_, false) => ExitCode::FAILURE,
    }
}

/// How many seeds failed. Sabotage needs to be noticed once.
async fn run(seeds: &[u64], biting: bool) -> usize {
    let cluster = cluster::Cluster::start(&format!(
        "-c max_connections=80 -c deadlock_timeout=100ms -c shared_buffers=64MB {}",
        env::var("CHAOS_SERVER_OPTIONS").unwrap_or_default()
    ))
    .await;
    let mut failed = 0;
    for seed in seeds {
        let found = scenario::run(&cluster, *seed).await;
        for line in &found {
            println!("    {line}");
        }
        failed += usize::from(!found.is_empty());
        if biting && failed > 0 {
            println!("chaos: the sabotage was noticed");
            break;
        }
    }
    println!("chaos: {} seeds, {failed} failed", seeds.len());
    failed
}
