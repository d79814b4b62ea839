//! Companies on their way through the pipeline.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    sort::{Column, Sort},
    window::Window,
};

/// How far a company has come. Each state implies that the earlier ones were passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompanyState {
    /// Imported, not validated yet.
    Imported,
    /// Validation said no.
    Rejected,
    /// Valid, not promoted yet.
    Validated,
    /// In the master table, without all its slots yet.
    Promoted,
    /// Slots open, nobody found in them yet.
    Slotted,
    /// At least one person found, no address confirmed yet.
    Enriched,
    /// At least one valid address.
    Verified,
}

impl CompanyState {
    pub const ALL: [Self; 7] = [
        Self::Imported,
        Self::Rejected,
        Self::Validated,
        Self::Promoted,
        Self::Slotted,
        Self::Enriched,
        Self::Verified,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Rejected => "rejected",
            Self::Validated => "validated",
            Self::Promoted => "promoted",
            Self::Slotted => "slotted",
            Self::Enriched => "enriched",
            Self::Verified => "verified",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// This state and the ones that follow from it.
    pub fn and_beyond(self) -> &'static [Self] {
        match self {
            Self::Imported => &Self::ALL,
            Self::Rejected => &[Self::Rejected],
            Self::Validated => &Self::ALL[2..],
            Self::Promoted => &Self::ALL[3..],
            Self::Slotted => &Self::ALL[4..],
            Self::Enriched => &Self::ALL[5..],
            Self::Verified => &Self::ALL[6..],
        }
    }
}

/// The filter of the companies page; it stands in the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompanyFilter {
    /// Text within name, website or Barton ID.
    pub search: Option<String>,
    pub batch: Option<String>,
    pub state: Option<CompanyState>,
    /// At least this far.
    pub reached: Option<CompanyState>,
    /// Whether something is wrong or under way.
    pub attention: Option<Attention>,
    /// When it was imported.
    #[serde(default)]
    pub window: Window,
    #[serde(default)]
    pub sort: Sort<CompanyColumn>,
    pub cursor: Option<String>,
}

/// What companies are sorted by; a state stands in no index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompanyColumn {
    Imported,
    /// The first 60 characters, in small letters; no name comes first.
    Name,
}

impl Column for CompanyColumn {
    const ALL: &'static [Self] = &[Self::Imported, Self::Name];

    fn name(self) -> &'static str {
        match self {
            Self::Imported => "imported",
            Self::Name => "name",
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Imported => "Imported",
            Self::Name => "Company",
        }
    }

    fn rises(self) -> bool {
        self == Self::Name
    }
}

/// What about a company asks for a look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attention {
    /// Unresolved errors.
    Errors,
    /// Events that wait or are worked on.
    Open,
}

impl Attention {
    pub const ALL: [Self; 2] = [Self::Errors, Self::Open];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Open => "open",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompanyRow {
    /// Key of the detail page: the intake id, or the Barton ID of a company without an intake row.
    pub key: String,
    pub barton_id: Option<String>,
    pub name: Option<String>,
    pub website: Option<String>,
    pub industry: Option<String>,
    pub batch_id: Option<String>,
    pub state: CompanyState,
    pub slots: i64,
    pub contacts: i64,
    pub valid_emails: i64,
    pub open_errors: i64,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CompanyDetail {
    pub row: CompanyRow,
    pub intake_id: Option<i64>,
    /// Label and value of every filled column, in reading order.
    pub facts: Vec<(String, String)>,
    pub validation_notes: Option<String>,
    /// Import file and line, when it came from one.
    pub source: Option<ImportSource>,
    pub slots: Vec<SlotDetail>,
    pub timeline: Vec<TimelineEntry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportSource {
    pub batch_id: String,
    pub file_name: Option<String>,
    pub line: Option<i64>,
}

/// One role at the company and the person found for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlotDetail {
    pub slot_id: String,
    pub label: String,
    /// The contact's row; absent before enrichment.
    pub enrichment_id: Option<i64>,
    /// Why there is no person: not_found or provider_error.
    pub reason: Option<String>,
    /// pending, processing, completed or failed; absent before enrichment.
    pub enrichment_status: Option<String>,
    /// `sandbox` marks invented people.
    pub enrichment_source: Option<String>,
    pub full_name: Option<String>,
    pub title: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub linkedin_url: Option<String>,
    /// valid, invalid, risky, unknown or pending; absent before verification.
    pub verification_status: Option<String>,
}

/// Something that happened to the company, newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// Of the event, or of the error.
    pub id: i64,
    pub at: DateTime<Utc>,
    pub kind: TimelineKind,
    /// Event type or error message.
    pub title: String,
    pub detail: Option<String>,
    /// Status of an event, severity of an error.
    pub status: Option<String>,
    pub record_id: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    Event,
    Error,
}
