//! The heartbeat of a worker. The same statement brings what the lanes must know: settings, pauses, and which events
//! are due that nobody notified of, so that an idle worker asks once a second and not once a lane.

use std::time::{Duration, Instant};

use sqlx::{FromRow, PgConnection, PgPool, types::Json};
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    floor::Floors,
    held::Held,
    lease,
    settings::{Row, Settings},
};
use crate::{connect, live::Live};

/// How often a worker says that it lives, and at the latest finds what no notification told.
pub(super) const BEAT: Duration = Duration::from_secs(1);

/// For the answer to a beat: after three seconds without one, others take the worker for dead.
const ANSWER: Duration = Duration::from_secs(2);

pub(super) struct Heart {
    pub(super) worker_id: String,
    pub(super) pool: PgPool,
    /// Its own, so that no page and no lane keeps it from beating; made anew after any trouble.
    pub(super) connection: Option<PgConnection>,
    pub(super) live: Live,
    /// The event types of the worker's stages.
    pub(super) event_types: Vec<&'static str>,
    pub(super) held: Held,
    pub(super) floors: Floors,
    pub(super) settings: watch::Sender<Settings>,
}

#[derive(FromRow)]
struct Heard {
    stages: Json<Vec<Row>>,
    paused_batches: Vec<String>,
    due: Vec<String>,
    unknown: Vec<i64>,
}

impl Heart {
    /// Beats until told to stop, which is after the lanes are drained.
    pub(super) async fn keep(mut self, stop: CancellationToken) {
        let live = self.live.clone();
        let told = live.settings_bell();
        let mut ticks = interval(BEAT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = ticks.tick() => {}
                () = told.notified() => {}
            }
            if let Err(error) = live.while_connected(self.beat()).await {
                tracing::warn!(%error, "the heartbeat was not written");
            }
        }
    }

    pub(super) async fn beat(&mut self) -> sqlx::Result<()> {
        let floors: Vec<_> = self
            .event_types
            .iter()
            .map(|one| self.floors.of(one))
            .collect();
        let (from, ids): (Vec<_>, Vec<_>) = floors.iter().map(|floor| floor.unzip()).unzip();
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect::single(&self.pool).await?,
        };
        let asked = Instant::now();
        let question = sqlx::query_as(
            "WITH beat AS (
                 INSERT INTO marketing.pipeline_workers (worker_id, host, pid) VALUES ($1, $3, $4)
                 ON CONFLICT (worker_id) DO UPDATE SET heartbeat_at = clock_timestamp()
             )
             SELECT (SELECT coalesce(jsonb_agg(to_jsonb(s)), '[]') FROM marketing.stage_settings s) AS stages,
                    ARRAY(SELECT batch_id FROM marketing.batch_pauses) AS paused_batches,
                    ARRAY(SELECT t.event_type FROM unnest($2::TEXT[], $6::TIMESTAMPTZ[], $7::BIGINT[]) AS t (event_type, at, id)
                          WHERE EXISTS (SELECT FROM marketing.pipeline_events e
                                        WHERE e.status = 'pending' AND e.event_type = t.event_type AND e.next_attempt_at <= now()
                                          AND (e.next_attempt_at, e.id) >= (coalesce(t.at, '-infinity'), coalesce(t.id, 0)))) AS due,
                    ARRAY(SELECT e.id FROM marketing.pipeline_events e
                          WHERE e.id = ANY($5) AND e.status = 'processing' AND e.locked_by = $1) AS unknown",
        )
        .bind(&self.worker_id)
        .bind(&self.event_types)
        .bind(host())
        .bind(i64::from(std::process::id()))
        .bind(self.held.doubted())
        .bind(from)
        .bind(ids)
        .fetch_one(&mut connection);
        let mut heard: Heard = connect::within(ANSWER, question).await?;
        self.connection = Some(connection);
        let took = asked.elapsed();
        self.held.asked(asked);
        for (event_type, floor) in self.event_types.iter().zip(&floors) {
            if floor.is_none() {
                let due = heard.due.iter().any(|due| due == event_type);
                self.floors.seen_all(event_type, due, took);
            }
        }
        let now = Settings::new(heard.stages.0, heard.paused_batches);
        self.settings.send_if_modified(|known| {
            let changed = *known != now;
            if changed {
                *known = now;
            }
            changed
        });
        // A lane may have taken some while the question was on its way.
        heard.unknown.retain(|id| !self.held.holds(*id));
        if !heard.unknown.is_empty() {
            // The commit of their lease arrived, its answer did not: no lane knows of them.
            let own = std::slice::from_ref(&self.worker_id);
            lease::give_back(
                &self.pool,
                own,
                Some(&heard.unknown),
                "The answer to its lease was lost",
            )
            .await?;
            tracing::info!(
                events = heard.unknown.len(),
                "gave back events that no lane knows of"
            );
        }
        for event_type in heard.due {
            self.live.doorbell(&event_type).notify_one();
        }
        Ok(())
    }
}

/// The machine's name, for people who look for a worker; empty where the system does not tell.
fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::env::var("HOSTNAME"))
        .map(|name| name.trim().to_owned())
        .unwrap_or_default()
}
