//! Which events an act means: the filter of `server events list`.

use clap::Args;
use domain::{
    event::EventStatus, model::event::EventFilter, payload_match::PayloadMatch, span::Span,
};

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
    /// Made at least so long ago, such as 10m, 2h or 3d
    #[arg(long, value_name = "SPAN")]
    pub older_than: Option<Span>,
    /// Made at most so long ago
    #[arg(long, value_name = "SPAN")]
    pub newer_than: Option<Span>,
    /// Tried at least so often
    #[arg(long, value_name = "N")]
    pub attempts: Option<i32>,
    /// The worker that holds the event, or made one of its attempts
    #[arg(long)]
    pub worker: Option<String>,
    /// With this text in the record id, the company's name or the error message
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// With this value in the payload, such as 'payload.company_name = Acme'; may be repeated
    #[arg(long, value_name = "PATH = VALUE")]
    pub payload: Vec<PayloadMatch>,
    /// Dead letters only
    #[arg(long, conflicts_with = "not_dead")]
    pub dead: bool,
    /// No dead letters
    #[arg(long)]
    pub not_dead: bool,
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
            older_than: self.older_than,
            newer_than: self.newer_than,
            attempts: self.attempts,
            worker: self.worker.clone(),
            search: self.text.clone(),
            payload: self.payload.clone(),
            dead_letter: (self.dead || self.not_dead).then_some(self.dead),
            cursor: None,
        };
        (self.all || filter != EventFilter::default()).then_some(filter)
    }
}
