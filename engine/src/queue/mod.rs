//! The queue: claim, work, acknowledge. `marketing.pipeline_events` is the only one.
//!
//! A stage whose effects are all in the database works, makes its next events and acknowledges in the transaction
//! that claimed: exactly once, and a killed worker leaves nothing behind. A stage that calls out leases its events
//! first and is fenced by worker and attempt when it records what came back.

mod claim;
mod external;
mod floor;
mod heart;
mod held;
mod lane;
mod lease;
mod local;
#[cfg(test)]
mod model;
mod outcome;
mod panic;
mod remote;
#[cfg(feature = "sabotage")]
mod sabotage;
mod settings;
mod stage;
mod upkeep;

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinSet};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use claim::Claimed;
pub use external::UnknownOutcome;
use floor::Floors;
use heart::Heart;
use held::Held;
use lane::Context;
pub(crate) use lease::DEAD_AFTER;
pub use local::LocalStage;
pub use outcome::Outcome;
pub use remote::{Answered, Intent, RemoteStage, Request, Try};
use settings::Settings;
pub use stage::{Policy, StageInfo, StageSettings};
pub use upkeep::Upkeep;

use crate::{Engine, Result, integrations::sandbox::Sandbox, stages};

/// Batches that a stage whose effects are in the database works on at the same time, at most.
pub const MOST_LANES: usize = 8;

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

/// The stages of a worker as it starts.
pub struct Lanes {
    context: Context,
    tasks: JoinSet<()>,
    event_types: Vec<&'static str>,
}

impl Lanes {
    /// Adds a stage whose effects are all in the database.
    pub fn local<S: LocalStage>(&mut self, stage: S) {
        self.event_types.extend(stage.info().event_types);
        let stage = Arc::new(stage);
        for number in 0..MOST_LANES {
            self.tasks
                .spawn(local::work(self.context.clone(), stage.clone(), number));
        }
    }

    /// Adds a stage that calls out.
    pub fn remote<S: RemoteStage>(&mut self, stage: S) {
        self.event_types.extend(stage.info().event_types);
        let stage = Arc::new(stage);
        for number in 0..remote::LANES {
            self.tasks
                .spawn(remote::work(self.context.clone(), stage.clone(), number));
        }
    }
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
        let sandbox = options.sandbox.map(Sandbox::new);
        Self::start_with(&engine, |lanes| stages::add_all(lanes, sandbox.as_ref())).await
    }

    /// A worker with stages of the caller's choice.
    ///
    /// # Errors
    /// As [`Worker::start`].
    pub async fn start_with(engine: &Engine, add_stages: impl FnOnce(&mut Lanes)) -> Result<Self> {
        let (sender, settings) = watch::channel(Settings::default());
        let context = Context {
            worker_id: Uuid::new_v4().to_string(),
            stop: CancellationToken::new(),
            pool: engine.pool.clone(),
            live: engine.live.clone(),
            settings,
            held: Held::default(),
            floors: Floors::default(),
        };
        let mut heart = Heart {
            worker_id: context.worker_id.clone(),
            pool: engine.pool.clone(),
            connection: None,
            live: engine.live.clone(),
            event_types: Vec::new(),
            held: context.held.clone(),
            floors: context.floors.clone(),
            settings: sender,
        };
        // Before the first lane starts, so that what is paused is not worked on for a moment.
        heart.beat().await?;
        let mut lanes = Lanes {
            context: context.clone(),
            tasks: JoinSet::new(),
            event_types: Vec::new(),
        };
        add_stages(&mut lanes);
        heart.event_types = lanes.event_types;
        let beating = CancellationToken::new();
        Ok(Self {
            context,
            lanes: lanes.tasks,
            beat: tokio::spawn(heart.keep(beating.clone())),
            beating,
        })
    }

    /// As `marketing.pipeline_workers` knows it.
    pub fn id(&self) -> &str {
        &self.context.worker_id
    }

    /// Drains: what is in hand is finished, then the leases are handed back.
    pub async fn stop(mut self) {
        self.context.stop.cancel();
        while self.lanes.join_next().await.is_some() {}
        self.beating.cancel();
        // The task never panics; its end is all that matters here.
        let _ = self.beat.await;
        let own = std::slice::from_ref(&self.context.worker_id);
        if let Err(error) = lease::give_back(
            &self.context.pool,
            own,
            None,
            "The worker was stopped; another one goes on",
        )
        .await
        {
            tracing::warn!(%error, "leases were not handed back; another worker takes them within seconds");
        }
    }
}
