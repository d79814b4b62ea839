//! Calls that must not be made twice: the intent is committed with the lease, the outcome with the answer. Where there
//! is an intent without an outcome nobody knows what happened, and the event waits for a person.

use std::collections::HashMap;

use sqlx::PgConnection;

use super::{Claimed, Outcome, Request, StageInfo};

/// Whether a stage may ask again when nobody knows what became of the first time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownOutcome {
    /// Looking something up twice costs at most money.
    Repeat,
    /// A second message or a second record outside would be seen: a person decides.
    Ask,
}

/// The key that a provider is given: the same for every attempt of the same event.
pub(super) fn idempotency_key(stage: StageInfo, events: &[Claimed]) -> String {
    let id = events.first().map_or(0, |event| event.id);
    format!("{}-{id}", stage.name)
}

/// Writes the intents. What was done before, or may have been, is not asked again.
pub(super) async fn intend<R>(
    connection: &mut PgConnection,
    stage: StageInfo,
    worker_id: &str,
    requests: Vec<Request<R>>,
) -> sqlx::Result<(Vec<Request<R>>, Vec<(Claimed, Outcome)>)> {
    let keys: Vec<String> = requests
        .iter()
        .map(|request| idempotency_key(stage, &request.events))
        .collect();
    let known: Vec<(String, String)> = sqlx::query_as(
        "SELECT idempotency_key, state FROM marketing.external_calls WHERE idempotency_key = ANY($1) FOR UPDATE",
    )
    .bind(&keys)
    .fetch_all(&mut *connection)
    .await?;
    let known: HashMap<String, String> = known.into_iter().collect();
    let (mut fresh, mut settled) = (Vec::new(), Vec::new());
    for (request, key) in requests.into_iter().zip(&keys) {
        let outcome = match known.get(key).map(String::as_str) {
            None | Some("failed") => {
                fresh.push(request);
                continue;
            }
            Some("done") => Outcome::Noted("It was done before; not done again".into()),
            Some(_) => Outcome::Unknown(
                "A worker stopped between asking and hearing: whether it happened is not known"
                    .into(),
            ),
        };
        settled.extend(
            request
                .events
                .into_iter()
                .map(|event| (event, outcome.clone())),
        );
    }
    let of = |request: &Request<R>| {
        request
            .events
            .first()
            .map_or((0, 0), |event| (event.id, event.attempt))
    };
    let (ids, attempts): (Vec<i64>, Vec<i32>) = fresh.iter().map(of).unzip();
    let keys: Vec<String> = fresh
        .iter()
        .map(|request| idempotency_key(stage, &request.events))
        .collect();
    sqlx::query(
        "INSERT INTO marketing.external_calls AS c (idempotency_key, event_id, stage, worker_id, attempt)
         SELECT r.key, r.event_id, $4, $5, r.attempt
         FROM unnest($1::TEXT[], $2::BIGINT[], $3::INT[]) AS r (key, event_id, attempt)
         ON CONFLICT (idempotency_key) DO UPDATE
         SET state = 'intended', worker_id = excluded.worker_id, attempt = excluded.attempt,
             intended_at = clock_timestamp(), outcome_at = NULL, message = NULL",
    )
    .bind(&keys)
    .bind(&ids)
    .bind(&attempts)
    .bind(stage.name)
    .bind(worker_id)
    .execute(&mut *connection)
    .await?;
    mark(connection, stage, &settled).await?;
    Ok((fresh, settled))
}

/// Writes what became of the calls, in the transaction that records their answers.
pub(super) async fn mark(
    connection: &mut PgConnection,
    stage: StageInfo,
    settled: &[(Claimed, Outcome)],
) -> sqlx::Result<()> {
    let (mut keys, mut states, mut messages) = (Vec::new(), Vec::new(), Vec::new());
    for (event, outcome) in settled {
        let (state, message) = match outcome {
            Outcome::Done | Outcome::Noted(_) => ("done", None),
            Outcome::Retry(message) | Outcome::Fail(message) => ("failed", Some(message)),
            Outcome::TimedOut(message) | Outcome::Unknown(message) => ("unknown", Some(message)),
        };
        keys.push(idempotency_key(stage, std::slice::from_ref(event)));
        states.push(state);
        messages.push(message);
    }
    sqlx::query(
        "UPDATE marketing.external_calls c
         SET state = r.state, outcome_at = clock_timestamp(), message = r.message
         FROM unnest($1::TEXT[], $2::TEXT[], $3::TEXT[]) AS r (key, state, message)
         WHERE c.idempotency_key = r.key AND c.state <> 'done'",
    )
    .bind(&keys)
    .bind(&states)
    .bind(&messages)
    .execute(connection)
    .await?;
    Ok(())
}
