//! `server events`.

use clap::{Args, Subcommand};
use domain::{
    event::EventStatus, model::event::EventFilter, payload_match::PayloadMatch, span::Span,
};

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub enum EventsCommand {
    /// Events that match all of the given filters, newest first, 50 at a time
    List(Box<ListArgs>),
    /// One event: who made it, each attempt, what it wrote and which events came of it
    Show {
        /// Its number, as `events list` prints it
        id: i64,
        /// Print everything as JSON, for programs
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args, Debug, PartialEq, Eq)]
pub struct ListArgs {
    /// Such as company_created or slots_created
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// pending, processing, processed, failed or cancelled
    #[arg(long, value_name = "STATUS", value_parser = status)]
    status: Option<EventStatus>,
    /// Of this import batch
    #[arg(long, value_name = "BATCH")]
    batch: Option<String>,
    /// About this record: an intake id, a Barton ID or whatever payload.record_id holds
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    /// Made at least so long ago, such as 90s, 10m, 2h, 3d or 4w
    #[arg(long, value_name = "TIME")]
    older_than: Option<Span>,
    /// Made at most so long ago
    #[arg(long, value_name = "TIME")]
    newer_than: Option<Span>,
    /// Tried at least so often
    #[arg(long, value_name = "N")]
    attempts: Option<i32>,
    /// Held by this worker, or tried by it
    #[arg(long, value_name = "ID")]
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
    /// Where the page before ended, as it was printed there
    #[arg(long, value_name = "PLACE")]
    after: Option<String>,
    /// Print the page as JSON, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

impl ListArgs {
    pub(crate) fn filter(&self) -> EventFilter {
        EventFilter {
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
            cursor: self.after.clone(),
        }
    }
}

fn status(name: &str) -> Result<EventStatus, String> {
    EventStatus::parse(name).ok_or_else(|| {
        let names = EventStatus::ALL.map(EventStatus::name);
        format!("an event is {}", names.join(", "))
    })
}
