//! What n8n tells of its executions.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The executions that failed last, newest first, as of a time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FailedExecutions {
    pub rows: Vec<N8nExecution>,
    pub as_of: DateTime<Utc>,
}

/// One run of a workflow in n8n.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct N8nExecution {
    pub id: String,
    /// The workflow's name, or its id where n8n did not tell the name.
    pub workflow: String,
    /// How it was started: webhook, trigger, manual, retry.
    pub mode: String,
    pub started_at: Option<DateTime<Utc>>,
    pub stopped_at: Option<DateTime<Utc>>,
    /// Its page in n8n.
    pub url: String,
}
