//! Every SQL statement of the application, one file per noun.

pub mod action;
pub mod company;
pub mod error;
pub mod event;
pub mod overview;
pub mod user;
