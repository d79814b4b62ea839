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
    let (mut p50, mut p99) = (Rounds::default(), Rounds::default());
    for round in 0..bench.rounds() {
        for entry in &entries {
            let waits = measure(bench, entry, events).await;
            let (half, most) = (quantile(&waits, 0.5), quantile(&waits, 0.99));
            println!(
                "P4 round {}: {} p50 {half:.2} ms, p99 {most:.2} ms, {} of {events} before the commit's answer",
                round + 1,
                entry.name,
                waits.iter().filter(|wait| **wait == 0.0).count(),
            );
            p50.add(entry.name, half);
            p99.add(entry.name, most);
        }
    }
    if entries.len() < 2 {
        return Vec::new();
    }
    [("p50", p50), ("p99", p99)]
        .into_iter()
        .map(|(name, rounds)| Figure {
            arm: "P4",
            what: format!("commit to start of work, {name}, ours / {GRAPHILE}"),
            aim: "<= 0.5",
            reached: rounds.ratio(OURS, GRAPHILE).to_string(),
            from: format!("{} / {} ms", rounds.of(OURS), rounds.of(GRAPHILE)),
        })
        .collect()
}

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

/// The wait of each event in milliseconds, sorted.
async fn measure(bench: &Bench, entry: &Entry, events: usize) -> Vec<f64> {
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
    let mut committed = HashMap::new();
    for number in 0..WARMING + events {
        let think = rand::rng().random_range(20_000..60_000);
        sleep(Duration::from_micros(think)).await;
        query(sql)
            .bind(number as i64)
            .execute(&mut inserter)
            .await
            .unwrap();
        committed.insert(number, microseconds());
    }
    sleep(Duration::from_millis(500)).await;
    let starts = contestant.stop().await;
    assert_eq!(
        starts.len(),
        committed.len(),
        "{}: every event is worked on once",
        entry.name
    );
    let mut waits: Vec<f64> = starts
        .iter()
        .filter(|(number, _)| *number >= WARMING)
        .map(|(number, started)| (started - committed[number]).max(0) as f64 / 1000.0)
        .collect();
    waits.sort_by(f64::total_cmp);
    waits
}
