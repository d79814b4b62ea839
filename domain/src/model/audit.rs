//! The audit log: who did what, when and from where.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::window::Window;

/// What of the log is shown; `None` means "any". The list, its count and the export use this one predicate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditFilter {
    /// Exact name.
    pub actor: Option<String>,
    /// Such as `event.retry`; with a dot at the end, such as `event.`, all that begin so.
    pub action: Option<String>,
    /// Such as `event`, `stage`, `batch`, `import`, `user`.
    pub target_kind: Option<String>,
    pub target: Option<String>,
    #[serde(default)]
    pub window: Window,
}

/// A request for a page of the log, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditQuery {
    pub filter: AuditFilter,
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AuditEntry {
    pub id: i64,
    pub at: DateTime<Utc>,
    pub actor: String,
    /// The user's id; 0 for the command line and the system.
    pub actor_id: i64,
    /// A web address, `cli` or `system`.
    pub origin: String,
    pub action: String,
    pub target_kind: String,
    pub target: String,
    pub before: Option<serde_json::Value>,
    pub after: Option<serde_json::Value>,
    pub details: Option<serde_json::Value>,
}
