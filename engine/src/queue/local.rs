//! Stages whose effects are all in the database: claim, work and acknowledgement are one transaction.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use domain::stage::StageName;
use sqlx::PgConnection;

use super::{
    Claimed, Context, Outcome, Policy,
    claim::{self, Take},
    lane, outcome,
};

/// Events of one transaction: enough that its fixed costs vanish, few enough that it stays below 100 ms.
const BATCH: i64 = 256;

#[async_trait]
pub(crate) trait LocalStage: Send + Sync + 'static {
    fn name(&self) -> StageName;
    fn policy(&self) -> Policy;
    /// Does the whole batch in set-based statements; one outcome for each event, in their order.
    async fn run(
        &self,
        connection: &mut PgConnection,
        events: &[Claimed],
    ) -> sqlx::Result<Vec<Outcome>>;
}

/// Works on the stage's events until told to stop.
pub(crate) async fn work_locally<S: LocalStage>(context: Context, stage: S) {
    let event_type = stage.name().consumes();
    lane::run(&context, &[event_type], event_type, || {
        batch(&context, &stage, event_type)
    })
    .await;
}

/// One batch. Where a statement fails it is halved until the event at fault stands alone and its neighbours are through.
async fn batch<S: LocalStage>(
    context: &Context,
    stage: &S,
    event_type: &'static str,
) -> sqlx::Result<usize> {
    let mut taken = 0;
    let mut parts = vec![Take::Next(event_type, BATCH)];
    while let Some(take) = parts.pop() {
        let (events, error) = attempt(context, stage, &take).await?;
        taken += events.len();
        match (error, events.as_slice()) {
            (None, _) => {}
            (Some(error), [event]) => fail_alone(context, stage, event, &error).await?,
            (Some(_), events) => parts.extend(Take::halves(events)),
        }
    }
    Ok(taken)
}

/// One transaction. The error of a statement comes back beside the events it may be due to.
async fn attempt<S: LocalStage>(
    context: &Context,
    stage: &S,
    take: &Take,
) -> sqlx::Result<(Vec<Claimed>, Option<sqlx::Error>)> {
    let mut transaction = context.pool.begin().await?;
    let events = claim::lock(&mut transaction, take).await?;
    if events.is_empty() {
        return Ok((events, None));
    }
    let started = Instant::now();
    let done = async {
        let outcomes = stage.run(&mut transaction, &events).await?;
        outcome::settle(
            &mut transaction,
            stage.name(),
            stage.policy(),
            &events,
            &outcomes,
            started.elapsed(),
        )
        .await?;
        transaction.commit().await
    };
    match done.await {
        Ok(()) => Ok((events, None)),
        Err(error) if outcome::blames_data(&error) => Ok((events, Some(error))),
        Err(error) => Err(error),
    }
}

/// Counts the failed attempt, unless another worker has the event by now.
async fn fail_alone<S: LocalStage>(
    context: &Context,
    stage: &S,
    event: &Claimed,
    error: &sqlx::Error,
) -> sqlx::Result<()> {
    let mut transaction = context.pool.begin().await?;
    let held = claim::lock(&mut transaction, &Take::These(vec![event.id])).await?;
    let outcomes = vec![outcome::refused(error); held.len()];
    outcome::settle(
        &mut transaction,
        stage.name(),
        stage.policy(),
        &held,
        &outcomes,
        Duration::ZERO,
    )
    .await?;
    transaction.commit().await
}
