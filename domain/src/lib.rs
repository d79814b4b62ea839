//! The language of the pipeline: nouns and pure rules, spoken by the server and by the browser.
//!
//! Nothing here does IO, is asynchronous or reads a clock; a function that needs the time takes `now`.

pub mod event;
pub mod model;
pub mod phase;
pub mod role;
pub mod stage;
