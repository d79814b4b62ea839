//! Which events a command means: the same filter as on the events page.

use clap::Args;
use domain::{event::EventStatus, model::event::EventFilter};

use super::operate::status;

#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Instead of ids, all that match")]
pub struct EventFilterArgs {
    /// Exact event type
    #[arg(long = "type", value_name = "TYPE")]
    pub event_type: Option<String>,
    /// pending, processing, processed, failed or cancelled
    #[arg(long, value_parser = status)]
    pub status: Option<EventStatus>,
    /// Exact import batch
    #[arg(long)]
    pub batch: Option<String>,
    /// Exact record_id of the payload
    #[arg(long, value_name = "RECORD_ID")]
    pub record: Option<String>,
    /// Every event that the act fits
    #[arg(long)]
    pub all: bool,
}

impl EventFilterArgs {
    /// The filter; none when nothing was said, for nobody means everything by silence.
    pub fn filter(&self) -> Option<EventFilter> {
        let filter = EventFilter {
            event_type: self.event_type.clone(),
            status: self.status,
            batch: self.batch.clone(),
            record_id: self.record.clone(),
            ..EventFilter::default()
        };
        (self.all || filter != EventFilter::default()).then_some(filter)
    }
}
