//! LISTEN on PostgreSQL, coalesced and broadcast to the websockets.

use std::sync::Arc;

use domain::model::live::LiveMessage;
use tokio::sync::broadcast;

use crate::{Engine, Result};

/// The process's one source of live messages. Clones share it.
#[derive(Clone, Debug)]
pub struct Live {
    sender: broadcast::Sender<Arc<str>>,
}

impl Live {
    /// JSON text of [`LiveMessage::Changed`], at most about 20 a second, the first after a quiet time at once.
    /// A receiver that lags must send [`Engine::live_snapshot`] and go on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<str>> {
        self.sender.subscribe()
    }
}

impl Engine {
    /// A `Changed` message with the events after `after` (with overlap, since ids are not in commit order; the
    /// browser drops the ones it has), or with all topics and no events when `after` is absent.
    pub async fn live_replay(&self, after: Option<i64>) -> Result<LiveMessage> {
        let _ = after;
        Err(crate::EngineError::Invalid("stub".into()))
    }
}
