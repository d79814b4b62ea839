//! Acknowledgement: what became of each event of a batch, written in the batch's transaction.

use std::time::Duration;

use domain::{backoff, stage::StageName};
use rand::Rng;
use sqlx::PgConnection;

use super::Claimed;

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Done,
    /// Done, with a remark for whoever reads the event.
    Noted(String),
    /// Worth another attempt.
    Retry(String),
    /// As `Retry`; counted as a time-out.
    TimedOut(String),
    /// No attempt can help.
    Fail(String),
}

/// How often and how fast a stage tries again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    pub(crate) attempts: i32,
    pub(crate) base: Duration,
    pub(crate) cap: Duration,
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
    stage: StageName,
    policy: Policy,
    events: &[Claimed],
    outcomes: &[Outcome],
    took: Duration,
) -> sqlx::Result<Vec<Claimed>> {
    debug_assert_eq!(events.len(), outcomes.len());
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
            Outcome::Retry(message) => {
                failures.push(policy, event, message, "error", policy.is_last(event))
            }
            Outcome::TimedOut(message) => {
                failures.push(policy, event, message, "timeout", policy.is_last(event))
            }
            Outcome::Fail(message) => failures.push(policy, event, message, "error", true),
        }
    }
    for (event, last) in failures.events.iter().zip(&failures.last) {
        if *last {
            given_up.push(event.clone());
        }
    }
    done.write(connection).await?;
    failures.write(connection, stage).await?;
    write_runs(connection, stage, events, outcomes, took).await?;
    Ok(given_up)
}

/// The outcome of an event whose transaction was rolled back.
pub(super) fn refused(error: &sqlx::Error) -> Outcome {
    Outcome::Retry(format!("The database refused the result: {error}"))
}

/// Whether the error lies in what was written, and not in the connection, a deadlock or a server going down.
pub(super) fn blames_data(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => {
            // Classes: data, constraint, raise, syntax or names, limits. 40 is a deadlock, 08, 53 and 57 the server.
            error
                .code()
                .is_some_and(|code| ["22", "23", "P0", "42", "54"].contains(&&code[..2]))
        }
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
            .execute(connection)
            .await?;
        }
        Ok(())
    }
}

#[derive(Default)]
struct Failures {
    events: Vec<Claimed>,
    messages: Vec<String>,
    kinds: Vec<&'static str>,
    last: Vec<bool>,
    delays: Vec<f64>,
}

impl Failures {
    fn push(
        &mut self,
        policy: Policy,
        event: &Claimed,
        message: &str,
        kind: &'static str,
        last: bool,
    ) {
        let delay = backoff::delay(
            policy.attempt(event),
            policy.base,
            policy.cap,
            rand::rng().random(),
        );
        self.events.push(event.clone());
        self.messages.push(message.to_owned());
        self.kinds.push(kind);
        self.last.push(last);
        self.delays.push(delay.as_secs_f64());
    }

    async fn write(&self, connection: &mut PgConnection, stage: StageName) -> sqlx::Result<()> {
        if self.events.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = self.events.iter().map(|event| event.id).collect();
        sqlx::query(
            "UPDATE marketing.pipeline_events e
             SET retry_count = e.retry_count + 1, error_message = f.message, locked_by = NULL, locked_at = NULL,
                 status = CASE WHEN f.last THEN 'failed' ELSE 'pending' END,
                 processed_at = CASE WHEN f.last THEN clock_timestamp() END,
                 next_attempt_at = clock_timestamp() + make_interval(secs => f.delay)
             FROM unnest($1::BIGINT[], $2::TEXT[], $3::BOOLEAN[], $4::DOUBLE PRECISION[]) AS f (id, message, last, delay)
             WHERE e.id = f.id",
        )
        .bind(&ids)
        .bind(&self.messages)
        .bind(&self.last)
        .bind(&self.delays)
        .execute(&mut *connection)
        .await?;
        sqlx::query(
            "INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, error_details, severity, event_id, correlation_id)
             SELECT e.event_type, e.payload ->> 'record_id', f.message,
                    jsonb_build_object('workflow', $5, 'kind', f.kind, 'attempts', e.retry_count, 'batch_id', e.batch_id,
                        'company_name', e.payload -> 'company_name', 'slot_label', e.payload -> 'slot_label'),
                    'error', e.id, e.correlation_id
             FROM unnest($1::BIGINT[], $2::TEXT[], $3::BOOLEAN[], $4::TEXT[]) AS f (id, message, last, kind)
             JOIN marketing.pipeline_events e ON e.id = f.id
             WHERE f.last",
        )
        .bind(&ids)
        .bind(&self.messages)
        .bind(&self.last)
        .bind(&self.kinds)
        .bind(stage.workflow())
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// One run a record. A record's duration is its share of the batch: the statements work on all at once.
async fn write_runs(
    connection: &mut PgConnection,
    stage: StageName,
    events: &[Claimed],
    outcomes: &[Outcome],
    took: Duration,
) -> sqlx::Result<()> {
    let seconds = took.as_secs_f64() / events.len().max(1) as f64;
    let statuses: Vec<&str> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Done | Outcome::Noted(_) => "ok",
            Outcome::TimedOut(_) => "timeout",
            Outcome::Retry(_) | Outcome::Fail(_) => "error",
        })
        .collect();
    let messages: Vec<Option<&str>> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Done | Outcome::Noted(_) => None,
            Outcome::Retry(message) | Outcome::TimedOut(message) | Outcome::Fail(message) => {
                Some(message.as_str())
            }
        })
        .collect();
    sqlx::query(
        "INSERT INTO marketing.workflow_stats
             (workflow_name, status, duration_seconds, error_message, triggered_by, batch_id, record_id, phase,
              event_id, correlation_id)
         SELECT $1, r.status, round($2::NUMERIC, 6), r.message,
                CASE WHEN e.action_id IS NULL THEN 'neon_event' ELSE 'manual' END,
                r.batch_id, r.record_id, $3, r.event_id, e.correlation_id
         FROM unnest($4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[], $8::BIGINT[])
             AS r (status, message, batch_id, record_id, event_id)
         LEFT JOIN marketing.pipeline_events e ON e.id = r.event_id",
    )
    .bind(stage.workflow())
    .bind(seconds)
    .bind(stage.phase().name())
    .bind(&statuses)
    .bind(&messages)
    .bind(events.iter().map(|event| event.batch_id.clone()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.record_id.clone()).collect::<Vec<_>>())
    .bind(events.iter().map(|event| event.id).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}
