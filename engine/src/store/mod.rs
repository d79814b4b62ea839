//! Every SQL statement of the pages and actions, one file or folder per noun.

pub mod action;
pub(crate) mod audit;
mod batch_pause;
pub mod company;
mod company_detail;
pub(crate) mod cursor;
pub(crate) mod dead_letter;
pub mod error;
mod error_filter;
pub(crate) mod event;
mod external;
mod lineage;
pub mod overview;
mod retention;
mod schedule;
mod schedule_change;
mod stage;
mod stage_figures;
mod strip;
pub mod user;
mod worker;

use domain::model::Count;

/// Rows of one page of a list.
pub(crate) const PAGE: i64 = 50;
/// Where counting stops, so that no page waits for a large count.
pub(crate) const COUNT_LIMIT: i64 = 10_000;

/// The pattern for ILIKE that finds what a person typed as it stands; none for blanks.
pub(crate) fn contains(text: Option<&str>) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    let escaped = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    Some(format!("%{escaped}%"))
}

/// A count that was read with `LIMIT COUNT_LIMIT + 1`.
pub(crate) fn capped(n: i64) -> Count {
    Count {
        n: n.min(COUNT_LIMIT),
        capped: n > COUNT_LIMIT,
    }
}
