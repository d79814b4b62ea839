//! What the server tells the pages: one file per subject, plain data.

pub mod action;
pub mod audit;
pub mod batch;
pub mod bulk;
pub mod company;
pub mod contact;
pub mod dead_letter;
pub mod doctor;
pub mod error;
pub mod error_group;
pub mod event;
pub mod event_detail;
pub mod help;
pub mod import;
pub mod lineage;
pub mod live;
pub mod n8n;
pub mod news;
pub mod overview;
pub mod replay;
pub mod report;
pub mod retention;
pub mod run;
pub mod saved_view;
pub mod schedule;
pub mod search;
pub mod session;
pub mod sort;
pub mod stage;
pub mod system;
pub mod token;
pub mod trends;
pub mod user;
pub mod webhook;
pub mod window;
pub mod worker;
pub mod zone;

use serde::{Deserialize, Serialize};

/// One page of a list that is read by key.
///
/// `next` is the opaque cursor of the following page, absent on the last one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Page<T> {
    pub rows: Vec<T>,
    pub next: Option<String>,
    pub count: Count,
}

/// How many records match a filter, counted up to a limit so that no page waits for a large count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub n: i64,
    /// True when counting stopped at the limit: there are at least `n`.
    pub capped: bool,
}
