//! A lane: one task that works on a stage's events until it is told to stop.

use std::{future::Future, time::Duration};

use sqlx::PgPool;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use super::{StageInfo, StageSettings, floor::Floors, held::Held, settings::Settings};
use crate::live::Live;

/// After the database did not answer.
const PAUSE: Duration = Duration::from_millis(500);
/// A bell that is missed for whatever reason costs no more than this; the heart rings for what is due.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// What every lane of a worker shares.
#[derive(Clone)]
pub(crate) struct Context {
    pub(super) worker_id: String,
    pub(super) stop: CancellationToken,
    pub(super) pool: PgPool,
    pub(super) live: Live,
    pub(super) settings: watch::Receiver<Settings>,
    pub(super) held: Held,
    pub(super) floors: Floors,
}

/// What a look at the queue came to.
pub(super) enum Turn {
    Took,
    Nothing,
    /// There is work, but not before this time.
    Held(Duration),
}

/// Takes batches until there are none, waits for the bell, and again. `number` is the lane's, from 0; `lanes` says how
/// many of the stage's lanes shall work under the settings of the moment.
pub(super) async fn run<F, B>(
    context: &Context,
    stage: StageInfo,
    own: StageSettings,
    (number, lanes): (usize, fn(&StageSettings) -> usize),
    mut batch: B,
) where
    B: FnMut(StageSettings) -> F,
    F: Future<Output = sqlx::Result<Turn>>,
{
    let mut changes = context.settings.clone();
    let bells: Vec<_> = stage
        .event_types
        .iter()
        .map(|event_type| context.live.doorbell(event_type))
        .collect();
    while !context.stop.is_cancelled() {
        let settings = changes.borrow_and_update().of(stage.name, own);
        if settings.paused || number >= lanes(&settings) {
            tokio::select! {
                () = context.stop.cancelled() => {}
                _ = changes.changed() => {}
            }
            continue;
        }
        let rest = match batch(settings).await {
            Ok(Turn::Took) => {
                // Where one lane finds a batch there may be work for the next.
                bells.iter().for_each(|bell| bell.notify_one());
                continue;
            }
            Ok(Turn::Nothing) => LONGEST_REST,
            Ok(Turn::Held(rest)) => {
                tokio::select! {
                    () = context.stop.cancelled() => {}
                    _ = changes.changed() => {}
                    () = sleep(rest) => {}
                }
                continue;
            }
            Err(error) => {
                tracing::warn!(%error, stage = stage.name, "the database did not answer; the lane tries again");
                PAUSE
            }
        };
        let rung = futures::future::select_all(bells.iter().map(|bell| Box::pin(bell.notified())));
        tokio::select! {
            () = context.stop.cancelled() => {}
            _ = rung => {}
            () = sleep(rest) => {}
        }
    }
}
