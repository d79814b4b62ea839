//! Leases: a worker holds its events for as long as its heart beats.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use domain::stage::StageName;
use sqlx::{FromRow, PgPool};

/// A worker whose heartbeat stood still for so long, while we looked, is dead: three missed beats.
pub(crate) const DEAD_AFTER: Duration = Duration::from_secs(3);
/// Between two looks. When more than twice that has passed the database or we were away, and nothing was seen.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The rest after a look for holders that never beat, in lengths of that look.
const UNSIGNED_RESTS: u32 = 50;

/// What waits for upkeep.
#[derive(Clone, Copy, Debug, Default, FromRow)]
pub(super) struct Chores {
    /// Differences of the rollups.
    pub(super) fold: bool,
    /// A bulk action's next chunk.
    pub(super) act: bool,
    /// Events without a consumer.
    pub(super) acknowledge: bool,
    /// Events that are to be handed out to webhooks, or sent.
    pub(super) deliver: bool,
}

#[derive(FromRow)]
struct Seen {
    worker_id: Option<String>,
    heartbeat_at: Option<DateTime<Utc>>,
    #[sqlx(flatten)]
    chores: Chores,
}

/// What one process sees of the workers' hearts.
///
/// No clocks are compared: a worker is dead when we saw its heartbeat unchanged in look after look. After a database
/// that stood still for all, the living thus have time to beat before anybody buries them.
#[derive(Default)]
pub(super) struct Watch {
    seen: HashMap<String, (Option<DateTime<Utc>>, Instant)>,
    looked: Option<Instant>,
    /// Who holds events without ever having beaten, as of the last look for them.
    unsigned: Vec<String>,
    looked_for_unsigned: Option<(Instant, Duration)>,
}

impl Watch {
    /// Looks once, and takes back the events of the workers that died. The same question tells which chores wait.
    pub(super) async fn look(&mut self, pool: &PgPool) -> sqlx::Result<Chores> {
        let started = Instant::now();
        // While some transaction is open for long, this walks past all leases that ended since.
        let unsigned_too = self
            .looked_for_unsigned
            .is_none_or(|(at, took)| at.elapsed() >= took * UNSIGNED_RESTS);
        let seen: Vec<Seen> = sqlx::query_as(
            "SELECT h.worker_id, h.heartbeat_at, c.*
             FROM (SELECT EXISTS (SELECT FROM marketing.rollup_deltas) AS fold,
                          EXISTS (SELECT FROM marketing.pipeline_actions
                                  WHERE state = 'running' AND due_at <= clock_timestamp()) AS act,
                          EXISTS (SELECT FROM marketing.v_rollup
                                  WHERE metric = 'event' AND detail = 'pending' AND label <> ALL($1)
                                  GROUP BY label HAVING sum(n) > 0) AS acknowledge,
                          EXISTS (SELECT FROM app.webhook_position p
                                  WHERE p.handed_to IS NOT NULL
                                    AND (p.missing <> '{}' OR p.judged <> '{}'
                                         OR p.handed_to < (SELECT max(id) FROM marketing.pipeline_events)))
                              OR EXISTS (SELECT FROM app.webhooks_due) AS deliver) AS c
             LEFT JOIN (SELECT worker_id, heartbeat_at FROM marketing.pipeline_workers
                        UNION ALL
                        SELECT DISTINCT e.locked_by, NULL::TIMESTAMPTZ FROM marketing.pipeline_events e
                        WHERE $2 AND e.status = 'processing' AND e.locked_by IS NOT NULL
                          AND NOT EXISTS (SELECT FROM marketing.pipeline_workers w WHERE w.worker_id = e.locked_by)) AS h
             ON TRUE",
        )
        .bind(StageName::consumed_types().collect::<Vec<_>>())
        .bind(unsigned_too)
        .fetch_all(pool)
        .await?;
        let chores = seen.first().map_or_else(Chores::default, |row| row.chores);
        let mut hearts: HashMap<String, Option<DateTime<Utc>>> = seen
            .into_iter()
            .filter_map(|row| Some((row.worker_id?, row.heartbeat_at)))
            .collect();
        if unsigned_too {
            self.looked_for_unsigned = Some((started, started.elapsed()));
            let unsigned = hearts.iter().filter(|(_, beat)| beat.is_none());
            self.unsigned = unsigned.map(|(worker, _)| worker.clone()).collect();
        }
        for worker in &self.unsigned {
            hearts.entry(worker.clone()).or_default();
        }
        let dead = self.dead(hearts, Instant::now());
        if !dead.is_empty() {
            self.unsigned.retain(|worker| !dead.contains(worker));
            let given_back = give_back(
                pool,
                &dead,
                None,
                "The worker stopped beating; another one goes on",
            )
            .await?;
            if given_back > 0 {
                tracing::info!(given_back, workers = ?dead, "took back events of workers that stopped beating");
            }
        }
        Ok(chores)
    }

    fn dead(
        &mut self,
        hearts: HashMap<String, Option<DateTime<Utc>>>,
        now: Instant,
    ) -> Vec<String> {
        if self
            .looked
            .is_none_or(|looked| now - looked > 2 * LOOK_EVERY)
        {
            self.seen.clear();
        }
        self.looked = Some(now);
        let known = std::mem::take(&mut self.seen);
        for (worker, beat) in hearts {
            let since = match known.get(&worker) {
                Some((seen, since)) if *seen == beat => *since,
                _ => now,
            };
            self.seen.insert(worker, (beat, since));
        }
        self.seen
            .iter()
            .filter(|(_, (_, since))| now - *since >= DEAD_AFTER)
            .map(|(worker, _)| worker.clone())
            .collect()
    }
}

/// Makes what these workers hold wait again: all of it, which signs them off, or these events. The attempt is written down as cancelled: nothing is
/// known to have failed, so it does not count.
pub(super) async fn give_back(
    pool: &PgPool,
    workers: &[String],
    only: Option<&[i64]>,
    why: &str,
) -> sqlx::Result<i64> {
    let (mut types, mut workflows, mut phases) = (Vec::new(), Vec::new(), Vec::new());
    for stage in StageName::ALL {
        for event_type in stage.event_types() {
            types.push(*event_type);
            workflows.push(stage.workflow());
            phases.push(stage.phase().name());
        }
    }
    sqlx::query_scalar(
        "WITH held AS (
             SELECT id, locked_by, locked_at FROM marketing.pipeline_events
             WHERE status = 'processing' AND locked_by = ANY($1) AND ($6::BIGINT[] IS NULL OR id = ANY($6))
             FOR UPDATE SKIP LOCKED
         ), given AS (
             UPDATE marketing.pipeline_events e
             SET status = 'pending', locked_by = NULL, locked_at = NULL, next_attempt_at = now()
             FROM held WHERE e.id = held.id
             RETURNING e.id, e.event_type, e.payload ->> 'record_id' AS record_id, e.batch_id, e.correlation_id,
                       e.retry_count, held.locked_by, held.locked_at
         ), runs AS (
             INSERT INTO marketing.workflow_stats
                 (workflow_name, status, duration_seconds, error_message, triggered_by, batch_id, record_id, phase,
                  event_id, correlation_id, attempt, worker_id)
             SELECT coalesce(s.workflow, g.event_type), 'cancelled', extract(epoch FROM clock_timestamp() - g.locked_at), $2,
                    'neon_event', g.batch_id, g.record_id, s.phase, g.id, g.correlation_id, g.retry_count + 1, g.locked_by
             FROM given g
             LEFT JOIN unnest($3::TEXT[], $4::TEXT[], $5::TEXT[]) AS s (event_type, workflow, phase) USING (event_type)
         ), gone AS (
             DELETE FROM marketing.pipeline_workers WHERE worker_id = ANY($1) AND $6::BIGINT[] IS NULL
         )
         SELECT count(*) FROM given",
    )
    .bind(workers)
    .bind(why)
    .bind(types)
    .bind(workflows)
    .bind(phases)
    .bind(only)
    .fetch_one(pool)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_is_who_stood_still_while_somebody_looked() {
        let start = Instant::now();
        let beat = |second: i64| DateTime::from_timestamp(second, 0);
        let mut watch = Watch::default();
        let mut look = |at: f64, alive: i64| {
            let hearts = HashMap::from([
                ("alive".into(), beat(alive)),
                ("dead".into(), beat(0)),
                ("unsigned".into(), None),
            ]);
            let mut dead = watch.dead(hearts, start + Duration::from_secs_f64(at));
            dead.sort();
            dead
        };
        for second in 0..3 {
            assert!(look(second as f64, second).is_empty(), "after {second} s");
        }
        assert_eq!(look(3.0, 3), ["dead", "unsigned"]);
        // Everything stood still for a minute: the living beat again before they are counted.
        assert!(look(63.0, 3).is_empty());
        assert!(look(64.0, 3).is_empty());
        assert!(look(65.0, 65).is_empty());
        assert_eq!(look(66.0, 65), ["dead", "unsigned"]);
    }
}
