//! Stages whose effects are all in the database: claim, work and acknowledgement are one transaction.

use std::time::Instant;

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

async fn batch<S: LocalStage>(
    context: &Context,
    stage: &S,
    event_type: &'static str,
) -> sqlx::Result<usize> {
    let (taken, error) = attempt(context, stage, Take::Next(event_type, BATCH)).await?;
    if let Some(error) = error {
        isolate(context, stage, &taken, error).await?;
    }
    Ok(taken.len())
}

/// One transaction. The error of a statement comes back beside the events it may be due to.
async fn attempt<S: LocalStage>(
    context: &Context,
    stage: &S,
    take: Take<'_>,
) -> sqlx::Result<(Vec<Claimed>, Option<sqlx::Error>)> {
    let mut transaction = context.pool.begin().await?;
    let events = claim::lock(&mut transaction, &take).await?;
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

/// Halves a batch that failed until the event at fault stands alone and its neighbours are through.
async fn isolate<S: LocalStage>(
    context: &Context,
    stage: &S,
    events: &[Claimed],
    error: sqlx::Error,
) -> sqlx::Result<()> {
    let mut parts = vec![(events.to_vec(), error)];
    while let Some((part, error)) = parts.pop() {
        if let [event] = part.as_slice() {
            outcome::fail_alone(&context.pool, stage.name(), stage.policy(), event, &error).await?;
            continue;
        }
        for half in part.chunks(part.len().div_ceil(2)) {
            let ids: Vec<i64> = half.iter().map(|event| event.id).collect();
            let (taken, error) = attempt(context, stage, Take::These(&ids)).await?;
            if let Some(error) = error {
                parts.push((taken, error));
            }
        }
    }
    Ok(())
}
