//! Where a person is signed in, as they see it themselves.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// One browser in which a person is signed in. One from before a thing was kept has none of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// To end it by; no secret.
    pub number: i64,
    /// In words, such as `Chrome on Linux`.
    pub browser: Option<String>,
    /// The web address from which the person signed in.
    pub address: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    /// The last request, some minutes at most before it.
    pub seen_at: Option<DateTime<Utc>>,
    /// The one that asks.
    pub present: bool,
}
