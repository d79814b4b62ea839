//! Every SQL statement of the pages and actions, one file or folder per noun.

pub mod action;
mod api_token;
mod api_token_use;
pub(crate) mod audit;
mod batch_pause;
mod batch_progress;
pub mod company;
mod company_detail;
pub(crate) mod contact;
pub(crate) mod cursor;
pub(crate) mod dead_letter;
pub mod error;
pub(crate) mod error_filter;
mod error_group;
mod error_group_act;
mod error_reopen;
pub(crate) mod event;
mod external;
pub mod identity;
mod intelligence;
mod lineage;
mod listed;
mod news;
pub mod overview;
pub mod password;
mod report;
mod retention;
mod saved_view;
mod schedule;
mod schedule_change;
mod search;
pub mod session;
mod stage;
mod stage_figures;
mod strip;
mod system;
pub mod token_secret;
mod trends;
pub mod user;
mod users;
mod vitals;
mod webhook;
mod webhook_act;
mod webhook_delivery;
pub(crate) mod window;
mod worker;
pub mod zone;

pub use listed::Piece;
pub(crate) use listed::{BY_TIME, COUNT_LIMIT, PAGE, PIECE, capped, cut, direction, page, rows};

/// The pattern for ILIKE that finds what a person typed as it stands; none for blanks.
pub(crate) fn contains(text: Option<&str>) -> Option<String> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    let escaped = text
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    Some(format!("%{escaped}%"))
}
