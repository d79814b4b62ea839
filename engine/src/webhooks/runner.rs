//! The process that delivers: one at a time, however many there are.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, Semaphore, broadcast},
    task::{AbortHandle, JoinSet},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{deliver::Lane, turn};
use crate::Engine;

/// Events handed out in one transaction.
const MOST: i32 = 500;
/// Questions about deliveries that the database is asked at a time.
const QUESTIONS: usize = 4;
/// Between two turns at least, so that many notifications are few questions.
const PACE: Duration = Duration::from_millis(50);

/// Delivers until told to stop. `bell` rings when something waits; without a webhook it never does, and nothing is asked.
pub(crate) async fn run(engine: Engine, stop: CancellationToken, bell: Arc<Notify>) {
    let process = Uuid::new_v4().to_string();
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => break,
            () = bell.notified() => {}
        }
        if let Err(error) = work(&engine, &stop, &bell, &process).await {
            tracing::warn!(%error, "the webhooks could not be looked after; trying again");
        }
    }
}

/// Keeps the turn while there are webhooks. What is on its way when the turn is lost is dropped, and comes again.
async fn work(
    engine: &Engine,
    stop: &CancellationToken,
    bell: &Notify,
    process: &str,
) -> sqlx::Result<()> {
    let lease = engine.config.webhooks.lease;
    let questions = Arc::new(Semaphore::new(QUESTIONS));
    let mut lanes = JoinSet::new();
    let mut busy: HashMap<i64, AbortHandle> = HashMap::new();
    while !stop.is_cancelled() {
        // Before the look, so that nothing is missed after it.
        let mut feed = engine.live.subscribe();
        let looking = turn::take(&engine.pool, process, lease, MOST);
        let turn = engine.live.while_connected(looking).await?;
        if !turn.mine {
            return Ok(());
        }
        busy.retain(|_, lane| !lane.is_finished());
        for webhook in turn.due {
            let lane = Lane {
                engine: engine.clone(),
                stop: stop.clone(),
                webhook,
                questions: questions.clone(),
            };
            busy.entry(webhook)
                .or_insert_with(|| lanes.spawn(lane.run()));
        }
        if !turn.following && lanes.is_empty() {
            break;
        }
        if turn.more {
            continue;
        }
        sleep(PACE).await;
        tokio::select! {
            () = stop.cancelled() => {}
            () = bell.notified() => {}
            () = heard(&mut feed) => {}
            Some(_) = lanes.join_next() => {}
            // The turn is kept while something is on its way.
            () = sleep(lease / 5), if !busy.is_empty() => {}
        }
    }
    // What is on its way may arrive: each has a time-out.
    while lanes.join_next().await.is_some() {}
    turn::leave(&engine.pool, process).await
}

/// Something was committed somewhere.
async fn heard(feed: &mut broadcast::Receiver<Arc<str>>) {
    if let Err(broadcast::error::RecvError::Closed) = feed.recv().await {
        std::future::pending().await
    }
}
