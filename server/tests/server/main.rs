//! The real app on a random port, with a database for each test.

mod access;
mod app;
mod cluster;
mod export;
mod headers;
mod live;
mod process;
mod settings;
mod sign_in;
mod upload;
