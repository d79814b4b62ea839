//! The language of the pipeline: nouns and pure rules, spoken by the server and by the browser.
//!
//! Nothing here does IO, is asynchronous or reads a clock; a function that needs the time takes `now`.

pub mod backoff;
pub mod barton;
pub mod browser;
pub mod company_name;
pub mod csv;
pub mod csv_safe;
pub mod email;
pub mod enrichment;
pub mod estimate;
pub mod event;
pub mod format;
mod hash;
pub mod help;
pub mod lineage;
pub mod model;
pub mod payload_match;
pub mod phase;
pub mod promotion;
pub mod role;
pub mod role_mapping;
pub mod sandbox;
pub mod slot;
pub mod span;
pub mod stage;
pub mod trigger;
pub mod validation;
pub mod verification;
pub mod webhook;
pub mod website;
