//! The real app on a random port, with a database for each test.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod access;
mod account;
mod app;
mod cluster;
mod events;
mod export;
mod headers;
mod import;
mod live;
mod n8n;
mod oidc;
mod operate;
mod process;
mod session;
mod settings;
mod sign_in;
mod system;
mod terminal;
mod token_acts;
mod tokens;
mod told;
mod upkeep;
mod upload;
mod users;
mod views;
