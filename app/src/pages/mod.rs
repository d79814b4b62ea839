//! The pages, one file each; a page with many parts keeps them in a folder of its name.

pub(crate) mod account;
pub(crate) mod actions;
pub(crate) mod audit;
pub(crate) mod companies;
pub(crate) mod company;
pub(crate) mod dead_letters;
pub(crate) mod error_group;
pub(crate) mod errors;
pub(crate) mod event;
pub(crate) mod events;
pub(crate) mod import;
pub(crate) mod imports;
pub(crate) mod lineage;
mod mapping;
pub(crate) mod not_found;
pub(crate) mod overview;
pub(crate) mod report;
pub(crate) mod schedules;
pub(crate) mod sign_in;
pub(crate) mod stages;
pub(crate) mod styleguide;
pub(crate) mod system;
mod timeline;
pub(crate) mod tokens;
pub(crate) mod trends;
pub(crate) mod users;
pub(crate) mod workers;
