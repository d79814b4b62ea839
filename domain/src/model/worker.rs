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
