//! A lane: one task that works on one kind of event until it is told to stop.

use std::{future::Future, time::Duration};

use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::live::Live;

/// Events made by hand do not notify: an idle lane looks for itself this often.
const IDLE_POLL: Duration = Duration::from_secs(1);
/// After the database did not answer.
const PAUSE: Duration = Duration::from_millis(500);

/// What every lane of a worker shares.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) worker_id: String,
    pub(crate) stop: CancellationToken,
    pub(crate) pool: PgPool,
    pub(crate) live: Live,
}

/// Takes batches until there are none, waits for the bell or the poll, and again.
pub(super) async fn run<F, B>(
    context: &Context,
    event_types: &[&'static str],
    lane: &'static str,
    mut batch: B,
) where
    B: FnMut() -> F,
    F: Future<Output = sqlx::Result<usize>>,
{
    let bells: Vec<_> = event_types
        .iter()
        .map(|event_type| context.live.doorbell(event_type))
        .collect();
    while !context.stop.is_cancelled() {
        let pause = match batch().await {
            Ok(0) => IDLE_POLL,
            Ok(_) => continue,
            Err(error) => {
                tracing::warn!(%error, lane, "the database did not answer; the lane tries again");
                PAUSE
            }
        };
        let rung = futures::future::select_all(bells.iter().map(|bell| Box::pin(bell.notified())));
        tokio::select! {
            () = context.stop.cancelled() => {}
            _ = rung => {}
            () = sleep(pause) => {}
        }
    }
}
