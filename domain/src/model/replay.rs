//! A record that is run again from a stage on: what would happen, said before it does.

use serde::{Deserialize, Serialize};

use crate::stage::StageName;

/// The record that is run again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum ReplayTarget {
    /// By intake id or Barton ID.
    Company(String),
    /// By Barton ID; from enrichment on.
    Slot(String),
    /// By the id of its `contact_enrichment` row; from enrichment on.
    Contact(i32),
}

/// Everything that a replay does: no part of it is decided later but by what the stages find.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayPlan {
    /// For people, such as "Replay of Acme (intake row 5) from Enrich on".
    pub title: String,
    pub from: StageName,
    /// Made at once.
    pub events: Vec<PlannedEvent>,
    /// Run after it, in this order, each when the one before has ended.
    pub follows: Vec<StageName>,
    pub effects: Vec<ReplayEffect>,
    /// Events of the record that are not done yet: the replay is refused while there are any, for two runs would cross.
    pub blocked_by: Vec<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedEvent {
    pub event_type: String,
    pub record_id: String,
    /// The last event of this stage and record, which the new one repeats; none when it was never run here.
    pub repeats_id: Option<i64>,
}

/// What becomes of rows that exist already, or come into being.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayEffect {
    pub fate: Fate,
    /// Such as `marketing.contact_enrichment`.
    pub table: String,
    /// The row's key; several with commas between them.
    pub rows: String,
    pub note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// Stays as it is.
    Kept,
    /// Set back at once, so that the stage really runs again.
    Reset,
    /// Written anew by what a stage finds.
    Overwritten,
    /// Made by a stage.
    Added,
}

impl Fate {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Reset => "reset",
            Self::Overwritten => "overwritten",
            Self::Added => "added",
        }
    }
}
