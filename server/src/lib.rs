//! The process around the pages and the engine: command line, settings, private database, web server.

// Pages are one type each, as deep as their markup.
#![recursion_limit = "512"]

pub mod cli;
pub mod cluster;
pub mod commands;
pub mod config;
mod database;
pub mod pipe;
pub mod redact;
mod signals;
pub mod telemetry;
pub mod web;
