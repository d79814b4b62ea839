//! Stages that call out: lease and intent are committed first, the answer is recorded behind a fence.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::stage::StageName;
use futures::{StreamExt, stream};
use sqlx::PgConnection;
use tokio::time::{sleep, timeout};

use super::{
    Claimed, Context, Outcome, Policy,
    claim::{self, Take},
    lane, outcome,
};

/// Events leased at once by a lane; a killed worker leaves at most this many to be taken back.
const BATCH: i64 = 255;
/// Calls under way in one lane.
const CONCURRENCY: usize = 48;
/// After the database did not take an answer.
const PAUSE: Duration = Duration::from_millis(500);

/// One call to a provider and the events that it answers.
pub(crate) struct Request<R> {
    pub(crate) events: Vec<Claimed>,
    pub(crate) call: R,
}

/// What a claim leads to: calls to make, and events that need none.
pub(crate) struct Intent<R> {
    pub(crate) requests: Vec<Request<R>>,
    pub(crate) settled: Vec<(Claimed, Outcome)>,
}

/// A call that came back; `Err` says what went wrong.
pub(crate) struct Answered<R, A> {
    pub(crate) events: Vec<Claimed>,
    pub(crate) call: R,
    pub(crate) answer: Result<A, Outcome>,
    pub(crate) took: Duration,
}

#[async_trait]
pub(crate) trait RemoteStage: Send + Sync + 'static {
    type Call: Send + Sync;
    type Answer: Send + Sync;

    fn name(&self) -> StageName;
    fn policy(&self) -> Policy;
    /// How long one call may take.
    fn time_out(&self) -> Duration;
    /// Reads what the calls need and records the intent, in the transaction that leases.
    async fn intend(
        &self,
        connection: &mut PgConnection,
        events: Vec<Claimed>,
    ) -> sqlx::Result<Intent<Self::Call>>;
    /// Talks to the provider; no transaction is open.
    async fn call(&self, call: &Self::Call, attempt: u32) -> Result<Self::Answer, Outcome>;
    /// Writes answers; one outcome for each event of each.
    async fn record(
        &self,
        connection: &mut PgConnection,
        answers: &[&Answered<Self::Call, Self::Answer>],
    ) -> sqlx::Result<Vec<Outcome>>;
    /// Marks the records of events that failed for good.
    async fn give_up(&self, connection: &mut PgConnection, events: &[Claimed]) -> sqlx::Result<()>;
}

/// Works on the stage's events until told to stop.
pub(crate) async fn work_remotely<S: RemoteStage>(context: Context, stage: std::sync::Arc<S>) {
    let types = stage.name().event_types();
    lane::run(&context, types, types[0], || async {
        let mut taken = 0;
        for event_type in types {
            taken += batch(&context, stage.as_ref(), event_type).await?;
        }
        Ok(taken)
    })
    .await;
}

/// One batch, halved where its intent cannot be written, until the event at fault stands alone.
async fn batch<S: RemoteStage>(
    context: &Context,
    stage: &S,
    event_type: &'static str,
) -> sqlx::Result<usize> {
    let mut taken = 0;
    let mut parts = vec![Take::Next(event_type, BATCH)];
    while let Some(take) = parts.pop() {
        let (events, requests) = lease(context, stage, &take).await?;
        taken += events.len();
        match (requests, events.as_slice()) {
            (Ok(requests), _) => ask(context, stage, requests).await,
            (Err(error), [event]) => fail_alone(context, stage, event, None, &error).await?,
            (Err(_), events) => parts.extend(Take::halves(events)),
        }
    }
    Ok(taken)
}

/// Leases and writes down what will be asked, in one transaction. The error of a statement comes back beside the
/// events it may be due to, which then are not leased.
async fn lease<S: RemoteStage>(
    context: &Context,
    stage: &S,
    take: &Take,
) -> sqlx::Result<(Vec<Claimed>, sqlx::Result<Vec<Request<S::Call>>>)> {
    let started = Instant::now();
    let mut transaction = context.pool.begin().await?;
    let events = claim::lease(&mut transaction, take, &context.worker_id).await?;
    if events.is_empty() {
        return Ok((events, Ok(Vec::new())));
    }
    let leased = async {
        let intent = stage.intend(&mut transaction, events.clone()).await?;
        let (settled, outcomes): (Vec<_>, Vec<_>) = intent.settled.into_iter().unzip();
        outcome::settle(
            &mut transaction,
            stage.name(),
            stage.policy(),
            &settled,
            &outcomes,
            started.elapsed(),
        )
        .await?;
        transaction.commit().await?;
        Ok(intent.requests)
    };
    match leased.await {
        Err(error) if !outcome::blames_data(&error) => Err(error),
        requests => Ok((events, requests)),
    }
}

/// Makes the calls and records their answers as they come.
async fn ask<S: RemoteStage>(context: &Context, stage: &S, requests: Vec<Request<S::Call>>) {
    let calls = stream::iter(requests.into_iter().map(|request| call(stage, request)));
    let mut answers = std::pin::pin!(
        calls
            .buffer_unordered(CONCURRENCY)
            .ready_chunks(BATCH as usize)
    );
    while let Some(chunk) = answers.next().await {
        record(context, stage, chunk).await;
    }
}

async fn call<S: RemoteStage>(
    stage: &S,
    request: Request<S::Call>,
) -> Answered<S::Call, S::Answer> {
    let started = Instant::now();
    let attempt = request
        .events
        .first()
        .map_or(1, |event| event.attempt.unsigned_abs());
    let answer = timeout(stage.time_out(), stage.call(&request.call, attempt))
        .await
        .unwrap_or_else(|_| {
            Err(Outcome::TimedOut(format!(
                "The provider did not answer within {} s",
                stage.time_out().as_secs()
            )))
        });
    Answered {
        events: request.events,
        call: request.call,
        answer,
        took: started.elapsed(),
    }
}

/// Records a chunk, and keeps trying while the database is away: the answers were paid for.
async fn record<S: RemoteStage>(
    context: &Context,
    stage: &S,
    chunk: Vec<Answered<S::Call, S::Answer>>,
) {
    let mut parts = vec![chunk];
    while let Some(mut part) = parts.pop() {
        let error = loop {
            match record_once(context, stage, &part).await {
                Ok(()) => break None,
                Err(error) if outcome::blames_data(&error) => break Some(error),
                Err(error) if context.stop.is_cancelled() => {
                    tracing::warn!(%error, "answers were not recorded before the stop; their events are handed back");
                    return;
                }
                Err(error) => tracing::warn!(%error, "answers were not recorded; trying again"),
            }
            sleep(PAUSE).await;
        };
        let Some(error) = error else { continue };
        if part.len() > 1 {
            let half = part.split_off(part.len() / 2);
            parts.extend([part, half]);
            continue;
        }
        for event in part.iter().flat_map(|answered| &answered.events) {
            let holder = Some(context.worker_id.as_str());
            if let Err(error) = fail_alone(context, stage, event, holder, &error).await {
                tracing::error!(%error, event_id = event.id, "a failure was not recorded; the event stays leased");
            }
        }
    }
}

/// Counts the failed attempt of an event that is still leased to the holder, or still waits if it has none.
async fn fail_alone<S: RemoteStage>(
    context: &Context,
    stage: &S,
    event: &Claimed,
    holder: Option<&str>,
    error: &sqlx::Error,
) -> sqlx::Result<()> {
    let mut transaction = context.pool.begin().await?;
    let held = match holder {
        Some(holder) => {
            let held = claim::fence(&mut transaction, &[event], holder).await?;
            held.iter().map(|_| event.clone()).collect()
        }
        None => claim::lock(&mut transaction, &Take::These(vec![event.id])).await?,
    };
    let outcomes = vec![outcome::refused(error); held.len()];
    let given_up = outcome::settle(
        &mut transaction,
        stage.name(),
        stage.policy(),
        &held,
        &outcomes,
        Duration::ZERO,
    )
    .await?;
    if !given_up.is_empty() {
        stage.give_up(&mut transaction, &given_up).await?;
    }
    transaction.commit().await
}

async fn record_once<S: RemoteStage>(
    context: &Context,
    stage: &S,
    answers: &[Answered<S::Call, S::Answer>],
) -> sqlx::Result<()> {
    let mut transaction = context.pool.begin().await?;
    let leased: Vec<&Claimed> = answers
        .iter()
        .flat_map(|answered| &answered.events)
        .collect();
    let held = claim::fence(&mut transaction, &leased, &context.worker_id).await?;
    // Another worker has the rest by now. Whole answers are dropped, so that none is written in part.
    let kept: Vec<_> = answers
        .iter()
        .filter(|answered| answered.events.iter().all(|event| held.contains(&event.id)))
        .collect();
    if kept.len() < answers.len() {
        tracing::warn!(
            lost = answers.len() - kept.len(),
            "leases were lost before the answers came"
        );
    }
    if kept.is_empty() {
        return Ok(());
    }
    let outcomes = stage.record(&mut transaction, &kept).await?;
    let events: Vec<Claimed> = kept
        .iter()
        .flat_map(|answered| answered.events.iter().cloned())
        .collect();
    let took = kept.iter().map(|answered| answered.took).sum();
    let given_up = outcome::settle(
        &mut transaction,
        stage.name(),
        stage.policy(),
        &events,
        &outcomes,
        took,
    )
    .await?;
    if !given_up.is_empty() {
        stage.give_up(&mut transaction, &given_up).await?;
    }
    transaction.commit().await
}
