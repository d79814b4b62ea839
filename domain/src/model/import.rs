//! Import batches: an uploaded file on its way into the intake table.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    sort::{Column, Sort},
    window::Window,
};

/// A column of the intake table that a CSV column can be mapped to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    Company,
    CompanyNameForEmails,
    Website,
    CompanyLinkedinUrl,
    Industry,
    NumEmployees,
    CompanyStreet,
    CompanyCity,
    CompanyState,
    CompanyPostalCode,
    CompanyCountry,
    CompanyAddress,
    CompanyPhone,
    SicCodes,
    FoundedYear,
    FacebookUrl,
    TwitterUrl,
    StateAbbrev,
}

impl Field {
    pub const ALL: [Self; 18] = [
        Self::Company,
        Self::CompanyNameForEmails,
        Self::Website,
        Self::CompanyLinkedinUrl,
        Self::Industry,
        Self::NumEmployees,
        Self::CompanyStreet,
        Self::CompanyCity,
        Self::CompanyState,
        Self::CompanyPostalCode,
        Self::CompanyCountry,
        Self::CompanyAddress,
        Self::CompanyPhone,
        Self::SicCodes,
        Self::FoundedYear,
        Self::FacebookUrl,
        Self::TwitterUrl,
        Self::StateAbbrev,
    ];

    /// The column of `intake.company_raw_intake`.
    pub const fn column(self) -> &'static str {
        match self {
            Self::Company => "company",
            Self::CompanyNameForEmails => "company_name_for_emails",
            Self::Website => "website",
            Self::CompanyLinkedinUrl => "company_linkedin_url",
            Self::Industry => "industry",
            Self::NumEmployees => "num_employees",
            Self::CompanyStreet => "company_street",
            Self::CompanyCity => "company_city",
            Self::CompanyState => "company_state",
            Self::CompanyPostalCode => "company_postal_code",
            Self::CompanyCountry => "company_country",
            Self::CompanyAddress => "company_address",
            Self::CompanyPhone => "company_phone",
            Self::SicCodes => "sic_codes",
            Self::FoundedYear => "founded_year",
            Self::FacebookUrl => "facebook_url",
            Self::TwitterUrl => "twitter_url",
            Self::StateAbbrev => "state_abbrev",
        }
    }

    pub fn parse(column: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.column() == column)
    }
}

/// For each CSV column, in file order, the field it goes to; `None` keeps it as an extra.
pub type Mapping = Vec<Option<Field>>;

/// What an uploaded file looks like, before anything is imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    pub batch_id: String,
    pub file_name: String,
    pub size_bytes: i64,
    /// Such as "UTF-8", "UTF-8 with BOM", "UTF-16 LE", "Latin-1".
    pub encoding: String,
    /// Such as "comma", "semicolon", "tab", "pipe".
    pub delimiter: String,
    /// Header names; "Column 1" and so on where the file has no header.
    pub headers: Vec<String>,
    pub has_header: bool,
    /// The guess, to be confirmed.
    pub mapping: Mapping,
    /// The first line as it is, whether it holds names or a company.
    pub first_row: Vec<String>,
    /// The first rows, at most ten, as text.
    pub rows: Vec<Vec<String>>,
}

/// Where an import stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportStatus {
    /// Uploaded, waiting for its mapping to be confirmed.
    Uploaded,
    Importing,
    Completed,
    Failed,
    Cancelled,
}

impl ImportStatus {
    pub const ALL: [Self; 5] = [
        Self::Uploaded,
        Self::Importing,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Uploaded => "uploaded",
            Self::Importing => "importing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// A row of `intake.import_batches`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImportBatch {
    pub batch_id: String,
    pub file_name: Option<String>,
    pub size_bytes: i64,
    pub importer: String,
    pub status: ImportStatus,
    pub total_rows: i64,
    pub accepted: i64,
    pub duplicates: i64,
    pub rejected: i64,
    /// Accepted rows that validation rejected afterwards; counted for a single batch only, 0 in lists.
    pub invalid: i64,
    /// Bytes of the file read so far, for the progress bar.
    pub bytes_read: i64,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// What went wrong, or "Already imported as …; nothing was added".
    pub message: Option<String>,
}

/// The filter of the list of imports; it stands in the URL.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportFilter {
    /// Text within batch, file name or importer.
    pub search: Option<String>,
    pub status: Option<ImportStatus>,
    /// When the file came.
    #[serde(default)]
    pub window: Window,
    #[serde(default)]
    pub sort: Sort<ImportColumn>,
    pub cursor: Option<String>,
}

/// What batches are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportColumn {
    Started,
    Batch,
    Rows,
    Accepted,
    Duplicates,
    Rejected,
}

impl Column for ImportColumn {
    const ALL: &'static [Self] = &[
        Self::Started,
        Self::Batch,
        Self::Rows,
        Self::Accepted,
        Self::Duplicates,
        Self::Rejected,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Batch => "batch",
            Self::Rows => "rows",
            Self::Accepted => "accepted",
            Self::Duplicates => "duplicates",
            Self::Rejected => "rejected",
        }
    }

    fn heading(self) -> &'static str {
        match self {
            Self::Started => "Started",
            Self::Batch => "Batch",
            Self::Rows => "Rows",
            Self::Accepted => "Accepted",
            Self::Duplicates => "Duplicates",
            Self::Rejected => "Rejected",
        }
    }

    fn rises(self) -> bool {
        self == Self::Batch
    }
}

/// A row of a file that did not become a company, with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportReject {
    /// Line in the file, counted from 1, of the record's first line.
    pub line: i64,
    /// `duplicate` or `rejected`.
    pub outcome: String,
    pub reason: String,
    pub fields: Vec<String>,
}
