//! The engine on a real PostgreSQL, one database a test. One program, so that what they share is compiled and linked once.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod actions;
mod batches;
mod contacts;
mod contract;
mod doctor;
mod error_groups;
mod events;
mod faults;
mod ignored_groups;
mod import;
mod news;
mod outage;
mod pipeline;
#[path = "chaos/proxy.rs"]
mod proxy;
mod queue;
mod relay;
mod report;
mod retention;
mod runs;
mod saved_views;
mod schedules;
mod search;
mod sorting;
mod support;
mod system;
mod texts;
mod tokens;
mod trends;
mod webhooks;
mod windows;
