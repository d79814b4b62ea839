//! The LISTEN connection: kept alive, replaced when it is lost or silent.

use std::time::Duration;

use domain::model::live::LiveMessage;
use sqlx::{PgPool, postgres::PgListener};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{
    Live, SETTINGS,
    coalesce::Coalescer,
    replay::{newest_id, replay},
};

const CHANNELS: [&str; 6] = [
    "pipeline_event",
    "error_event",
    "workflow_event",
    "import_event",
    SETTINGS,
    ALIVE,
];
/// Our own channel: a message that must come back shows that the connection is not half-open.
const ALIVE: &str = "command_center_alive";
const QUIET: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(5);
const RECONNECT: Duration = Duration::from_secs(1);

/// Listens for ever; what was recorded while nobody listened is read from the table.
pub(super) async fn listen(pool: PgPool, live: Live) {
    let mut last_id = None;
    loop {
        if let Err(error) = follow(&pool, &live, &mut last_id).await {
            tracing::warn!(%error, "the LISTEN connection was lost; connecting again");
        }
        sleep(RECONNECT).await;
    }
}

/// Returns when the connection is lost or does not answer. `last_id` is the newest event id that was passed on.
async fn follow(pool: &PgPool, live: &Live, last_id: &mut Option<i64>) -> sqlx::Result<()> {
    if last_id.is_none() {
        *last_id = Some(newest_id(pool).await?);
    }
    let mut listener = connect(pool).await?;
    live.doorbells.ring_all();
    live.send(&replay(pool, *last_id).await?);
    forward(&mut listener, pool, live, last_id).await
}

async fn connect(pool: &PgPool) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.ignore_pool_close_event(true);
    listener.listen_all(CHANNELS).await?;
    Ok(listener)
}

async fn forward(
    listener: &mut PgListener,
    pool: &PgPool,
    live: &Live,
    last_id: &mut Option<i64>,
) -> sqlx::Result<()> {
    let mut coalescer = Coalescer::default();
    let mut heard = Instant::now();
    let mut asked = false;
    loop {
        let flush = coalescer.due();
        let patience = heard + if asked { QUIET + ANSWER } else { QUIET };
        tokio::select! {
            biased;
            () = sleep_until(flush.unwrap_or(patience)), if flush.is_some() => {
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
                asked = false;
                if notification.channel() == SETTINGS {
                    live.doorbells.ring(SETTINGS);
                    continue;
                }
                if let Some(event_type) = coalescer.add(notification.channel(), notification.payload(), heard) {
                    live.doorbells.ring(&event_type);
                }
            }
            () = sleep_until(patience) => {
                if asked {
                    tracing::warn!("the LISTEN connection is silent");
                    return Ok(());
                }
                asked = true;
                // The pool's other connection sends it; a database that is down shows as silence.
                let _ = timeout(ANSWER, sqlx::query("SELECT pg_notify($1, '')").bind(ALIVE).execute(pool)).await;
            }
        }
    }
}
