//! The guarantees of the queue, each on a stage made to break it.

mod claims;
mod effects;
mod pauses;
mod stages;
mod unknown;

use crate::support;
