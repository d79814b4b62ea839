//! Acknowledgement: what became of each event of a batch, written in the batch's transaction.

use std::time::Duration;

use domain::backoff;
use rand::Rng;
use sqlx::PgConnection;

use super::{Claimed, Policy, StageInfo, panic};

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Done, with a remark for whoever reads the event.
    Noted(String),
    /// Worth another attempt.
    Retry(String),
    /// As `Retry`; counted as a time-out.
    TimedOut(String),
    /// No attempt can help.
    Fail(String),
    /// Something outside may or may not have happened: a person decides.
    Unknown(String),
}

/// Whose events are settled, and how.
#[derive(Clone, Copy)]
pub(super) struct Run<'a> {
    pub(super) stage: StageInfo,
    pub(super) policy: Policy,
    pub(super) worker_id: &'a str,
    /// For all events together.
    pub(super) took: Duration,
    /// Of each event, where they were not worked on together.
    pub(super) each: &'a [Duration],
}

impl Policy {
    /// Attempts that the event still has, this one included.
    fn left(self, event: &Claimed) -> i32 {
        event.max_attempts.unwrap_or(self.attempts) - event.retry_count
    }

    fn is_last(self, event: &Claimed) -> bool {
        self.left(event) <= 1
    }

    /// Which attempt this is, from 1. A person's retry grants attempts that begin with short delays again.
    fn attempt(self, event: &Claimed) -> u32 {
        (self.attempts - self.left(event)).max(0).unsigned_abs() + 1
    }
}

/// Writes states, statistics and errors; returns the events that failed for good.
pub(super) async fn settle(
    connection: &mut PgConnection,
    run: Run<'_>,
    events: &[Claimed],
    outcomes: &[Outcome],
) -> sqlx::Result<Vec<Claimed>> {
    debug_assert_eq!(events.len(), outcomes.len());
    let policy = run.policy;
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let mut done = Finished::default();
    let mut failures = Failures::default();
    let mut given_up = Vec::new();
    for (event, outcome) in events.iter().zip(outcomes) {
        match outcome {
            Outcome::Done => done.push(event, None),
            Outcome::Noted(note) => done.push(event, Some(note)),
            Outcome::Retry(message) => failures.push(policy, event, message, Kind::Error),
            Outcome::TimedOut(message) => failures.push(policy, event, message, Kind::TimeOut),
            Outcome::Fail(message) => failures.push(policy, event, message, Kind::Permanent),
            Outcome::Unknown(message) => failures.push(policy, event, message, Kind::Unknown),
        }
    }
    for (event, dead) in failures.events.iter().zip(&failures.dead) {
        if dead.is_some() {
            given_up.push(event.clone());
        }
    }
    done.write(connection).await?;
    failures.write(connection, run).await?;
    write_runs(connection, run, events, outcomes, &failures).await?;
    Ok(given_up)
}

/// Settles an event whose transaction the database refused: a failed attempt, unless it was refused because its effects
/// are there already.
pub(super) async fn settle_refused(
    connection: &mut PgConnection,
    run: Run<'_>,
    event: &Claimed,
    error: &sqlx::Error,
) -> sqlx::Result<Vec<Claimed>> {
    if !is_second_effect(error) {
        let outcome = if is_time_out(error) {
            Outcome::TimedOut("The stage did not finish within its time-out".into())
        } else if let Some(panic) = panic::of(error) {
            Outcome::Retry(panic.to_string())
        } else {
            Outcome::Retry(format!("The database refused the result: {error}"))
        };
        return settle(connection, run, std::slice::from_ref(event), &[outcome]).await;
    }
    refuse(connection, run, std::slice::from_ref(event)).await?;
    Ok(Vec::new())
}

/// Settles events whose effects are there already: they count as processed, and the refusal is counted.
pub(super) async fn refuse(
    connection: &mut PgConnection,
    run: Run<'_>,
    events: &[Claimed],
) -> sqlx::Result<()> {
    let note = "Its effects were there already; a second time was refused".to_owned();
    let mut done = Finished::default();
    for event in events {
        done.push(event, Some(&note));
    }
    done.write(connection).await?;
    sqlx::query(
        "INSERT INTO marketing.refused_effects (event_id, stage, worker_id) SELECT unnest($1::BIGINT[]), $2, $3",
    )
    .bind(&done.ids)
    .bind(run.stage.name)
    .bind(run.worker_id)
    .execute(connection)
    .await?;
    tracing::warn!(events = ?done.ids, stage = run.stage.name, "second effects of events were refused");
    Ok(())
}

fn is_second_effect(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.constraint() == Some("workflow_stats_effect"))
}

/// The statement was cancelled, which statement_timeout does.
fn is_time_out(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(error) if error.code().as_deref() == Some("57014"))
}

/// Classes of errors that pass by themselves: the connection, a plan that the schema has outgrown, a server that only
/// reads, the session, rights, a deadlock, resources, locks, a server going down, its files.
const PASSING: [&str; 11] = [
    "08", "0A", "25", "26", "28", "3D", "40", "53", "55", "57", "58",
];

/// Whether the error lies in what was written, and not in the connection, a deadlock or a server going down. Whatever is
/// not known to pass is counted as an attempt: else one event could hold up its stage for good.
pub(super) fn blames_data(error: &sqlx::Error) -> bool {
    if is_time_out(error) {
        return true;
    }
    match error {
        sqlx::Error::Database(error) => error
            .code()
            .is_some_and(|code| !PASSING.iter().any(|class| code.starts_with(class))),
        sqlx::Error::Encode(_) | sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => true,
        _ => false,
    }
}

#[derive(Default)]
struct Finished {
    ids: Vec<i64>,
    notes: Vec<Option<String>>,
    retried: Vec<i64>,
}

impl Finished {
    fn push(&mut self, event: &Claimed, note: Option<&String>) {
        self.ids.push(event.id);
        self.notes.push(note.cloned());
        if event.retry_count > 0 {
            self.retried.push(event.id);
        }
    }

    async fn write(&self, connection: &mut PgConnection) -> sqlx::Result<()> {
        if self.ids.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "UPDATE marketing.pipeline_events e
             SET status = 'processed', processed_at = clock_timestamp(), error_message = d.note,
                 locked_by = NULL, locked_at = NULL
             FROM unnest($1::BIGINT[], $2::TEXT[]) AS d (id, note)
             WHERE e.id = d.id",
        )
        .bind(&self.ids)
        .bind(&self.notes)
        .execute(&mut *connection)
        .await?;
        if !self.retried.is_empty() {
            sqlx::query(
                "UPDATE marketing.pipeline_errors
                 SET resolved = TRUE, resolved_at = now(), resolved_by = coalesce(retried_by, 'retry'),
                     resolution_notes = 'A later attempt succeeded'
                 WHERE event_id = ANY($1) AND NOT resolved",
            )
            .bind(&self.retried)
            .execute(&mut *connection)
            .await?;
            sqlx::query("DELETE FROM marketing.dead_letters WHERE event_id = ANY($1)")
                .bind(&self.retried)
                .execute(connection)
                .await?;
        }
        Ok(())
    }
}

/// How an attempt failed.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Error,
    TimeOut,
    Permanent,
    Unknown,
}

#[derive(Default)]
struct Failures {
    events: Vec<Claimed>,
    messages: Vec<String>,
    kinds: Vec<&'static str>,
    /// Why nothing will try again, where that is so.
    dead: Vec<Option<&'static str>>,
    delays: Vec<f64>,
}

impl Failures {
    fn push(&mut self, policy: Policy, event: &Claimed, message: &str, kind: Kind) {
        let delay = backoff::delay(
            policy.attempt(event),
            policy.base,
            policy.cap,
            rand::rng().random(),
        );
        self.events.push(event.clone());
        self.messages.push(message.to_owned());
        self.kinds.push(if kind == Kind::TimeOut {
            "timeout"
        } else {
            "error"
        });
        self.dead.push(match kind {
            Kind::Permanent => Some("permanent"),
            Kind::Unknown => Some("unknown_outcome"),
            Kind::Error | Kind::TimeOut => policy.is_last(event).then_some("attempts"),
        });
        self.delays.push(delay.as_secs_f64());
    }

    /// Seconds until the next attempt of an event, if there is one.
    fn next_attempt(&self, event: &Claimed) -> Option<f64> {
        let at = self
            .events
            .iter()
            .position(|failed| failed.id == event.id)?;
        self.dead[at].is_none().then_some(self.delays[at])
    }

    async fn write(&self, connection: &mut PgConnection, run: Run<'_>) -> sqlx::Result<()> {
        if self.events.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = self.events.iter().map(|event| event.id).collect();
        sqlx::query(
            "UPDATE marketing.pipeline_events e
             SET retry_count = e.retry_count + 1, error_message = f.message, locked_by = NULL, locked_at = NULL,
                 status = CASE WHEN f.dead IS NOT NULL THEN 'failed' ELSE 'pending' END,
                 processed_at = CASE WHEN f.dead IS NOT NULL THEN clock_timestamp() END,
                 next_attempt_at = clock_timestamp() + make_interval(secs => f.delay)
             FROM unnest($1::BIGINT[], $2::TEXT[], $3::TEXT[], $4::DOUBLE PRECISION[]) AS f (id, message, dead, delay)
             WHERE e.id = f.id",
        )
        .bind(&ids)
        .bind(&self.messages)
        .bind(&self.dead)
        .bind(&self.delays)
        .execute(&mut *connection)
        .await?;
        if self.dead.iter().all(Option::is_none) {
            return Ok(());
        }
        sqlx::query(
            "WITH dead AS (
                 INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by)
                 SELECT f.id, f.dead, f.message, $5
                 FROM unnest($1::BIGINT[], $2::TEXT[], $3::TEXT[]) AS f (id, message, dead)
                 WHERE f.dead IS NOT NULL
                 ON CONFLICT (event_id) DO UPDATE
                 SET kind = excluded.kind, reason = excluded.reason, moved_by = excluded.moved_by, moved_at = excluded.moved_at
             )
             INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, error_details, severity, event_id, correlation_id)
             SELECT e.event_type, e.payload ->> 'record_id', f.message,
                    jsonb_build_object('workflow', $5, 'kind', f.kind, 'attempts', e.retry_count, 'batch_id', e.batch_id,
                        'company_name', e.payload -> 'company_name', 'slot_label', e.payload -> 'slot_label'),
                    'error', e.id, e.correlation_id
             FROM unnest($1::BIGINT[], $2::TEXT[], $3::TEXT[], $4::TEXT[]) AS f (id, message, dead, kind)
             JOIN marketing.pipeline_events e ON e.id = f.id
             WHERE f.dead IS NOT NULL",
        )
        .bind(&ids)
        .bind(&self.messages)
        .bind(&self.dead)
        .bind(&self.kinds)
        .bind(run.stage.workflow)
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// One run a record. Where statements work on all at once, a record's duration is its share of the batch.
async fn write_runs(
    connection: &mut PgConnection,
    run: Run<'_>,
    events: &[Claimed],
    outcomes: &[Outcome],
    failures: &Failures,
) -> sqlx::Result<()> {
    let seconds: Vec<f64> = if run.each.is_empty() {
        vec![run.took.as_secs_f64() / events.len().max(1) as f64; events.len()]
    } else {
        run.each.iter().map(Duration::as_secs_f64).collect()
    };
    let (statuses, messages): (Vec<&str>, Vec<Option<&str>>) = outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Done | Outcome::Noted(_) => ("ok", None),
            Outcome::TimedOut(message) => ("timeout", Some(message.as_str())),
            Outcome::Retry(message) | Outcome::Fail(message) | Outcome::Unknown(message) => {
                ("error", Some(message.as_str()))
            }
        })
        .unzip();
    let next: Vec<Option<f64>> = if failures.events.is_empty() {
        vec![None; events.len()]
    } else {
        events
            .iter()
            .map(|event| failures.next_attempt(event))
            .collect()
    };
    sqlx::query(
        "INSERT INTO marketing.workflow_stats
             (workflow_name, status, duration_seconds, error_message, triggered_by, batch_id, record_id, phase,
              event_id, correlation_id, attempt, worker_id, next_attempt_at)
         SELECT $1, r.status, round(r.seconds::NUMERIC, 6), r.message,
                CASE WHEN e.action_id IS NULL THEN 'neon_event' ELSE 'manual' END,
                r.batch_id, r.record_id, $3, r.event_id, e.correlation_id, r.attempt, $9,
                clock_timestamp() + make_interval(secs => r.next)
         FROM unnest($4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::BIGINT[], $10::INT[], $11::DOUBLE PRECISION[], $2::DOUBLE PRECISION[])
             AS r (status, message, batch_id, record_id, event_id, attempt, next, seconds)
         LEFT JOIN marketing.pipeline_events e ON e.id = r.event_id",
    )
    .bind(run.stage.workflow)
    .bind(&seconds)
    .bind(run.stage.phase)
    .bind(&statuses)
    .bind(&messages)
    .bind(events.iter().map(|event| event.batch_id.clone()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.record_id.clone()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.id).collect::<Vec<_>>())
    .bind(run.worker_id)
    .bind(events.iter().map(|event| event.retry_count + 1).collect::<Vec<_>>())
    .bind(&next)
    .execute(connection)
    .await?;
    Ok(())
}
