//! `server all`, `serve` and `worker`: start, wait for a signal, stop in order.

use std::time::Duration;

use anyhow::Context;
use engine::{
    Engine,
    queue::{Upkeep, Worker, WorkerOptions},
};
use tokio::{net::TcpListener, time::timeout};
use tokio_util::sync::CancellationToken;

use super::welcome;
use crate::{
    config::Config,
    database::Surroundings,
    signals,
    web::{Web, WebOptions},
};

/// What this process does.
#[derive(Clone, Copy)]
pub(super) struct Parts {
    pub(super) web: bool,
    pub(super) worker: bool,
}

pub(super) async fn run(config: &Config, parts: Parts) -> anyhow::Result<()> {
    let stop = signals::stop_token()?;
    // Before the database starts: a port in use is the most common mistake.
    let listener = if parts.web {
        Some(listen(config).await?)
    } else {
        None
    };
    let surroundings = Surroundings::enter(config).await?;
    let ended = work(config, parts, listener, &surroundings, &stop).await;
    surroundings.leave().await?;
    ended
}

async fn listen(config: &Config) -> anyhow::Result<TcpListener> {
    TcpListener::bind(config.site_addr).await.with_context(|| {
        format!(
            "{} cannot be listened on; choose another with SITE_ADDR",
            config.site_addr
        )
    })
}

async fn work(
    config: &Config,
    parts: Parts,
    listener: Option<TcpListener>,
    surroundings: &Surroundings,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let engine = surroundings.start_engine().await?;
    // Uploaded files are on the web server's disk.
    if parts.web {
        let resumed = engine.resume_imports().await?;
        if resumed > 0 {
            tracing::info!(resumed, "imports that a former process left are continued");
        }
        tokio::spawn(engine.clone().tend_imports(stop.clone()));
    }
    let upkeep = Upkeep::start(&engine);
    let worker = if parts.worker {
        Some(start_worker(config, &engine).await?)
    } else {
        None
    };
    let web = match listener {
        Some(listener) => Some(Web::start(
            engine.clone(),
            WebOptions::from_config(config),
            listener,
        )?),
        None => None,
    };
    welcome::welcome(config, surroundings, &engine, web.as_ref()).await?;

    stop.cancelled().await;
    finish(config.shutdown, web, worker).await;
    upkeep.stop().await;
    close(&engine).await;
    Ok(())
}

async fn start_worker(config: &Config, engine: &Engine) -> anyhow::Result<Worker> {
    let sandbox = config.demo.then(|| config.sandbox.clone());
    if sandbox.is_none() {
        tracing::info!(
            "no provider finds people or verifies addresses here: those events wait for workflows outside, or for DEMO=true"
        );
    }
    Ok(Worker::start(engine.clone(), WorkerOptions { sandbox }).await?)
}

/// Requests first, since they may give work to the worker; then the worker, which needs the pool to the end.
async fn finish(patience: Duration, web: Option<Web>, worker: Option<Worker>) {
    if let Some(web) = web {
        web.stop(patience).await;
    }
    if let Some(worker) = worker
        && timeout(patience, worker.stop()).await.is_err()
    {
        tracing::warn!(
            "the worker did not finish within {patience:?}; its leases come back by themselves"
        );
    }
}

async fn close(engine: &Engine) {
    if timeout(Duration::from_secs(5), engine.close())
        .await
        .is_err()
    {
        tracing::warn!("some database connections did not end");
    }
}
