//! The LISTEN connection: kept alive, replaced when it is lost or silent.

use std::time::Duration;

use domain::model::live::{LiveMessage, Topic};
use sqlx::{PgPool, postgres::PgListener};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::{Live, coalesce::Coalescer};

const CHANNELS: [&str; 5] = [
    "pipeline_event",
    "error_event",
    "workflow_event",
    "import_event",
    ALIVE,
];
/// Our own channel: a message that must come back shows that the connection is not half-open.
const ALIVE: &str = "command_center_alive";
const QUIET: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(5);
const RECONNECT: Duration = Duration::from_secs(1);

/// Listens for ever; whatever may have been missed is said by a message with all topics.
pub(super) async fn listen(pool: PgPool, live: Live) {
    loop {
        match connect(&pool).await {
            Ok(mut listener) => {
                live.doorbells.ring_all();
                live.send(&LiveMessage::Changed {
                    topics: Topic::ALL.to_vec(),
                    events: Vec::new(),
                    count: 0,
                    last_id: 0,
                });
                if let Err(error) = forward(&mut listener, &pool, &live).await {
                    tracing::warn!(%error, "the LISTEN connection was lost; connecting again");
                }
            }
            Err(error) => tracing::warn!(%error, "LISTEN is not possible; trying again"),
        }
        sleep(RECONNECT).await;
    }
}

async fn connect(pool: &PgPool) -> sqlx::Result<PgListener> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.ignore_pool_close_event(true);
    listener.listen_all(CHANNELS).await?;
    Ok(listener)
}

/// Returns when the connection is lost or does not answer.
async fn forward(listener: &mut PgListener, pool: &PgPool, live: &Live) -> sqlx::Result<()> {
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
                    live.send(&message);
                }
            }
            received = listener.try_recv() => {
                let Some(notification) = received? else { return Ok(()) };
                heard = Instant::now();
                asked = false;
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
