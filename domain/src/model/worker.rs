//! Processes that work on the queue.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workers {
    pub as_of: DateTime<Utc>,
    /// The last started first.
    pub rows: Vec<WorkerRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerRow {
    pub worker_id: String,
    pub host: Option<String>,
    pub pid: Option<i64>,
    pub started_at: DateTime<Utc>,
    pub heartbeat_at: DateTime<Utc>,
    /// False once its leases may be taken from it.
    pub alive: bool,
    /// Events that it holds a lease of; what is done within one transaction needs none.
    pub leases: i64,
    pub oldest_lease: Option<DateTime<Utc>>,
}

impl WorkerRow {
    pub const fn state(&self) -> WorkerState {
        if self.alive {
            WorkerState::Alive
        } else {
            WorkerState::Silent
        }
    }
}

/// Whether a worker's heart was heard lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WorkerState {
    Alive,
    Silent,
}

impl WorkerState {
    pub const ALL: [Self; 2] = [Self::Alive, Self::Silent];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Silent => "silent",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}
