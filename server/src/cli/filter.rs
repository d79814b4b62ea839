//! Which events a list or an act means.

use chrono::{DateTime, Utc};
use clap::Args;
use domain::{
    event::EventStatus, model::event::EventFilter, payload_match::PayloadMatch, span::Span,
};

#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub(super) struct EventFilterArgs {
    /// Exact event type, such as company_created or slots_created
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// pending, processing, processed, failed or cancelled
    #[arg(long, value_parser = status)]
    status: Option<EventStatus>,
    /// Exact import batch
    #[arg(long)]
    batch: Option<String>,
    /// About this record: an intake id, a Barton ID or whatever payload.record_id holds
    #[arg(long, value_name = "RECORD_ID")]
    record: Option<String>,
    /// Made at least so long ago, such as 10m, 2h or 3d
    #[arg(long, value_name = "SPAN")]
    older_than: Option<Span>,
    /// Made at most so long ago
    #[arg(long, value_name = "SPAN")]
    newer_than: Option<Span>,
    /// Made at this moment or later, such as 2026-03-02T13:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<DateTime<Utc>>,
    /// Made before this moment
    #[arg(long, value_name = "TIME")]
    until: Option<DateTime<Utc>>,
    /// Tried at least so often
    #[arg(long, value_name = "N")]
    attempts: Option<i32>,
    /// The worker that holds the event, or made one of its attempts
    #[arg(long)]
    worker: Option<String>,
    /// With this text in the record id, the company's name or the error message
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// With this value in the payload, such as 'payload.company_name = Acme' or 'contact.city = Paris'; may be repeated
    #[arg(long, value_name = "PATH = VALUE")]
    payload: Vec<PayloadMatch>,
    /// Dead letters only
    #[arg(long, conflicts_with = "not_dead")]
    dead: bool,
    /// No dead letters
    #[arg(long)]
    not_dead: bool,
}

impl EventFilterArgs {
    pub(super) fn filter(&self) -> EventFilter {
        EventFilter {
            event_type: self.event_type.clone(),
            status: self.status,
            batch: self.batch.clone(),
            record_id: self.record.clone(),
            older_than: self.older_than,
            newer_than: self.newer_than,
            from: self.from,
            until: self.until,
            attempts: self.attempts,
            worker: self.worker.clone(),
            search: self.text.clone(),
            payload: self.payload.clone(),
            dead_letter: (self.dead || self.not_dead).then_some(self.dead),
            cursor: None,
        }
    }
}

/// What an act is done to when no ids are named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "Instead of ids, all that match")]
pub struct MatchingArgs {
    #[command(flatten)]
    filter: EventFilterArgs,
    /// Every event that the act fits
    #[arg(long)]
    all: bool,
}

impl MatchingArgs {
    /// The filter; none when nothing was said, for nobody means everything by silence.
    pub fn filter(&self) -> Option<EventFilter> {
        let filter = self.filter.filter();
        (self.all || filter != EventFilter::default()).then_some(filter)
    }
}

fn status(name: &str) -> Result<EventStatus, String> {
    EventStatus::parse(name).ok_or_else(|| {
        let names = EventStatus::ALL.map(EventStatus::name);
        format!("an event is {}", names.join(", "))
    })
}
