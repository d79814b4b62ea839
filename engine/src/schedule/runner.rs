//! The runner of a process: looks for ticks that are due and does their jobs.

use std::time::Duration;

use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Done, Run,
    claim::{self, Step, Taken},
    jobs,
};
use crate::{Engine, Result};

/// Cron knows minutes; a person who asks for a run now waits for no longer than this.
const LOOK_EVERY: Duration = Duration::from_secs(5);
const BEAT_EVERY: Duration = Duration::from_secs(5);

/// Runs what is due until told to stop; then ends after the steps in hand.
pub(crate) async fn run(engine: Engine, stop: CancellationToken) {
    let runner = Uuid::new_v4().to_string();
    let mut running = JoinSet::new();
    while !stop.is_cancelled() {
        let due = start_due(&engine, &stop, &runner, &mut running);
        if let Err(error) = engine.live.while_connected(due).await {
            tracing::warn!(%error, "the schedules could not be looked at; trying again");
        }
        while running.try_join_next().is_some() {}
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(LOOK_EVERY) => {}
        }
    }
    while running.join_next().await.is_some() {}
}

impl Engine {
    /// Does what is due now, to its end, and returns the names of the schedules: for commands, beside the runner that
    /// every process of the server has.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`]. That a job failed is written in its run.
    pub async fn run_due_schedules(&self, stop: &CancellationToken) -> Result<Vec<String>> {
        let runner = Uuid::new_v4().to_string();
        let mut running = JoinSet::new();
        let started = start_due(self, stop, &runner, &mut running).await?;
        while running.join_next().await.is_some() {}
        Ok(started)
    }
}

/// Starts a task for each tick that is due: a long job must not keep others waiting.
async fn start_due(
    engine: &Engine,
    stop: &CancellationToken,
    runner: &str,
    running: &mut JoinSet<()>,
) -> sqlx::Result<Vec<String>> {
    let known = jobs::all().map(super::Job::name);
    let mut started = Vec::new();
    loop {
        match claim::take(&engine.pool, runner, &known).await? {
            Step::Idle => return Ok(started),
            Step::Planned => {}
            Step::Take(taken) => {
                started.push(taken.name.clone());
                running.spawn(work(engine.clone(), stop.clone(), taken));
            }
        }
    }
}

async fn work(engine: Engine, stop: CancellationToken, taken: Taken) {
    let Some(job) = jobs::all().into_iter().find(|job| job.name() == taken.job) else {
        return;
    };
    let run = Run {
        pool: engine.pool.clone(),
        stop,
    };
    let outcome = tokio::select! {
        outcome = job.run(&run) => outcome,
        () = keep(&engine, &taken) => {
            tracing::warn!(schedule = taken.name, "a run was given up as lost; its job ends here");
            return;
        }
    };
    let (status, result, error) = match outcome {
        Ok(Done::All(result)) => ("ok", Some(result), None),
        Ok(Done::Part(result)) => ("stopped", Some(result), None),
        Err(error) => ("failed", None, Some(error.to_string())),
    };
    match (&result, &error) {
        (_, Some(error)) => tracing::error!(schedule = taken.name, error, "a scheduled job failed"),
        (result, _) => {
            tracing::info!(
                schedule = taken.name,
                status,
                ?result,
                "a scheduled job ended"
            );
        }
    }
    // When this cannot be written, the run is lost twenty seconds from now, which is what the list then says.
    if let Err(error) = claim::finish(
        &engine.pool,
        &taken,
        status,
        result.as_ref(),
        error.as_deref(),
    )
    .await
    {
        tracing::warn!(%error, schedule = taken.name, "the end of a scheduled job was not written");
    }
}

/// Beats, and returns when the run is no longer ours.
async fn keep(engine: &Engine, taken: &Taken) {
    loop {
        sleep(BEAT_EVERY).await;
        match engine
            .live
            .while_connected(claim::beat(&engine.pool, taken))
            .await
        {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!(%error, "the heartbeat of a schedule was not written"),
        }
    }
}
