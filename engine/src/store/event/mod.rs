//! `marketing.pipeline_events` as lists, and one event with all that is known of it.

mod detail;
mod filter;
mod list;
mod patience;

pub(crate) use filter::push_event_filter;
pub(crate) use patience::{begin_counting, explain_count, ran_out};
