//! The LISTEN connection: kept alive, replaced when it is lost or silent.

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use domain::model::live::LiveMessage;
use sqlx::{PgPool, postgres::PgListener};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    Live, SETTINGS,
    coalesce::Coalescer,
    relay::Rate,
    replay::{newest_id, replay},
};

const CHANNELS: [&str; 5] = [
    "pipeline_event",
    "error_event",
    "workflow_event",
    "import_event",
    SETTINGS,
];
/// After so long a silence the connection is asked something: without an answer it is half-open.
const QUIET: Duration = Duration::from_secs(5);
const ANSWER: Duration = Duration::from_secs(3);
const RECONNECT: Duration = Duration::from_secs(1);
/// For a new connection, on which a network that drops what it is given leaves us waiting.
const CONNECT: Duration = Duration::from_secs(4);

/// Listens for ever; what was recorded while nobody listened is read from the table. `busy` is told when more
/// transactions notify than PostgreSQL commits well.
pub(super) async fn listen(pool: PgPool, live: Live, busy: Arc<Notify>) {
    let mut last_id = None;
    let mut connected_before = false;
    loop {
        if let Err(error) = follow(&pool, &live, &busy, &mut last_id, &mut connected_before).await {
            tracing::warn!(%error, "the LISTEN connection was lost; connecting again");
        }
        live.listening.send_modify(|state| state.connected = false);
        sleep(RECONNECT).await;
    }
}

/// Returns when the connection is lost or does not answer. `last_id` is the newest event id that was passed on.
async fn follow(
    pool: &PgPool,
    live: &Live,
    busy: &Notify,
    last_id: &mut Option<i64>,
    connected_before: &mut bool,
) -> sqlx::Result<()> {
    if last_id.is_none() {
        *last_id = Some(newest_id(pool).await?);
    }
    let (mut listener, missed) = timeout(CONNECT, async {
        let listener = connect(pool).await?;
        Ok::<_, sqlx::Error>((listener, replay(pool, *last_id).await?))
    })
    .await
    .unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
    if std::mem::replace(connected_before, true) {
        live.reconnections.send_modify(|times| *times += 1);
    }
    live.listening.send_modify(|state| state.connected = true);
    live.doorbells.ring_all();
    live.send(&missed);
    forward(&mut listener, live, busy, last_id).await
}

async fn connect(pool: &PgPool) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.ignore_pool_close_event(true);
    listener.listen_all(CHANNELS).await?;
    Ok(listener)
}

async fn forward(
    listener: &mut PgListener,
    live: &Live,
    busy: &Notify,
    last_id: &mut Option<i64>,
) -> sqlx::Result<()> {
    let mut coalescer = Coalescer::default();
    let mut rate = Rate::default();
    let mut heard = Instant::now();
    loop {
        let flush = coalescer.due();
        tokio::select! {
            biased;
            () = sleep_until(flush.unwrap_or(heard + QUIET)), if flush.is_some() => {
                if let Some(message) = coalescer.take(Instant::now()) {
                    if let LiveMessage::Changed { last_id: newest, .. } = message {
                        *last_id = (*last_id).max(Some(newest));
                    }
                    live.send(&message);
                }
            }
            received = listener.try_recv() => {
                let Some(notification) = received? else { return Ok(()) };
                heard = Instant::now();
                live.listening.send_modify(|state| state.heard_at = Some(Utc::now()));
                if notification.channel() == SETTINGS {
                    live.doorbells.ring(SETTINGS);
                }
                if let Some(told) = coalescer.add(notification.channel(), notification.payload(), heard) {
                    live.doorbells.ring(&told.event_type);
                    if rate.is_high_with(told.at, heard) {
                        busy.notify_one();
                    }
                }
            }
            () = sleep_until(heard + QUIET) => {
                // What comes meanwhile is kept by the listener.
                match timeout(ANSWER, sqlx::query("SELECT").execute(&mut *listener)).await {
                    Ok(answer) => answer?,
                    Err(_) => {
                        tracing::warn!("the LISTEN connection is silent");
                        return Ok(());
                    }
                };
                heard = Instant::now();
            }
        }
    }
}
