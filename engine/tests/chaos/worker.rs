//! A worker process: this very program, with CHAOS_WORKER set.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use engine::{
    Engine, EngineConfig,
    queue::{SandboxOptions, Upkeep, Worker, WorkerOptions},
};
use tokio::signal::unix::{SignalKind, signal};

/// The database that the worker works on.
pub(crate) const URL: &str = "CHAOS_WORKER";
/// The share of provider answers that fail.
const FAILING: &str = "CHAOS_FAILING";
/// Which guarantee is broken on purpose: `early_ack` or `no_key`. The first needs the feature `sabotage`.
pub(crate) const SABOTAGE: &str = "CHAOS_SABOTAGE";

pub(crate) fn spawn(url: &str, failing: f64) -> Child {
    let log = std::env::var("CHAOS_LOG").map_or_else(
        |_| Stdio::null(),
        |path| {
            let file = std::fs::File::options()
                .append(true)
                .create(true)
                .open(path)
                .unwrap();
            Stdio::from(file)
        },
    );
    Command::new(std::env::current_exe().unwrap())
        .env(URL, url)
        .env(FAILING, failing.to_string())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Runs until SIGTERM. Starts again and again while the database is away, as a supervisor would have it.
pub(crate) async fn run(url: &str) {
    tokio::spawn(end_with_parent());
    let mut stop = signal(SignalKind::terminate()).unwrap();
    let engine = loop {
        match Engine::start(config(url)).await {
            Ok(engine) => break engine,
            Err(error) => eprintln!("start: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    let upkeep = Upkeep::start(&engine);
    let worker = loop {
        match Worker::start(engine.clone(), options()).await {
            Ok(worker) => break worker,
            Err(error) => eprintln!("worker: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    stop.recv().await;
    worker.stop().await;
    upkeep.stop().await;
}

/// A suite that was killed leaves nobody behind.
async fn end_with_parent() {
    let parent = std::os::unix::process::parent_id();
    while std::os::unix::process::parent_id() == parent {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    std::process::exit(1);
}

fn config(url: &str) -> EngineConfig {
    EngineConfig {
        database_url: url.into(),
        direct_url: url.into(),
        pooler: false,
        pool_size: 8,
        upload_dir: std::env::temp_dir(),
        demo: true,
        n8n: None,
    }
}

/// A few answers hang for longer than the time-out that the scenario sets.
fn options() -> WorkerOptions {
    WorkerOptions {
        sandbox: Some(SandboxOptions {
            not_found: 0.02,
            failing: std::env::var(FAILING).unwrap().parse().unwrap(),
            slow: 0.01,
            slow_delay: Duration::from_secs(30),
        }),
    }
}
