//! LISTEN on PostgreSQL, coalesced and broadcast to the websockets; it also rings the workers.

mod coalesce;
mod listen;
mod relay;
mod replay;

use std::sync::Arc;

use domain::model::system::Listening;
use sqlx::PgPool;
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How many coalesced messages a slow socket may lag behind before it is told to read everything again.
const BACKLOG: usize = 256;

/// Channel, and bell, of changed settings and pauses.
const SETTINGS: &str = "settings_event";

/// The process's one source of live messages. Clones share it.
#[derive(Clone, Debug)]
pub struct Live {
    sender: broadcast::Sender<Arc<str>>,
    doorbells: Arc<Doorbells>,
    /// How often the LISTEN connection was lost and made again.
    reconnections: Arc<watch::Sender<u64>>,
    listening: Arc<watch::Sender<Listening>>,
    stop: CancellationToken,
}

impl Live {
    pub(crate) fn start(pool: PgPool) -> Self {
        let live = Self {
            sender: broadcast::Sender::new(BACKLOG),
            doorbells: Arc::default(),
            reconnections: Arc::default(),
            listening: Arc::default(),
            stop: CancellationToken::new(),
        };
        let busy = Arc::new(Notify::new());
        let relay = relay::relay(pool.clone(), busy.clone());
        let listen = listen::listen(pool, live.clone(), busy);
        tokio::spawn(live.stop.clone().run_until_cancelled_owned(relay));
        tokio::spawn(live.stop.clone().run_until_cancelled_owned(listen));
        live
    }

    /// Whoever holds it keeps the feed going.
    pub(crate) fn until_dropped(&self) -> Arc<DropGuard> {
        Arc::new(self.stop.clone().drop_guard())
    }

    /// Ends the feed, and with it its connections.
    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    /// JSON text of [`domain::model::live::LiveMessage::Changed`], at most about 20 a second, the first after a quiet
    /// time at once. A receiver that lags must send [`crate::Engine::live_replay`] of nothing and go on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<str>> {
        self.sender.subscribe()
    }

    /// The state of the LISTEN connection, for people who ask.
    pub fn listening(&self) -> Listening {
        *self.listening.borrow()
    }

    /// Does the work, unless the database is found again after it was lost: what waits on a connection of before may wait
    /// for as long as TCP does, which is a quarter of an hour. As with every lost connection, whether a commit arrived
    /// is not known then.
    pub(crate) async fn while_connected<T>(
        &self,
        work: impl Future<Output = sqlx::Result<T>>,
    ) -> sqlx::Result<T> {
        let mut reconnections = self.reconnections.subscribe();
        tokio::select! {
            done = work => done,
            // The sender lives as long as `self`.
            _ = reconnections.changed() => {
                Err(std::io::Error::new(std::io::ErrorKind::TimedOut, "the connection was lost").into())
            }
        }
    }

    /// The bell that rings when an event of this type was recorded.
    pub(crate) fn doorbell(&self, event_type: &str) -> Arc<Notify> {
        self.doorbells.of(event_type)
    }

    /// The bell that rings when settings or pauses were changed.
    pub(crate) fn settings_bell(&self) -> Arc<Notify> {
        self.doorbells.of(SETTINGS)
    }

    fn send(&self, message: &domain::model::live::LiveMessage) {
        match serde_json::to_string(message) {
            // No receiver means no open page.
            Ok(text) => drop(self.sender.send(text.into())),
            Err(error) => tracing::error!(%error, "a live message could not be written"),
        }
    }
}

/// One bell for each event type that a worker waits for.
#[derive(Debug, Default)]
struct Doorbells(std::sync::Mutex<std::collections::HashMap<String, Arc<Notify>>>);

impl Doorbells {
    fn of(&self, event_type: &str) -> Arc<Notify> {
        let mut bells = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        bells.entry(event_type.to_owned()).or_default().clone()
    }

    fn ring(&self, event_type: &str) {
        let bells = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(bell) = bells.get(event_type) {
            bell.notify_one();
        }
    }

    fn ring_all(&self) {
        let bells = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        bells.values().for_each(|bell| bell.notify_one());
    }
}
