//! Stages of the tests' own, in the place of validation: upkeep acknowledges events that the pipeline does not know.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use engine::queue::{
    Answered, Claimed, Intent, LocalStage, Outcome, RemoteStage, Request, StageInfo, StageSettings,
    Try, UnknownOutcome,
};
use sqlx::{PgConnection, PgPool};
use tokio::sync::Semaphore;

pub(crate) const INFO: StageInfo = StageInfo {
    name: "probe",
    workflow: "WF_Probe",
    phase: "enrichment",
    event_types: &["company_created"],
};

/// Makes the table of effects and this many events.
pub(crate) async fn prepare(pool: &PgPool, events: i32) {
    sqlx::raw_sql("CREATE TABLE effects (event_id BIGINT, by_whom TEXT)")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query(
        "INSERT INTO marketing.pipeline_events (event_type, payload)
         SELECT 'company_created', jsonb_build_object('record_id', n) FROM generate_series(1, $1) n",
    )
    .bind(events)
    .execute(pool)
    .await
    .unwrap();
}

async fn effect(connection: &mut PgConnection, events: &[Claimed]) -> sqlx::Result<()> {
    let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
    sqlx::query("INSERT INTO effects (event_id) SELECT unnest($1::BIGINT[])")
        .bind(ids)
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes one effect an event; the record named by `poison` makes its statement fail or hang. With a `thaw` it rests in
/// its transaction until that has a permit.
#[derive(Clone, Default)]
pub(crate) struct Local {
    pub(crate) poison: Option<&'static str>,
    pub(crate) hangs: bool,
    pub(crate) panics: bool,
    pub(crate) thaw: Option<Arc<Semaphore>>,
    pub(crate) transactions: Arc<AtomicUsize>,
}

#[async_trait]
impl LocalStage for Local {
    fn info(&self) -> StageInfo {
        INFO
    }

    fn settings(&self) -> StageSettings {
        let mut settings = StageSettings::LOCAL;
        // A second lane would take what the first one halves.
        settings.concurrency = 1;
        settings.policy.attempts = 2;
        settings.policy.base = Duration::from_millis(20);
        settings.time_out = Duration::from_millis(if self.hangs { 200 } else { 30_000 });
        settings
    }

    async fn run(
        &self,
        connection: &mut PgConnection,
        events: &[Claimed],
    ) -> sqlx::Result<Vec<Outcome>> {
        self.transactions.fetch_add(1, Ordering::Relaxed);
        effect(connection, events).await?;
        if let Some(thaw) = &self.thaw {
            thaw.acquire().await.unwrap().forget();
        }
        if events
            .iter()
            .any(|event| event.record_id.as_deref() == self.poison)
        {
            assert!(!self.panics, "the record of the test");
            let sql = if self.hangs {
                "SELECT pg_sleep(60)"
            } else {
                "SELECT 1 / 0"
            };
            sqlx::query(sql).execute(connection).await?;
        }
        Ok(vec![Outcome::Done; events.len()])
    }
}

/// Calls out: each call is noted with its key, then waits for a permit.
#[derive(Clone)]
pub(crate) struct Remote {
    pub(crate) calls: Arc<Mutex<Vec<String>>>,
    pub(crate) permits: Arc<Semaphore>,
    pub(crate) unknown: UnknownOutcome,
}

impl Remote {
    pub(crate) fn new(unknown: UnknownOutcome, permits: usize) -> Self {
        Self {
            calls: Arc::default(),
            permits: Arc::new(Semaphore::new(permits)),
            unknown,
        }
    }

    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait]
impl RemoteStage for Remote {
    type Call = ();
    type Answer = ();

    fn info(&self) -> StageInfo {
        INFO
    }

    fn unknown_outcome(&self) -> UnknownOutcome {
        self.unknown
    }

    async fn intend(&self, _: &mut PgConnection, events: Vec<Claimed>) -> sqlx::Result<Intent<()>> {
        let requests = events
            .into_iter()
            .map(|event| Request {
                events: vec![event],
                call: (),
            })
            .collect();
        Ok(Intent {
            requests,
            settled: Vec::new(),
        })
    }

    async fn call(&self, (): &(), attempt: &Try) -> Result<(), Outcome> {
        self.calls
            .lock()
            .unwrap()
            .push(attempt.idempotency_key.clone());
        self.permits.acquire().await.unwrap().forget();
        Ok(())
    }

    async fn record(
        &self,
        connection: &mut PgConnection,
        answers: &[&Answered<(), ()>],
    ) -> sqlx::Result<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        for answered in answers {
            outcomes.push(
                answered
                    .answer
                    .clone()
                    .map_or_else(|outcome| outcome, |()| Outcome::Done),
            );
            effect(connection, &answered.events).await?;
        }
        Ok(outcomes)
    }
}
