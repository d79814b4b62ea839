//! A worker process: this very program, with CHAOS_WORKER set.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, SystemTime},
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

/// The folder of the files that tell when a worker last read a page.
const SEEN: &str = "CHAOS_SEEN";

pub(crate) fn spawn(url: &str, failing: f64, seen: &Path) -> Child {
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
        .env(SEEN, seen)
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
    tokio::spawn(look(engine.clone()));
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

/// The page that somebody has open meanwhile; each time it is read, the process's file is written anew.
async fn look(engine: Engine) {
    let file = PathBuf::from(std::env::var(SEEN).unwrap()).join(std::process::id().to_string());
    loop {
        match engine.overview().await {
            Ok(_) => std::fs::write(&file, "").unwrap(),
            Err(error) => eprintln!("overview: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// When the process last read the page.
pub(crate) fn looked(folder: &Path, child: &Child) -> Option<SystemTime> {
    let file = folder.join(child.id().to_string());
    std::fs::metadata(file)
        .and_then(|file| file.modified())
        .ok()
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
        webhooks: Default::default(),
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
