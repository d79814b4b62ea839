//! One seed: a fresh database, two workers that start together, a load, faults, peace, and the reckoning.

use std::{
    path::Path,
    process::Child,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use sqlx::{Connection, PgConnection};
use tokio::{sync::Semaphore, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    check,
    cluster::Cluster,
    faults::{self, Scene},
    ledger::Ledger,
    load,
    proxy::Proxy,
    worker,
};

const COMPANIES: usize = 700;
const WRITERS: u64 = 3;
/// Far more than a healthy pipeline needs for what is left.
const DRAINED_WITHIN: Duration = Duration::from_secs(60);
/// After the network, the server and the connections are well again.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// What is wrong at the end; nothing, it is hoped.
pub(crate) async fn run(cluster: &Cluster, seed: u64) -> Vec<String> {
    let mut random = StdRng::seed_from_u64(seed);
    let database = format!("chaos_{seed}");
    let mut admin = cluster.admin("postgres").await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
        "CREATE DATABASE {database} OWNER app"
    )))
    .execute(&mut admin)
    .await
    .unwrap();
    drop(admin.close().await);
    let proxy = Proxy::start(cluster.port).await;
    let url = cluster.url("app", &database, proxy.port);
    let failing = [0.01, 0.1, 0.5][seed as usize % 3];
    let folder = tempfile::tempdir().unwrap();
    let spawn = || worker::spawn(&url, failing, folder.path());
    let mut scene = Scene {
        cluster,
        proxy: &proxy,
        database: &database,
        // Two instances meet on a database without a schema.
        workers: vec![spawn(), spawn()],
        spawn: &spawn,
        found: Vec::new(),
    };
    prepare(cluster, &database).await;

    let ledger = Ledger::create(folder.path().join("ledger"));
    let (stop, companies) = (
        CancellationToken::new(),
        Arc::new(Semaphore::new(COMPANIES)),
    );
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let name = format!("w{writer}");
        writers.spawn(load::write(
            url.clone(),
            name,
            random.random(),
            companies.clone(),
            ledger.clone(),
            stop.clone(),
        ));
    }
    let faults = faults::choose(seed, &mut random);
    for fault in &faults {
        sleep(Duration::from_millis(random.random_range(100..700))).await;
        scene.inject(*fault, &mut random).await;
    }
    scene.heal();
    let healed = Instant::now();
    let unread = read_again(folder.path(), &scene.workers).await.err();
    scene.found.extend(unread);
    stop.cancel();
    while writers.join_next().await.is_some() {}

    let mut admin = cluster.admin(&database).await;
    let drained = drain(&mut admin).await;
    let entries = ledger.read();
    println!(
        "seed {seed}: {} accepted, {} unknown, {:.0} % failing, {faults:?}; drained {:.1} s after the last fault",
        entries.accepted.len(),
        entries.unknown.len(),
        failing * 100.0,
        healed.elapsed().as_secs_f64()
    );
    let mut found = std::mem::take(&mut scene.found);
    found.extend(drained.err());
    // The last differences are folded, the last heartbeats seen.
    found.extend(check::check(&mut admin, &entries).await);
    drop(scene);
    found
}

/// Waits for the schema, shortens the pauses between attempts, and sets time-outs below the sandbox's slow answers.
async fn prepare(cluster: &Cluster, database: &str) {
    let mut admin = cluster.admin(database).await;
    let ready = "SELECT to_regclass('marketing.stage_settings') IS NOT NULL
                 AND EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN%')";
    while !sqlx::query_scalar::<_, bool>(ready)
        .fetch_one(&mut admin)
        .await
        .unwrap()
    {
        sleep(Duration::from_millis(50)).await;
    }
    sqlx::raw_sql(
        "UPDATE marketing.stage_settings SET backoff_base_ms = 50, backoff_cap_ms = 300, batch_size = 32;
         UPDATE marketing.stage_settings SET time_out_ms = 500 WHERE stage IN ('enrich', 'verify')",
    )
    .execute(&mut admin)
    .await
    .unwrap();
    if std::env::var(worker::SABOTAGE).as_deref() == Ok("no_key") {
        sqlx::raw_sql("DROP INDEX marketing.workflow_stats_effect; CREATE INDEX ON marketing.workflow_stats (event_id)")
            .execute(&mut admin)
            .await
            .unwrap();
    }
}

/// Waits until every process, new or old, has read a page since the faults ended.
async fn read_again(folder: &Path, workers: &[Child]) -> Result<(), String> {
    let (healed, begun) = (SystemTime::now(), Instant::now());
    while !workers
        .iter()
        .all(|child| worker::looked(folder, child) > Some(healed))
    {
        if begun.elapsed() > READ_WITHIN {
            return Err(format!(
                "a process could not read the overview for {READ_WITHIN:?} after the last fault"
            ));
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

async fn drain(admin: &mut PgConnection) -> Result<(), String> {
    let begun = Instant::now();
    loop {
        let open: Vec<(String, String, i64)> = sqlx::query_as(
            "SELECT event_type, status, count(*) FROM marketing.pipeline_events
             WHERE status IN ('pending', 'processing') GROUP BY 1, 2",
        )
        .fetch_all(&mut *admin)
        .await
        .unwrap();
        if open.is_empty() {
            return Ok(());
        }
        if begun.elapsed() > DRAINED_WITHIN {
            return Err(format!(
                "the queue was not empty after {DRAINED_WITHIN:?}: {open:?}"
            ));
        }
        sleep(Duration::from_millis(100)).await;
    }
}
