//! Work by the clock: the schedules of the database, run by whichever process comes first.
//!
//! A tick is taken by locking the schedule's row and writing its run under the key of schedule and tick, so that it is
//! run once. Who runs it beats; a run that no longer beats is lost, and its schedule is free for the next tick.

mod claim;
pub(crate) mod cron;
mod jobs;
mod prune;
mod runner;

use serde_json::Value;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

pub(crate) use runner::run;

/// A kind of work that schedules name: one file in `jobs`.
#[async_trait::async_trait]
pub(crate) trait Job: Send + Sync {
    /// The name that `marketing.schedules.job` holds.
    fn name(&self) -> &'static str;

    /// Does the work, in steps that are short, and asks between them whether to stop.
    async fn run(&self, run: &Run) -> crate::Result<Done>;
}

/// What a job works with.
pub(crate) struct Run {
    pub(crate) pool: PgPool,
    /// Set when the process ends: finish the step in hand and return what was done.
    pub(crate) stop: CancellationToken,
}

/// How a job ended; the value says what it did, as counts by name.
pub(crate) enum Done {
    All(Value),
    /// It was told to stop; the next run goes on.
    Part(Value),
}
