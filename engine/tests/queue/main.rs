//! The guarantees of the queue, each on a stage made to break it.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod effects;
mod pauses;
mod stages;
#[path = "../support/mod.rs"]
mod support;
mod unknown;
