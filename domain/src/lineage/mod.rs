//! Where a record came from and what was made of it: derived from rows, events and runs, without asking again.

mod cause;
mod graph;
mod history;
mod key;
mod written;

pub use cause::{cause, made_by};
pub use graph::graph;
pub use history::{
    Company, Contact, EventFact, History, Import, Intake, Person, Run, Slot, Verification,
};
pub use key::{LineageKey, LineageKeyError};
pub use written::written;
