//! P11: hours of a busy day in twenty minutes: a steady load of 60 % of what is possible, at first undisturbed, then
//! beside a transaction that stays open and readers of the dashboards.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use engine::Engine;
use sqlx::{Connection, PgConnection, PgPool, query_scalar, raw_sql};
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::{
    Bench, config,
    figure::Figure,
    traffic::{Process, drain, insert_companies, nothing_failed},
};

/// What the dashboards read, and what somebody with psql asks for.
const READERS: [&str; 3] = [
    "SELECT * FROM marketing.v_phase_stats",
    "SELECT * FROM marketing.v_daily_throughput",
    "SELECT status, count(*), avg(processed_at - created_at) FROM marketing.pipeline_events
     WHERE created_at > now() - INTERVAL '1 minute' GROUP BY status",
];
/// Between two questions of a reader.
const THOUGHT: Duration = Duration::from_secs(1);
const FEED: Duration = Duration::from_millis(100);

pub(crate) async fn run(bench: &Bench) -> Vec<Figure> {
    let minutes: u64 = std::env::var("SOAK_MINUTES").map_or(20, |text| text.parse().unwrap());
    let whole = if bench.full {
        Duration::from_secs(60 * minutes)
    } else {
        Duration::from_secs(8)
    };
    let url = bench.database("soak").await;
    let pool = PgPool::connect(&url).await.unwrap();
    let engine = Engine::start(config(&url, 20)).await.unwrap();
    let process = Process::start(&engine).await;

    let peak = peak(&pool, bench.size(6_000, 100)).await;
    let load = 0.6 * peak;
    println!("P11: at most {peak:.0} companies a second; the load is {load:.0}");
    // A fifth undisturbed; then a quarter with the transaction open, the rest with the readers alone.
    let clean = feed(&pool, load, whole / 5).await;
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = READERS
        .iter()
        .map(|sql| tokio::spawn(read(url.clone(), sql, stop.clone())))
        .collect();
    let mut holder = PgConnection::connect(&url).await.unwrap();
    // With a number and a snapshot of its own: nothing that dies meanwhile may be removed.
    raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT pg_current_xact_id(); SELECT count(*) FROM marketing.rollups")
        .execute(&mut holder)
        .await
        .unwrap();
    let held = feed(&pool, load, whole / 4).await;
    raw_sql("COMMIT").execute(&mut holder).await.unwrap();
    let after = feed(&pool, load, whole - whole / 5 - whole / 4).await;
    stop.store(true, Ordering::Relaxed);
    let mut asked = 0;
    for reader in readers {
        asked += reader.await.unwrap();
    }
    drain(&pool, FEED).await;
    nothing_failed(&pool).await;
    process.stop().await;
    engine.close().await;
    for (name, phase) in [
        ("clean", &clean),
        ("transaction open", &held),
        ("after it", &after),
    ] {
        println!(
            "P11 {name}: {:.0} events a second, at most {} waiting, {} dead rows of events, {} of differences, {:.0} MB",
            phase.rate, phase.waiting, phase.dead_events, phase.dead_deltas, phase.memory
        );
    }
    vec![
        figure(
            "Rate while a transaction is open and three readers ask / undisturbed",
            ">= 0.95",
            format!("{:.2}", held.rate / clean.rate),
            format!(
                "{:.0} / {:.0} events a second, {:.0} s / {:.0} s; {asked} questions of the readers",
                held.rate,
                clean.rate,
                (whole / 4).as_secs_f64(),
                (whole / 5).as_secs_f64()
            ),
        ),
        figure(
            "Rate after it, with the readers / undisturbed",
            ">= 0.95",
            format!("{:.2}", after.rate / clean.rate),
            format!("{:.0} events a second", after.rate),
        ),
        figure(
            "Dead rows of the queue, of those that live",
            "bounded",
            format!(
                "{:.2}",
                after.dead_events as f64 / after.live_events.max(1) as f64
            ),
            format!(
                "{} clean, {} with the transaction, {} at the end, of {}",
                clean.dead_events, held.dead_events, after.dead_events, after.live_events
            ),
        ),
        figure(
            "Memory of the process, at the end / undisturbed",
            "flat",
            format!("{:.2}", after.memory / clean.memory),
            format!("{:.0} / {:.0} MB", after.memory, clean.memory),
        ),
    ]
}

fn figure(what: &str, aim: &'static str, reached: String, from: String) -> Figure {
    Figure {
        arm: "P11",
        what: what.into(),
        aim,
        reached,
        from,
    }
}

/// Companies a second from intake to verified, all at once.
async fn peak(pool: &PgPool, companies: usize) -> f64 {
    let started = Instant::now();
    insert_companies(pool, companies as i64).await;
    drain(pool, Duration::from_millis(20)).await;
    companies as f64 / started.elapsed().as_secs_f64()
}

struct Phase {
    /// Events a second that were processed.
    rate: f64,
    /// The most events that waited at once.
    waiting: i64,
    dead_events: i64,
    live_events: i64,
    dead_deltas: i64,
    /// Megabytes, the most.
    memory: f64,
}

/// Inserts so many companies a second, and looks at what becomes of them.
async fn feed(pool: &PgPool, companies: f64, time: Duration) -> Phase {
    let started = Instant::now();
    let before = processed(pool).await;
    let (mut fed, mut waiting, mut memory) = (0.0, 0, 0.0_f64);
    let mut looked = Instant::now();
    let mut ticks = interval(FEED);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while started.elapsed() < time {
        ticks.tick().await;
        let due = (companies * started.elapsed().as_secs_f64() - fed).floor();
        if due >= 1.0 {
            insert_companies(pool, due as i64).await;
            fed += due;
        }
        if looked.elapsed() > Duration::from_secs(5) {
            looked = Instant::now();
            waiting = waiting.max(
                number(
                    pool,
                    // Counting the rows themselves would be a burden of its own while a transaction is open.
                    "SELECT coalesce(sum(n), 0)::BIGINT FROM marketing.v_rollup WHERE metric = 'event' AND detail = 'pending'",
                )
                .await,
            );
            memory = memory.max(resident());
        }
    }
    let rate = (processed(pool).await - before) as f64 / started.elapsed().as_secs_f64();
    let dead = "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relid = 'marketing.pipeline_events'::REGCLASS";
    Phase {
        rate,
        waiting,
        dead_events: number(pool, dead).await,
        live_events: number(pool, "SELECT n_live_tup FROM pg_stat_user_tables WHERE relid = 'marketing.pipeline_events'::REGCLASS").await,
        dead_deltas: number(pool, "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relid = 'marketing.rollup_deltas'::REGCLASS").await,
        memory: memory.max(resident()),
    }
}

/// From the rollups, which cost nothing to ask.
async fn processed(pool: &PgPool) -> i64 {
    number(pool, "SELECT coalesce(sum(n), 0)::BIGINT FROM marketing.v_rollup WHERE metric = 'event' AND detail = 'processed'").await
}

async fn number(pool: &PgPool, sql: &'static str) -> i64 {
    query_scalar(sql).fetch_one(pool).await.unwrap()
}

/// Megabytes of this process, which runs the engine.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<f64>()
        .unwrap()
        / 1000.0
}

/// How often it asked.
async fn read(url: String, sql: &'static str, stop: Arc<AtomicBool>) -> usize {
    let mut connection = PgConnection::connect(&url).await.unwrap();
    let mut asked = 0;
    while !stop.load(Ordering::Relaxed) {
        raw_sql(sql).execute(&mut connection).await.unwrap();
        asked += 1;
        sleep(THOUGHT).await;
    }
    asked
}
