//! Messages of the websocket `/ws/events`. They say what changed; pages then read the new state.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// From the server to the browser, as JSON text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveMessage {
    /// First message of a connection.
    Hello {
        last_id: i64,
        at: DateTime<Utc>,
        /// The browser's half that goes with the server; a page that was rendered with another one is out of date.
        build: Option<String>,
    },
    /// Something changed. `events` holds at most 50 of the newest, oldest first; `count` says how many there were.
    Changed {
        /// Which resources are stale.
        topics: Vec<Topic>,
        events: Vec<LiveEvent>,
        count: u64,
        /// Highest event id seen; to be sent back as `?after=` on reconnect.
        last_id: i64,
    },
    /// Sent every 15 s, so that a dead connection is noticed.
    Ping { at: DateTime<Utc> },
}

/// What a page may have to read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Events were added or finished: queue, strip, cards, companies.
    Pipeline,
    /// `marketing.pipeline_errors` changed.
    Errors,
    /// An import batch moved.
    Imports,
    /// A stage or a batch was paused, resumed or given other numbers.
    Settings,
}

impl Topic {
    pub const ALL: [Self; 4] = [Self::Pipeline, Self::Errors, Self::Imports, Self::Settings];
}

/// One line of the live feed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveEvent {
    pub id: i64,
    pub event_type: String,
    pub record_id: Option<String>,
    /// Company, role or address: what a person recognises.
    pub label: Option<String>,
    pub at: DateTime<Utc>,
}
