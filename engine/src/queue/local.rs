//! Stages whose effects are all in the database: claim, work and acknowledgement are one transaction.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use sqlx::PgConnection;

use super::{
    Claimed, Context, MOST_LANES, Outcome, StageInfo, StageSettings,
    claim::{self, Take},
    lane::{self, Turn},
    outcome::{self, Run},
    panic,
};
use crate::connect;

/// A stage whose effects are all in the database.
#[async_trait]
pub trait LocalStage: Send + Sync + 'static {
    fn info(&self) -> StageInfo;
    /// What it runs with unless it is told otherwise.
    fn settings(&self) -> StageSettings {
        StageSettings::LOCAL
    }
    /// Does the whole batch in set-based statements; one outcome for each event, in their order.
    async fn run(
        &self,
        connection: &mut PgConnection,
        events: &[Claimed],
    ) -> sqlx::Result<Vec<Outcome>>;
}

/// Works on the stage's events until told to stop: one of [`MOST_LANES`] lanes.
pub(super) async fn work<S: LocalStage>(context: Context, stage: std::sync::Arc<S>, number: usize) {
    let lanes = |settings: &StageSettings| settings.concurrency.min(MOST_LANES);
    let (context, stage) = (&context, stage.as_ref());
    lane::run(
        context,
        stage.info(),
        stage.settings(),
        (number, lanes),
        |settings| async move {
            let mut took = false;
            for event_type in stage.info().event_types {
                match batch(context, stage, &settings, event_type).await? {
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

/// What one transaction came to.
enum Attempt {
    Held(Duration),
    Settled(usize),
    /// The error of a statement beside the events it may be due to.
    Refused(Vec<Claimed>, sqlx::Error),
}

/// One batch. Where a statement fails it is halved until the event at fault stands alone and its neighbours are through.
async fn batch<S: LocalStage>(
    context: &Context,
    stage: &S,
    settings: &StageSettings,
    event_type: &'static str,
) -> sqlx::Result<Turn> {
    let mut taken = 0;
    let mut parts = vec![context.floors.take(event_type, settings.batch_size)];
    while let Some(take) = parts.pop() {
        let attempted = attempt(context, stage, settings, &take);
        match context.live.while_connected(attempted).await? {
            Attempt::Held(rest) => return Ok(Turn::Held(rest)),
            Attempt::Settled(events) => taken += events,
            Attempt::Refused(events, error) => {
                taken += events.len();
                match events.as_slice() {
                    [event] => {
                        let failed = fail_alone(context, stage, settings, event, &error);
                        context.live.while_connected(failed).await?;
                    }
                    events => parts.extend(Take::halves(events)),
                }
            }
        }
    }
    Ok(if taken > 0 { Turn::Took } else { Turn::Nothing })
}

async fn attempt<S: LocalStage>(
    context: &Context,
    stage: &S,
    settings: &StageSettings,
    take: &Take,
) -> sqlx::Result<Attempt> {
    let mut transaction = connect::begin(&context.pool).await?;
    let paused = context.settings.borrow().paused_batches.clone();
    let asked = Instant::now();
    let locked = claim::lock(&mut transaction, take, &paused).await?;
    context.floors.note(take, &locked, asked.elapsed());
    let events = locked.events;
    if events.is_empty() {
        if locked.aside > 0 {
            transaction.commit().await?;
        }
        return Ok(Attempt::Settled(locked.aside));
    }
    if take.is_next()
        && let Some(rest) = claim::pass_gate(&mut transaction, stage.info(), settings).await?
    {
        return Ok(Attempt::Held(rest));
    }
    #[cfg(feature = "sabotage")]
    let mut transaction = super::sabotage::acknowledge_early(context, transaction, &events).await?;
    let started = Instant::now();
    let done = async {
        sqlx::query("SELECT set_config('statement_timeout', $1, TRUE)")
            .bind(settings.time_out.as_millis().to_string())
            .execute(&mut *transaction)
            .await?;
        let outcomes = panic::caught_writing(stage.run(&mut transaction, &events)).await?;
        let run = Run {
            took: started.elapsed(),
            ..run_of(context, stage, settings)
        };
        outcome::settle(&mut transaction, run, &events, &outcomes).await
    };
    match connect::finish(done.await, transaction).await {
        Ok(_) => Ok(Attempt::Settled(events.len() + locked.aside)),
        Err(error) if outcome::blames_data(&error) => Ok(Attempt::Refused(events, error)),
        Err(error) => Err(error),
    }
}

/// Counts the failed attempt, unless another worker has the event by now.
async fn fail_alone<S: LocalStage>(
    context: &Context,
    stage: &S,
    settings: &StageSettings,
    event: &Claimed,
    error: &sqlx::Error,
) -> sqlx::Result<()> {
    let mut transaction = connect::begin(&context.pool).await?;
    let take = Take::These(vec![event.id]);
    let held = claim::lock(&mut transaction, &take, &Default::default())
        .await?
        .events;
    for event in &held {
        let run = run_of(context, stage, settings);
        outcome::settle_refused(&mut transaction, run, event, error).await?;
    }
    transaction.commit().await
}

fn run_of<'a, S: LocalStage>(context: &'a Context, stage: &S, settings: &StageSettings) -> Run<'a> {
    Run {
        stage: stage.info(),
        policy: settings.policy,
        worker_id: &context.worker_id,
        took: Duration::ZERO,
        each: &[],
    }
}
