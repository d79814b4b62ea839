//! Stages that call out: lease and intent are committed first, the answer is recorded behind a fence.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures::{StreamExt, stream};
use sqlx::PgConnection;
use tokio::time::{sleep, timeout};

use super::{
    Claimed, Context, Outcome, StageInfo, StageSettings, UnknownOutcome,
    claim::{self, Take},
    external,
    held::Noted,
    lane::{self, Turn},
    outcome::{self, Run},
    panic,
};
use crate::connect;

/// Lanes of a stage that calls out: while one waits for a slow answer the other goes on.
pub(super) const LANES: usize = 2;
/// After the database did not take an answer.
const PAUSE: Duration = Duration::from_millis(500);

/// One call to a provider and the events that it answers.
pub struct Request<R> {
    pub events: Vec<Claimed>,
    pub call: R,
}

/// What a claim leads to: calls to make, and events that need none.
pub struct Intent<R> {
    pub requests: Vec<Request<R>>,
    pub settled: Vec<(Claimed, Outcome)>,
}

/// Which time a call is made, and under which key the provider knows it.
pub struct Try {
    /// From 1.
    pub number: u32,
    /// The same in every attempt of the same events.
    pub idempotency_key: String,
}

/// A call that came back; `Err` says what went wrong.
pub struct Answered<R, A> {
    pub events: Vec<Claimed>,
    pub call: R,
    pub answer: Result<A, Outcome>,
    pub took: Duration,
}

/// A stage that talks to the world outside.
#[async_trait]
pub trait RemoteStage: Send + Sync + 'static {
    type Call: Send + Sync;
    type Answer: Send + Sync;

    fn info(&self) -> StageInfo;
    /// What it runs with unless it is told otherwise.
    fn settings(&self) -> StageSettings {
        StageSettings::REMOTE
    }
    /// Whether a call may be made again when nobody knows what became of it. Under `Ask` a request is one event.
    fn unknown_outcome(&self) -> UnknownOutcome {
        UnknownOutcome::Repeat
    }
    /// Reads what the calls need and records the intent, in the transaction that leases.
    async fn intend(
        &self,
        connection: &mut PgConnection,
        events: Vec<Claimed>,
    ) -> sqlx::Result<Intent<Self::Call>>;
    /// Talks to the provider; no transaction is open.
    async fn call(&self, call: &Self::Call, attempt: &Try) -> Result<Self::Answer, Outcome>;
    /// Writes answers; one outcome for each event of each.
    async fn record(
        &self,
        connection: &mut PgConnection,
        answers: &[&Answered<Self::Call, Self::Answer>],
    ) -> sqlx::Result<Vec<Outcome>>;
    /// Marks the records of events that failed for good.
    async fn give_up(
        &self,
        _connection: &mut PgConnection,
        _events: &[Claimed],
    ) -> sqlx::Result<()> {
        Ok(())
    }
}

/// Works on the stage's events until told to stop: one of [`LANES`] lanes.
pub(super) async fn work<S: RemoteStage>(context: Context, stage: Arc<S>, number: usize) {
    let (context, stage) = (&context, stage.as_ref());
    lane::run(
        context,
        stage.info(),
        stage.settings(),
        (number, lanes),
        |settings| async move {
            let worker = Worker {
                context,
                stage,
                settings,
            };
            let mut took = false;
            for event_type in stage.info().event_types {
                match worker.batch(event_type).await? {
                    Turn::Took => took = true,
                    Turn::Nothing => {}
                    Turn::Held(rest) => return Ok(Turn::Held(rest)),
                }
            }
            Ok(if took { Turn::Took } else { Turn::Nothing })
        },
    )
    .await;
}

/// A single call at a time needs a single lane.
fn lanes(settings: &StageSettings) -> usize {
    settings.concurrency.min(LANES)
}

/// A lane at work on one batch, under the settings of the moment.
struct Worker<'a, S> {
    context: &'a Context,
    stage: &'a S,
    settings: StageSettings,
}

/// What a lease came to.
enum Leased<R> {
    Held(Duration),
    /// How many, their calls, and the note that this lane is at them.
    Asked(usize, Vec<Request<R>>, Option<Noted>),
    /// The error of a statement beside the events it may be due to, which then are not leased.
    Refused(Vec<Claimed>, sqlx::Error),
}

impl<S: RemoteStage> Worker<'_, S> {
    /// One batch, halved where its intent cannot be written, until the event at fault stands alone.
    async fn batch(&self, event_type: &'static str) -> sqlx::Result<Turn> {
        let mut taken = 0;
        let mut parts = vec![
            self.context
                .floors
                .take(event_type, self.settings.batch_size),
        ];
        while let Some(take) = parts.pop() {
            match self.context.live.while_connected(self.lease(&take)).await? {
                Leased::Held(rest) => return Ok(Turn::Held(rest)),
                Leased::Asked(events, requests, noted) => {
                    taken += events;
                    let settled = self.ask(requests).await;
                    if let (true, Some(noted)) = (settled, noted) {
                        noted.settled();
                    }
                }
                Leased::Refused(events, error) => {
                    taken += events.len();
                    match events.as_slice() {
                        [event] => {
                            let failed = self.fail_alone(event, None, &error);
                            self.context.live.while_connected(failed).await?;
                        }
                        events => parts.extend(Take::halves(events)),
                    }
                }
            }
        }
        Ok(if taken > 0 { Turn::Took } else { Turn::Nothing })
    }

    /// Leases and writes down what will be asked, in one transaction.
    async fn lease(&self, take: &Take) -> sqlx::Result<Leased<S::Call>> {
        let mut transaction = connect::begin(&self.context.pool).await?;
        let paused = self.context.settings.borrow().paused_batches.clone();
        let asked = Instant::now();
        let locked = claim::lock(&mut transaction, take, &paused).await?;
        self.context.floors.note(take, &locked, asked.elapsed());
        let mut events = locked.events;
        if events.is_empty() {
            if locked.aside > 0 {
                transaction.commit().await?;
            }
            return Ok(Leased::Asked(locked.aside, Vec::new(), None));
        }
        if take.is_next()
            && let Some(rest) =
                claim::pass_gate(&mut transaction, self.stage.info(), &self.settings).await?
        {
            return Ok(Leased::Held(rest));
        }
        let taken = events.len() + locked.aside;
        // Before the commit: whatever becomes of it, the heart knows what no lane is at.
        let noted = self.context.held.note(&events);
        let leased = async {
            let done = claim::done_before(&mut transaction, &events).await?;
            if !done.is_empty() {
                let (again, fresh): (Vec<_>, Vec<_>) =
                    events.drain(..).partition(|event| done.contains(&event.id));
                outcome::refuse(&mut transaction, self.run(Duration::ZERO), &again).await?;
                events = fresh;
            }
            claim::lease(&mut transaction, &mut events, &self.context.worker_id).await?;
            self.intend(&mut transaction, events.clone()).await
        };
        match connect::finish(leased.await, transaction).await {
            Ok(requests) => Ok(Leased::Asked(taken, requests, Some(noted))),
            Err(error) if outcome::blames_data(&error) => Ok(Leased::Refused(events, error)),
            Err(error) => Err(error),
        }
    }

    /// Settles what needs no call and returns the calls to make.
    async fn intend(
        &self,
        connection: &mut PgConnection,
        events: Vec<Claimed>,
    ) -> sqlx::Result<Vec<Request<S::Call>>> {
        let started = Instant::now();
        let mut intent = panic::caught_writing(self.stage.intend(connection, events)).await?;
        if self.stage.unknown_outcome() == UnknownOutcome::Ask {
            let (info, worker) = (self.stage.info(), &self.context.worker_id);
            let (requests, settled) =
                external::intend(connection, info, worker, intent.requests).await?;
            intent.requests = requests;
            intent.settled.extend(settled);
        }
        let (settled, outcomes): (Vec<_>, Vec<_>) = intent.settled.into_iter().unzip();
        self.settle(connection, self.run(started.elapsed()), &settled, &outcomes)
            .await?;
        Ok(intent.requests)
    }

    /// Makes the calls and records their answers as they come. Whether all are recorded.
    async fn ask(&self, requests: Vec<Request<S::Call>>) -> bool {
        let at_once = (self.settings.concurrency / lanes(&self.settings)).max(1);
        let calls = stream::iter(requests.into_iter().map(|request| self.call(request)));
        let mut answers = std::pin::pin!(
            calls
                .buffer_unordered(at_once)
                .ready_chunks(self.settings.batch_size.unsigned_abs() as usize)
        );
        let mut settled = true;
        while let Some(chunk) = answers.next().await {
            settled &= self.record(chunk).await;
        }
        settled
    }

    async fn call(&self, request: Request<S::Call>) -> Answered<S::Call, S::Answer> {
        let started = Instant::now();
        let attempt = Try {
            number: request
                .events
                .first()
                .map_or(1, |event| event.attempt.unsigned_abs()),
            idempotency_key: external::idempotency_key(self.stage.info(), &request.events),
        };
        let time_out = self.settings.time_out;
        let call = panic::caught(self.stage.call(&request.call, &attempt));
        let answer = timeout(time_out, call)
            .await
            .map(|called| called.unwrap_or_else(|panic| Err(Outcome::Retry(panic.to_string()))))
            .unwrap_or_else(|_| {
                Err(Outcome::TimedOut(format!(
                    "The provider did not answer within {} s",
                    time_out.as_secs_f64()
                )))
            });
        Answered {
            events: request.events,
            call: request.call,
            answer,
            took: started.elapsed(),
        }
    }

    /// Records a chunk, and keeps trying while the database is away: the answers were paid for. Whether it is recorded.
    async fn record(&self, chunk: Vec<Answered<S::Call, S::Answer>>) -> bool {
        let mut settled = true;
        let mut parts = vec![chunk];
        while let Some(mut part) = parts.pop() {
            let error = loop {
                let recorded = self.record_once(&part);
                match self.context.live.while_connected(recorded).await {
                    Ok(()) => break None,
                    Err(error) if outcome::blames_data(&error) => break Some(error),
                    Err(error) if self.context.stop.is_cancelled() => {
                        tracing::warn!(%error, "answers were not recorded before the stop; their events are handed back");
                        return false;
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
                let holder = Some(self.context.worker_id.as_str());
                let failed = self.fail_alone(event, holder, &error);
                if let Err(error) = self.context.live.while_connected(failed).await {
                    tracing::error!(%error, event_id = event.id, "a failure was not recorded; the event is handed back");
                    settled = false;
                }
            }
        }
        settled
    }

    async fn record_once(&self, answers: &[Answered<S::Call, S::Answer>]) -> sqlx::Result<()> {
        let mut transaction = connect::begin(&self.context.pool).await?;
        let leased: Vec<&Claimed> = answers
            .iter()
            .flat_map(|answered| &answered.events)
            .collect();
        let held = claim::fence(&mut transaction, &leased, &self.context.worker_id).await?;
        // Another worker has the rest by now. Whole answers are dropped, so that none is written in part.
        let kept: Vec<_> = answers
            .iter()
            .filter(|answered| {
                answered
                    .events
                    .iter()
                    .all(|event| held.contains(&event.lease()))
            })
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
        let mut outcomes =
            panic::caught_writing(self.stage.record(&mut transaction, &kept)).await?;
        let events: Vec<Claimed> = kept
            .iter()
            .flat_map(|answered| answered.events.iter().cloned())
            .collect();
        if self.stage.unknown_outcome() == UnknownOutcome::Ask {
            for outcome in &mut outcomes {
                if let Outcome::TimedOut(message) = outcome {
                    *outcome =
                        Outcome::Unknown(format!("{message}: whether it happened is not known"));
                }
            }
            let settled: Vec<_> = events
                .iter()
                .cloned()
                .zip(outcomes.iter().cloned())
                .collect();
            external::mark(&mut transaction, self.stage.info(), &settled).await?;
        }
        let each: Vec<Duration> = kept
            .iter()
            .flat_map(|answered| answered.events.iter().map(|_| answered.took))
            .collect();
        let run = Run {
            each: &each,
            ..self.run(Duration::ZERO)
        };
        self.settle(&mut transaction, run, &events, &outcomes)
            .await?;
        transaction.commit().await
    }

    /// Counts the failed attempt of an event that is still leased to the holder, or still waits if it has none.
    async fn fail_alone(
        &self,
        event: &Claimed,
        holder: Option<&str>,
        error: &sqlx::Error,
    ) -> sqlx::Result<()> {
        let mut transaction = connect::begin(&self.context.pool).await?;
        let held: Vec<Claimed> = match holder {
            Some(holder) => {
                let held = claim::fence(&mut transaction, &[event], holder).await?;
                held.iter().map(|_| event.clone()).collect()
            }
            None => {
                let take = Take::These(vec![event.id]);
                claim::lock(&mut transaction, &take, &Default::default())
                    .await?
                    .events
            }
        };
        for event in &held {
            let given_up =
                outcome::settle_refused(&mut transaction, self.run(Duration::ZERO), event, error)
                    .await?;
            self.give_up(&mut transaction, &given_up).await?;
        }
        transaction.commit().await
    }

    async fn settle(
        &self,
        connection: &mut PgConnection,
        run: Run<'_>,
        events: &[Claimed],
        outcomes: &[Outcome],
    ) -> sqlx::Result<()> {
        let given_up = outcome::settle(connection, run, events, outcomes).await?;
        self.give_up(connection, &given_up).await
    }

    async fn give_up(&self, connection: &mut PgConnection, events: &[Claimed]) -> sqlx::Result<()> {
        if events.is_empty() {
            return Ok(());
        }
        self.stage.give_up(connection, events).await
    }

    fn run(&self, took: Duration) -> Run<'_> {
        Run {
            stage: self.stage.info(),
            policy: self.settings.policy,
            worker_id: &self.context.worker_id,
            took,
            each: &[],
        }
    }
}
