//! What a data provider tells of a person.

use serde::{Deserialize, Serialize};

/// A person found at a company, as every enrichment provider returns it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundPerson {
    pub name: String,
    pub title: String,
    pub email: Option<String>,
    /// E.164, such as `+12125550147`.
    pub phone: Option<String>,
    pub linkedin_url: Option<String>,
}
