//! `server events`.

use clap::{Args, Subcommand};
use domain::model::event::EventFilter;

use super::filter::EventFilterArgs;

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
    #[command(flatten)]
    filter: EventFilterArgs,
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
            cursor: self.after.clone(),
            ..self.filter.filter()
        }
    }
}
