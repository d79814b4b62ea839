//! P3: 32 writers of single rows, while a live feed is on and somebody listens with psql.
//!
//! The same writers run without any notification, with the server's default (the relay takes over while there are many)
//! and with the plain notification of each row's transaction, as without a server.

use std::{collections::HashSet, process::Command, time::Duration};

use engine::Engine;
use sqlx::{PgPool, postgres::PgListener, query_scalar, raw_sql};
use tokio::{task::JoinHandle, time::timeout};

use crate::{
    Bench, config,
    figure::{Figure, Rounds, Spread},
};

const SILENT: &str = "without notifications";
const RELAYED: &str = "relayed";
const PLAIN: &str = "in each transaction";

pub(crate) async fn run(bench: &Bench) -> Vec<Figure> {
    let seconds = bench.size(10, 2);
    let url = bench.database("writers").await;
    let pool = PgPool::connect(&url).await.unwrap();
    let mut rates = Rounds::default();
    let mut delays = Vec::new();
    for _ in 0..bench.rounds() {
        for arm in [SILENT, RELAYED, PLAIN] {
            raw_sql("TRUNCATE intake.company_raw_intake, marketing.pipeline_events CASCADE")
                .execute(&pool)
                .await
                .unwrap();
            let ear = Ear::open(&pool).await;
            // Stages are left to others, as where n8n does the work: what is measured is writing.
            let server = match arm {
                RELAYED => Some(Engine::start(config(&url, 4)).await.unwrap()),
                _ => None,
            };
            let rate = write(bench, arm, seconds).await;
            let slowest = ear.close(&pool, arm != SILENT).await;
            println!(
                "P3 {arm}: {rate:.0} rows a second, the last notification of a row came after {slowest:.2} s"
            );
            rates.add(arm, rate);
            if arm == RELAYED {
                delays.push(slowest);
                settled(&pool).await;
            }
            if let Some(server) = server {
                server.close().await;
            }
        }
    }
    vec![
        Figure {
            arm: "P3",
            what: "32 writers of single rows with the live feed on, share of the rate without notifications".into(),
            aim: ">= 0.8",
            reached: rates.ratio(RELAYED, SILENT).to_string(),
            from: format!("{} / {} rows a second", rates.of(RELAYED), rates.of(SILENT)),
        },
        Figure {
            arm: "P3",
            what: "The same with a notification in each transaction".into(),
            aim: "",
            reached: rates.ratio(PLAIN, SILENT).to_string(),
            from: format!("{} rows a second", rates.of(PLAIN)),
        },
        Figure {
            arm: "P3",
            what: "From the begin of a row's transaction to its notification in psql, the slowest of each round; each event once".into(),
            aim: "<= 1 s",
            reached: format!("{} s", Spread::of(delays)),
            from: String::new(),
        },
    ]
}

/// Rows a second, as pgbench says.
async fn write(bench: &Bench, arm: &str, seconds: usize) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("insert.sql");
    std::fs::write(
        &script,
        "\\set n random(1, 1000000000)\n\
         INSERT INTO intake.company_raw_intake (company, website) VALUES ('Company ' || :n, 'https://company-' || :n || '.example');\n",
    )
    .unwrap();
    let mut command = Command::new(bench.cluster.program("pgbench"));
    command
        .args([
            "-n",
            "-M",
            "prepared",
            "-c",
            "32",
            "-j",
            "2",
            "-h",
            "127.0.0.1",
            "-U",
            "postgres",
        ])
        .args([
            "-p",
            &bench.cluster.port.to_string(),
            "-T",
            &seconds.to_string(),
            "-f",
        ])
        .arg(&script)
        .arg("writers");
    if arm == SILENT {
        command.env("PGOPTIONS", "-c outreach.notify=off");
    }
    let output = tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, rest) = text.split_once("tps = ").expect(&text);
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

/// A psql that listens.
struct Ear {
    heard: JoinHandle<(HashSet<i64>, f64)>,
}

impl Ear {
    async fn open(pool: &PgPool) -> Self {
        let mut listener = PgListener::connect_with(pool).await.unwrap();
        listener.listen("pipeline_event").await.unwrap();
        let heard = tokio::spawn(async move {
            let (mut ids, mut slowest) = (HashSet::new(), 0.0_f64);
            // Longer than a row may wait.
            while let Ok(told) = timeout(Duration::from_secs(3), listener.recv()).await {
                let now = chrono::Utc::now();
                let body: serde_json::Value =
                    serde_json::from_str(told.unwrap().payload()).unwrap();
                let at: chrono::DateTime<chrono::Utc> =
                    body["timestamp"].as_str().unwrap().parse().unwrap();
                slowest = slowest.max((now - at).as_seconds_f64());
                assert!(ids.insert(body["event_id"].as_i64().unwrap()), "told twice");
            }
            (ids, slowest)
        });
        Self { heard }
    }

    /// How long the slowest notification took. Every event was told of, or none.
    async fn close(self, pool: &PgPool, all: bool) -> f64 {
        let (ids, slowest) = self.heard.await.unwrap();
        let made: i64 = query_scalar("SELECT count(*) FROM marketing.pipeline_events")
            .fetch_one(pool)
            .await
            .unwrap();
        assert!(made > 0);
        assert_eq!(ids.len() as i64, if all { made } else { 0 });
        slowest
    }
}

/// The relay has nothing left to announce before its server goes.
async fn settled(pool: &PgPool) {
    let open = "SELECT count(*) FROM marketing.event_relay_position WHERE swept_to IS NOT NULL";
    for _ in 0..200 {
        if query_scalar::<_, i64>(open).fetch_one(pool).await.unwrap() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the relay did not come to rest");
}
