//! Events by HTTP to programs outside: which are handed out to whom, the deliveries, and where they may go.
//!
//! A process at a time delivers ([`runner`]). What is promised stands in ARCHITECTURE.md.

mod address;
mod deliver;
mod post;
mod runner;
mod sign;
mod target;
mod turn;

use std::time::Duration;

pub(crate) use post::{Message, Outcome, Post};
pub(crate) use runner::run;
pub(crate) use sign::new_secret;
pub(crate) use target::{Target, shown};

/// How webhooks are delivered.
#[derive(Clone, Debug)]
pub struct WebhookOptions {
    /// Whether they may go to this machine and to private networks.
    pub private_addresses: bool,
    /// Between the first attempt and the second; it doubles with each one after.
    pub first_delay: Duration,
    /// For a connection and the whole answer.
    pub time_out: Duration,
    /// After so long without a sign of the process that delivers, another one does.
    pub lease: Duration,
}

impl Default for WebhookOptions {
    fn default() -> Self {
        Self {
            private_addresses: false,
            first_delay: domain::webhook::FIRST_DELAY,
            time_out: Duration::from_secs(10),
            lease: Duration::from_secs(15),
        }
    }
}
