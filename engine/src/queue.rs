//! The queue: claim, work, acknowledge.

use crate::{Engine, Result};

/// How a worker behaves.
#[derive(Clone, Debug)]
pub struct WorkerOptions {
    pub sandbox: SandboxOptions,
}

/// Shares of sandbox answers, each 0 to 1, and the delay of a slow one.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    pub not_found: f64,
    pub failing: f64,
    pub slow: f64,
    pub slow_delay: std::time::Duration,
}

/// A running worker; `stop` drains it: what is in hand is finished or handed back.
pub struct Worker {}

impl Worker {
    pub async fn start(engine: Engine, options: WorkerOptions) -> Result<Self> {
        let _ = (engine, options);
        Ok(Self {})
    }

    pub async fn stop(self) {}
}
