//! P6: the live feed of the real server beside a bare broadcaster: delay, gaps, and memory of a socket.
//!
//! `cargo test` runs a small version, `make bench` (BENCH=full) the full one. Both servers are processes of their own that
//! listen to the same notifications; whoever receives is the same, too.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a bench says what it expects by failing"
)]

#[path = "../../../engine/tests/support/cluster.rs"]
mod cluster;
#[path = "../../../engine/tests/bench/figure.rs"]
mod figure;

mod arm;
mod audience;
mod bare;
mod speaker;

use std::{env, process::ExitCode, time::Duration};

use arm::{Arm, Kind};
use cluster::Cluster;
use domain::role::{Actor, Role};
use engine::{Engine, EngineConfig};
use figure::{Figure, Rounds};

/// What is measured, by size.
struct Size {
    rounds: usize,
    sockets: usize,
    /// Of these, those that stop reading in the second half of a round.
    stalled: usize,
    /// Of one half of a round.
    lasts: Duration,
}

/// Between two events: fifty a second.
const EVERY: Duration = Duration::from_millis(20);

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    if let Ok(url) = env::var(bare::DATABASE) {
        runtime.block_on(bare::serve(&url));
        return ExitCode::SUCCESS;
    }
    // `cargo test NAME` passes the name to every test program.
    let names = ["fanout", "P6"];
    let is_ours = |filter: &str| names.iter().any(|name| name.contains(filter));
    if env::args()
        .skip(1)
        .any(|filter| !filter.starts_with('-') && !is_ours(&filter))
    {
        return ExitCode::SUCCESS;
    }
    // The benches of the engine are chosen by the same names.
    let chosen = env::var("BENCH_ARMS").unwrap_or_default();
    if chosen.is_empty() || chosen.split_whitespace().any(|name| name == "P6") {
        runtime.block_on(run(env::var("BENCH").is_ok_and(|size| size == "full")));
    }
    ExitCode::SUCCESS
}

async fn run(full: bool) {
    let size = if full {
        Size {
            rounds: 5,
            sockets: 1000,
            stalled: 10,
            lasts: Duration::from_secs(10),
        }
    } else {
        Size {
            rounds: 1,
            sockets: 20,
            stalled: 2,
            lasts: Duration::from_secs(1),
        }
    };
    let cluster = Cluster::start("-c max_connections=100").await;
    let url = cluster.url("postgres", "postgres", cluster.port);
    prepare(&url).await;
    let (mut median, mut late, mut memory) = <(Rounds, Rounds, Rounds)>::default();
    let (mut held_up, mut moved) = <(Rounds, Rounds)>::default();
    for round in 0..size.rounds {
        let mut kinds = [Kind::Ours, Kind::Bare];
        if round % 2 == 1 {
            kinds.reverse();
        }
        for kind in kinds {
            let measured = Arm::start(kind, &url).await.measure(&url, &size).await;
            let name = kind.name();
            println!(
                "{name:<5} p50 {:.1} ms, p99 {:.1} ms, with stalled p99 {:.1} ms, {:.1} kB a socket",
                measured.p50, measured.p99, measured.p99_beside_stalled, measured.kilobytes
            );
            median.add(name, measured.p50);
            late.add(name, measured.p99);
            held_up.add(name, measured.p99_beside_stalled);
            moved.add(name, measured.p99_beside_stalled / measured.p99);
            memory.add(name, measured.kilobytes);
        }
    }
    let pair = |rounds: &Rounds| format!("{} ours, {} bare", rounds.of("ours"), rounds.of("bare"));
    let figures = [
        Figure {
            arm: "P6",
            what: format!(
                "p99 from commit to {} sockets at 50 events a second: bare / ours",
                size.sockets
            ),
            aim: ">= 0.8x",
            reached: late.ratio("bare", "ours").to_string(),
            from: format!("ms: {}; p50: {}; no gap", pair(&late), pair(&median)),
        },
        Figure {
            arm: "P6",
            what: format!(
                "the same while {} do not read: ours with them / without",
                size.stalled
            ),
            aim: "<= 1.2x",
            reached: moved.of("ours").to_string(),
            from: format!("ms: {}", pair(&held_up)),
        },
        Figure {
            arm: "P6",
            what: "memory of a socket".into(),
            aim: "<= 30 kB",
            reached: format!("{} kB", memory.of("ours")),
            from: format!("kB: {}", pair(&memory)),
        },
    ];
    println!("\n{}", figure::table(&figures));
}

/// The schema, and somebody who may look.
async fn prepare(url: &str) {
    let config = EngineConfig {
        database_url: url.into(),
        direct_url: url.into(),
        pooler: false,
        pool_size: 2,
        upload_dir: env::temp_dir(),
        demo: false,
        n8n: None,
        webhooks: Default::default(),
    };
    Engine::migrate(&config).await.unwrap();
    let engine = Engine::start(config).await.unwrap();
    engine
        .put_user(arm::NAME, arm::PASSWORD, Role::Viewer, &Actor::system())
        .await
        .unwrap();
}
