//! Contacts: everybody who was looked for in a slot, found or not.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    sort::{Column, Sort},
    window::Window,
};

/// What is known of a contact's address: its newest verdict, in the words of `email_verification`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailState {
    Valid,
    Invalid,
    Risky,
    Unknown,
    /// An address without a verdict.
    Pending,
    /// No address, and no verdict on one.
    None,
}

impl EmailState {
    pub const ALL: [Self; 6] = [
        Self::Valid,
        Self::Invalid,
        Self::Risky,
        Self::Unknown,
        Self::Pending,
        Self::None,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid => "invalid",
            Self::Risky => "risky",
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::None => "none",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// How far the search for a person has come: `contact_enrichment.enrichment_status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrichmentStatus {
    /// Waits to be looked for.
    Pending,
    /// A provider is being asked.
    Processing,
    /// Somebody was found.
    Completed,
    /// Nobody was found, or the provider failed.
    Failed,
}

impl EnrichmentStatus {
    pub const ALL: [Self; 4] = [
        Self::Pending,
        Self::Processing,
        Self::Completed,
        Self::Failed,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// The filter of the contacts page; it stands in the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactFilter {
    /// Text within the person's name, the address or the company's name.
    pub search: Option<String>,
    pub email: Option<EmailState>,
    /// The label of the slot, such as "CEO".
    pub role: Option<String>,
    pub status: Option<EnrichmentStatus>,
    /// Of the company's import.
    pub batch: Option<String>,
    /// Barton ID of one company.
    pub company: Option<String>,
    /// When the search for the person began.
    #[serde(default)]
    pub window: Window,
    #[serde(default)]
    pub sort: Sort<ContactColumn>,
    pub cursor: Option<String>,
}

/// What contacts are sorted by: every further index would be written to by each person that is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactColumn {
    Since,
}

impl Column for ContactColumn {
    const ALL: &'static [Self] = &[Self::Since];

    fn name(self) -> &'static str {
        "since"
    }

    fn heading(self) -> &'static str {
        "Since"
    }

    fn rises(self) -> bool {
        false
    }
}

/// One slot in which somebody was looked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactRow {
    pub id: i64,
    pub full_name: Option<String>,
    pub title: Option<String>,
    /// Barton ID of the person in `people_master`.
    pub person_id: Option<String>,
    pub slot_id: String,
    /// The label of the slot.
    pub role: Option<String>,
    /// Barton ID of the company.
    pub company_id: Option<String>,
    pub company_name: Option<String>,
    pub batch_id: Option<String>,
    pub email: Option<String>,
    pub email_state: EmailState,
    /// When the newest verdict came, and from which service.
    pub verified_at: Option<DateTime<Utc>>,
    pub verification_service: Option<String>,
    pub status: EnrichmentStatus,
    /// Why there is nobody: not_found, provider_error, or a word of another workflow's.
    pub reason: Option<String>,
    /// `sandbox` marks invented people.
    pub source: Option<String>,
    pub created_at: DateTime<Utc>,
    pub enriched_at: Option<DateTime<Utc>>,
}

impl ContactRow {
    /// The person's name, or why there is none.
    pub fn who(&self) -> String {
        if let Some(name) = &self.full_name {
            return name.clone();
        }
        match (self.status, self.reason.as_deref()) {
            (EnrichmentStatus::Pending, _) => "waits to be looked for".to_owned(),
            (EnrichmentStatus::Processing, _) => "is being looked for".to_owned(),
            (EnrichmentStatus::Completed, _) => "found, without a name".to_owned(),
            (EnrichmentStatus::Failed, None) => "nobody found".to_owned(),
            (EnrichmentStatus::Failed, Some("not_found")) => {
                "nobody found: the provider knows nobody".to_owned()
            }
            (EnrichmentStatus::Failed, Some("provider_error")) => {
                "nobody found: the provider failed".to_owned()
            }
            (EnrichmentStatus::Failed, Some(other)) => format!("nobody found: {other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for state in EmailState::ALL {
            assert_eq!(EmailState::parse(state.name()), Some(state));
        }
        for status in EnrichmentStatus::ALL {
            assert_eq!(EnrichmentStatus::parse(status.name()), Some(status));
        }
        assert_eq!(EmailState::parse("verified"), None);
        assert_eq!(EnrichmentStatus::parse(""), None);
    }

    #[test]
    fn whoever_is_missing_has_a_reason() {
        let row = |name: Option<&str>, status, reason: Option<&str>| ContactRow {
            id: 1,
            full_name: name.map(str::to_owned),
            title: None,
            person_id: None,
            slot_id: "04.04.05.81.00001.001".into(),
            role: Some("CEO".into()),
            company_id: None,
            company_name: None,
            batch_id: None,
            email: None,
            email_state: EmailState::None,
            verified_at: None,
            verification_service: None,
            status,
            reason: reason.map(str::to_owned),
            source: None,
            created_at: DateTime::UNIX_EPOCH,
            enriched_at: None,
        };
        use EnrichmentStatus::{Completed, Failed, Pending, Processing};
        let table = [
            (Some("Ada Test"), Completed, None, "Ada Test"),
            (Some("Ada Test"), Failed, Some("provider_error"), "Ada Test"),
            (None, Completed, None, "found, without a name"),
            (None, Pending, None, "waits to be looked for"),
            (None, Processing, Some("not_found"), "is being looked for"),
            (None, Failed, None, "nobody found"),
            (
                None,
                Failed,
                Some("not_found"),
                "nobody found: the provider knows nobody",
            ),
            (
                None,
                Failed,
                Some("provider_error"),
                "nobody found: the provider failed",
            ),
            (None, Failed, Some("left"), "nobody found: left"),
        ];
        for (name, status, reason, expected) in table {
            assert_eq!(row(name, status, reason).who(), expected);
        }
    }
}
