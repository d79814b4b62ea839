//! Our worker as a contestant: this very program, with BENCH_WORKER set.

use std::{
    io::BufRead,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

use async_trait::async_trait;
use engine::{
    Engine,
    queue::{Claimed, LocalStage, Outcome, StageInfo, StageSettings, Worker},
};
use serde::Deserialize;
use serde_json::json;
use sqlx::PgConnection;

/// Says that this process is a worker; its arguments are those of every contestant.
pub(crate) const WORKER: &str = "BENCH_WORKER";

#[derive(Deserialize)]
struct Given {
    jobs: i64,
    /// As of `marketing.stage_settings`; the engine's own where they are not given.
    batch_size: Option<i64>,
    concurrency: Option<usize>,
    pool_size: u32,
}

/// Works until told to stop. Without upkeep, which settles events of types that no stage of the pipeline works on.
pub(crate) async fn run() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, given] = arguments.as_slice() else {
        panic!("a connection string and settings are needed")
    };
    let given: Given = serde_json::from_str(given).unwrap();
    let engine = Engine::start(crate::config(url, given.pool_size))
        .await
        .unwrap();
    insert_events(&mut engine.pool().acquire().await.unwrap(), given.jobs).await;
    let settings = StageSettings {
        batch_size: given.batch_size.unwrap_or(StageSettings::LOCAL.batch_size),
        concurrency: given
            .concurrency
            .unwrap_or(StageSettings::LOCAL.concurrency),
        ..StageSettings::LOCAL
    };
    let starts = Starts::default();
    let clock = Clock(starts.clone());
    println!("{}", json!("ready"));
    hear("go");
    let worker = Worker::start_with(&engine, |lanes| {
        lanes.local(Work(settings));
        lanes.local(clock);
    })
    .await
    .unwrap();
    println!("{}", json!("going"));
    hear("stop");
    worker.stop().await;
    println!("{}", json!(*starts.lock().unwrap()));
}

/// In one statement, with a correlation id each, as the triggers of the pipeline do.
pub(crate) async fn insert_events(database: &mut PgConnection, events: i64) {
    sqlx::query(
        "INSERT INTO marketing.pipeline_events (event_type, payload, correlation_id)
         SELECT 'bench_work', jsonb_build_object('record_id', n), gen_random_uuid() FROM generate_series(1, $1) AS n",
    )
    .bind(events)
    .execute(database)
    .await
    .unwrap();
}

/// Other tasks go on meanwhile: the runtime has threads of its own. The end of the input is the end of the bench.
fn hear(word: &str) {
    let mut line = String::new();
    tokio::task::block_in_place(|| std::io::stdin().lock().read_line(&mut line)).unwrap();
    if line.is_empty() {
        std::process::exit(1);
    }
    assert_eq!(line.trim(), word);
}

/// P1: updates a company, inserts a contact and an audit row for each event.
struct Work(StageSettings);

#[async_trait]
impl LocalStage for Work {
    fn info(&self) -> StageInfo {
        info("bench_work", &["bench_work"])
    }

    fn settings(&self) -> StageSettings {
        self.0
    }

    async fn run(
        &self,
        connection: &mut PgConnection,
        events: &[Claimed],
    ) -> sqlx::Result<Vec<Outcome>> {
        let companies: Vec<Option<i64>> = events.iter().map(Claimed::record_number).collect();
        for statement in [
            "UPDATE bench.companies SET state = 'worked', touched = touched + 1 WHERE id = ANY($1)",
            "INSERT INTO bench.contacts (company_id, email) SELECT n, 'office@' || n || '.example' FROM unnest($1::BIGINT[]) AS n",
            "INSERT INTO bench.audit (company_id, action) SELECT n, 'worked' FROM unnest($1::BIGINT[]) AS n",
        ] {
            sqlx::query(statement)
                .bind(&companies)
                .execute(&mut *connection)
                .await?;
        }
        Ok(vec![Outcome::Done; events.len()])
    }
}

type Starts = Arc<Mutex<Vec<(i64, i64)>>>;

/// P4: notes when the work on each event starts, in microseconds since 1970.
struct Clock(Starts);

#[async_trait]
impl LocalStage for Clock {
    fn info(&self) -> StageInfo {
        info("bench_latency", &["bench_latency"])
    }

    async fn run(&self, _: &mut PgConnection, events: &[Claimed]) -> sqlx::Result<Vec<Outcome>> {
        let now = microseconds();
        self.0.lock().unwrap().extend(
            events
                .iter()
                .filter_map(Claimed::record_number)
                .map(|number| (number, now)),
        );
        Ok(vec![Outcome::Done; events.len()])
    }
}

/// Of the system's clock, which Node reads too.
pub(crate) fn microseconds() -> i64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    time.as_micros().try_into().unwrap()
}

fn info(name: &'static str, event_types: &'static [&'static str]) -> StageInfo {
    StageInfo {
        name,
        workflow: "WF_Bench",
        phase: "enrichment",
        event_types,
    }
}
