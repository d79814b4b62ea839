//! P4: how long a single event waits: from its commit to the start of its work.
//!
//! The commit's time is taken when its answer arrives; a worker may be told of the event before that, and such a wait
//! counts as none. The same code inserts for both arms.

use std::{collections::HashMap, time::Duration};

use rand::Rng;
use serde_json::json;
use sqlx::{Connection, PgConnection, query};
use tokio::time::sleep;

use crate::{
    Bench,
    contestant::{self, Contestant, Entry},
    figure::{Figure, Rounds, quantile},
    ours::microseconds,
};

const OURS: &str = "ours";
const GRAPHILE: &str = "graphile-worker";
/// First events, not counted: caches fill and Node compiles.
const WARMING: usize = 20;

pub(crate) async fn run(bench: &Bench) -> Vec<Figure> {
    let events = bench.size(500, 20);
    let entries: Vec<Entry> = entries()
        .into_iter()
        .filter(|entry| entry.is_possible(bench.full))
        .collect();
    println!("P4: {events} events; {}", contestant::versions());
    entries
        .iter()
        .for_each(|entry| println!("    {}", entry.describe()));
    let (mut p50, mut p99, mut sent_p50) =
        (Rounds::default(), Rounds::default(), Rounds::default());
    for round in 0..bench.rounds() {
        for entry in &entries {
            let Waits { committed, sent } = measure(bench, entry, events).await;
            let early = committed.iter().filter(|wait| **wait == 0.0).count();
            let (half, most) = (quantile(&committed, 0.5), quantile(&committed, 0.99));
            println!(
                "P4 round {}: {} p50 {half:.2} ms, p99 {most:.2} ms; {early} of {events} before the commit's answer",
                round + 1,
                entry.name,
            );
            p50.add(entry.name, half);
            p99.add(entry.name, most);
            sent_p50.add(entry.name, quantile(&sent, 0.5));
        }
    }
    if entries.len() < 2 {
        return Vec::new();
    }
    [
        ("commit to start of work, p50", "<= 0.5", p50),
        ("commit to start of work, p99", "<= 0.5", p99),
        ("insert sent to start of work, p50", "", sent_p50),
    ]
    .into_iter()
    .map(|(what, aim, rounds)| Figure {
        arm: "P4",
        what: format!("{what}, ours / {GRAPHILE}"),
        aim,
        reached: rounds.ratio(OURS, GRAPHILE).to_string(),
        from: format!("{} / {} ms", rounds.of(OURS), rounds.of(GRAPHILE)),
    })
    .collect()
}

/// graphile-worker's are those of its own latency test.
fn entries() -> Vec<Entry> {
    vec![
        Entry {
            name: OURS,
            script: None,
            settings: json!({ "pool_size": 10 }),
        },
        Entry {
            name: GRAPHILE,
            script: Some("graphile.mjs"),
            settings: json!({
                "pipeline": false,
                "worker": {
                    "concurrentJobs": 24, "maxPoolSize": 25, "localQueue": { "size": 500 },
                    "completeJobBatchDelay": 0, "failJobBatchDelay": 0,
                },
            }),
        },
    ]
}

/// The waits of all events in milliseconds, sorted: from the answer to the commit, and from when the insert was sent.
struct Waits {
    committed: Vec<f64>,
    sent: Vec<f64>,
}

async fn measure(bench: &Bench, entry: &Entry, events: usize) -> Waits {
    let url = bench.database("latency").await;
    let mut contestant = Contestant::start(entry, &url, 0).await;
    contestant.go().await;
    contestant.going().await;
    let mut inserter = PgConnection::connect(&url).await.unwrap();
    let sql = match entry.script {
        None => {
            "SELECT marketing.notify_pipeline_event('bench', 'bench_latency', jsonb_build_object('record_id', $1))"
        }
        Some(_) => "SELECT graphile_worker.add_job('bench_latency', json_build_object('n', $1))",
    };
    let mut inserted = HashMap::new();
    for number in 0..WARMING + events {
        let think = rand::rng().random_range(20_000..60_000);
        sleep(Duration::from_micros(think)).await;
        let sent = microseconds();
        query(sql)
            .bind(number as i64)
            .execute(&mut inserter)
            .await
            .unwrap();
        inserted.insert(number, (sent, microseconds()));
    }
    sleep(Duration::from_millis(500)).await;
    let starts = contestant.stop().await;
    assert_eq!(
        starts.len(),
        inserted.len(),
        "{}: every event is worked on once",
        entry.name
    );
    let waits = |from: fn((i64, i64)) -> i64| {
        let mut waits: Vec<f64> = starts
            .iter()
            .filter(|(number, _)| *number >= WARMING)
            .map(|(number, started)| (started - from(inserted[number])).max(0) as f64 / 1000.0)
            .collect();
        waits.sort_by(f64::total_cmp);
        waits
    };
    Waits {
        committed: waits(|(_, committed)| committed),
        sent: waits(|(sent, _)| sent),
    }
}
