//! The queue: claim, work, acknowledge. `marketing.pipeline_events` is the only one.
//!
//! A stage whose effects are all in the database works, makes its next events and acknowledges in the transaction
//! that claimed: exactly once, and a killed worker leaves nothing behind. A stage that calls out leases its events
//! first and is fenced by worker and attempt when it records what came back.

mod claim;
mod lane;
mod lease;
mod local;
mod outcome;
mod remote;
mod upkeep;

use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub(crate) use claim::Claimed;
pub(crate) use lane::Context;
pub(crate) use local::{LocalStage, work_locally};
pub(crate) use outcome::{Outcome, Policy};
pub(crate) use remote::{Answered, Intent, RemoteStage, Request, work_remotely};
pub use upkeep::Upkeep;

use crate::{Engine, Result, integrations::sandbox::Sandbox, stages};

/// How a worker behaves.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    /// The invented providers of enrichment and verification; without them those events are left to n8n.
    pub sandbox: Option<SandboxOptions>,
}

/// Shares of sandbox answers, each 0 to 1, and the delay of a slow one.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    pub not_found: f64,
    pub failing: f64,
    pub slow: f64,
    pub slow_delay: Duration,
}

/// A running worker.
pub struct Worker {
    context: Context,
    lanes: JoinSet<()>,
    beat: tokio::task::JoinHandle<()>,
    beating: CancellationToken,
}

impl Worker {
    /// Registers a worker and starts its lanes. Any number may run, in this process or in others.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`] when the worker cannot be registered.
    pub async fn start(engine: Engine, options: WorkerOptions) -> Result<Self> {
        let context = Context {
            worker_id: Uuid::new_v4().to_string(),
            stop: CancellationToken::new(),
            pool: engine.pool.clone(),
            live: engine.live.clone(),
        };
        lease::register(&context).await?;
        let beating = CancellationToken::new();
        let beat = tokio::spawn(lease::keep(context.clone(), beating.clone()));
        let mut lanes = JoinSet::new();
        let sandbox = options.sandbox.map(Sandbox::new);
        stages::spawn_all(&mut lanes, &context, sandbox.as_ref());
        Ok(Self {
            context,
            lanes,
            beat,
            beating,
        })
    }

    /// Drains: what is in hand is finished, then the leases are handed back.
    pub async fn stop(mut self) {
        self.context.stop.cancel();
        while self.lanes.join_next().await.is_some() {}
        self.beating.cancel();
        // The task never panics; its end is all that matters here.
        let _ = self.beat.await;
        if let Err(error) = lease::hand_back(&self.context).await {
            tracing::warn!(%error, "leases were not handed back; another worker takes them within seconds");
        }
    }
}
