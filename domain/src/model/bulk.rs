//! Bulk actions on events: what is asked, what it would touch, how far it is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    company::CompanyFilter, contact::ContactFilter, dead_letter::DeadLetterFilter,
    error::ErrorFilter, event::EventFilter, import::ImportFilter, window::Window,
};
use crate::role::Permission;

/// Which events an action applies to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventSelection {
    Ids(Vec<i64>),
    /// Everything that matches, also what is not on the page.
    Matching(EventFilter),
    DeadLetters(DeadLetterFilter),
    /// The events of open errors, as far as a stage works on them.
    Errors(ErrorFilter),
    /// The events of other records.
    Of(Records),
}

/// Records whose events are meant: named by key, or all that match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Records {
    /// By [`super::company::CompanyRow::key`]; all events with their lineage.
    Companies(Vec<String>),
    CompaniesThatMatch(CompanyFilter),
    /// By [`super::contact::ContactRow::id`]: the search for the person, and the check of the address.
    Contacts(Vec<i64>),
    ContactsThatMatch(ContactFilter),
    /// Import batches by id; all their events.
    Batches(Vec<String>),
    BatchesThatMatch(ImportFilter),
}

impl Records {
    /// How many are named, or none where a filter stands for them.
    pub fn named(&self) -> Option<usize> {
        match self {
            Self::Companies(keys) | Self::Batches(keys) => Some(keys.len()),
            Self::Contacts(ids) => Some(ids.len()),
            Self::CompaniesThatMatch(_)
            | Self::ContactsThatMatch(_)
            | Self::BatchesThatMatch(_) => None,
        }
    }

    /// What one of them is called, and several.
    pub const fn nouns(&self) -> (&'static str, &'static str) {
        match self {
            Self::Companies(_) | Self::CompaniesThatMatch(_) => ("company", "companies"),
            Self::Contacts(_) | Self::ContactsThatMatch(_) => ("contact", "contacts"),
            Self::Batches(_) | Self::BatchesThatMatch(_) => ("batch", "batches"),
        }
    }
}

/// What is to be done with each event of a selection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventAct {
    /// Before everything else in the queue, with fresh attempts; no dead letter any more.
    ProcessNow,
    /// Due now, with fresh attempts; no dead letter any more.
    Retry,
    /// Shall not be done.
    Cancel,
    /// A new event with another payload; the old one is kept, and cancelled if it was open.
    Requeue(PayloadEdit),
    /// Nothing tries it again by itself.
    DeadLetter,
    /// Out of the hands of whoever works on it; their result will be refused.
    Release,
    /// Dead letters are deleted for good.
    Purge,
}

/// How a repeated event's payload differs from the old one's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PayloadEdit {
    /// All of it; for one event.
    Replace(serde_json::Map<String, serde_json::Value>),
    /// These keys; the others stay.
    Merge(serde_json::Map<String, serde_json::Value>),
}

/// A request for a bulk action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BulkRequest {
    pub act: EventAct,
    pub selection: EventSelection,
    pub reason: Option<String>,
    /// No event after this id: what the preview counted, not what came since.
    pub up_to: Option<i64>,
}

/// What a bulk action would touch, counted to the end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkPreview {
    pub kind: ActionKind,
    /// Events that the act fits.
    pub count: i64,
    /// Events that would be repeated, were it known whether their call to the world outside happened. They are left out
    /// unless they are named one by one, or by the kind of their dead letter.
    pub withheld: i64,
    /// For [`BulkRequest::up_to`].
    pub up_to: i64,
    /// The first five.
    pub sample: Vec<SampleEvent>,
    /// Whether it can be taken back as long as its events have not moved on.
    pub undoable: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleEvent {
    pub id: i64,
    pub event_type: String,
    pub status: String,
    pub record_id: Option<String>,
    pub company_name: Option<String>,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    ProcessNow,
    Retry,
    Cancel,
    Requeue,
    DeadLetter,
    Release,
    Purge,
    Undo,
    Replay,
}

impl ActionKind {
    pub const ALL: [Self; 9] = [
        Self::ProcessNow,
        Self::Retry,
        Self::Cancel,
        Self::Requeue,
        Self::DeadLetter,
        Self::Release,
        Self::Purge,
        Self::Undo,
        Self::Replay,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::ProcessNow => "process_now",
            Self::Retry => "retry",
            Self::Cancel => "cancel",
            Self::Requeue => "requeue",
            Self::DeadLetter => "dead_letter",
            Self::Release => "release",
            Self::Purge => "purge",
            Self::Undo => "undo",
            Self::Replay => "replay",
        }
    }

    /// As a sentence about it begins.
    pub const fn title(self) -> &'static str {
        match self {
            Self::ProcessNow => "Process now",
            Self::Retry => "Retry",
            Self::Cancel => "Cancel",
            Self::Requeue => "Requeue",
            Self::DeadLetter => "Move to dead letters",
            Self::Release => "Release",
            Self::Purge => "Purge",
            Self::Undo => "Undo",
            Self::Replay => "Replay",
        }
    }

    /// What was done, with a place for the events: "Retried 25 events".
    pub fn done(self, events: &str) -> String {
        match self {
            Self::ProcessNow => format!("Put {events} first"),
            Self::Retry => format!("Retried {events}"),
            Self::Cancel => format!("Cancelled {events}"),
            Self::Requeue => format!("Requeued {events}"),
            Self::DeadLetter => format!("Moved {events} to the dead letters"),
            Self::Release => format!("Released {events}"),
            Self::Purge => format!("Purged the dead letters of {events}"),
            Self::Undo => format!("Put {events} back as they were"),
            Self::Replay => format!("Replayed {events}"),
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it can be taken back: nothing has left the house, and nothing is gone.
    pub const fn undoable(self) -> bool {
        matches!(
            self,
            Self::ProcessNow | Self::Retry | Self::Cancel | Self::Requeue | Self::DeadLetter
        )
    }
}

impl EventAct {
    pub const fn kind(&self) -> ActionKind {
        match self {
            Self::ProcessNow => ActionKind::ProcessNow,
            Self::Retry => ActionKind::Retry,
            Self::Cancel => ActionKind::Cancel,
            Self::Requeue(_) => ActionKind::Requeue,
            Self::DeadLetter => ActionKind::DeadLetter,
            Self::Release => ActionKind::Release,
            Self::Purge => ActionKind::Purge,
        }
    }

    pub const fn permission(&self) -> Permission {
        match self {
            Self::Purge => Permission::Delete,
            _ => Permission::Retry,
        }
    }

    /// Whether it is only started with a reason; a preview needs none.
    pub const fn needs_reason(&self) -> bool {
        matches!(self, Self::DeadLetter)
    }

    /// Which events it takes, for people who chose others.
    pub const fn takes(&self) -> &'static str {
        match self {
            Self::ProcessNow => "events that wait or failed",
            Self::Retry => "events that failed or were cancelled",
            Self::Cancel => "events that wait or failed; release what is being worked on first",
            Self::Requeue(_) => "events that nobody works on at the moment",
            Self::DeadLetter => "events that wait or failed and are no dead letters yet",
            Self::Release => "events that somebody works on",
            Self::Purge => "dead letters",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    Running,
    Done,
    /// A person stopped it; what was done stays.
    Cancelled,
    Failed,
}

impl ActionState {
    pub const ALL: [Self; 4] = [Self::Running, Self::Done, Self::Cancelled, Self::Failed];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// An action as the list of actions shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BulkAction {
    pub id: i64,
    pub kind: ActionKind,
    /// For people, such as "Retry 412 events".
    pub title: String,
    pub reason: Option<String>,
    pub selection: Option<EventSelection>,
    pub state: ActionState,
    pub requested_by: String,
    pub origin: String,
    pub created_at: DateTime<Utc>,
    pub finished_at: Option<DateTime<Utc>>,
    /// Events that it was to touch.
    pub total: i64,
    pub done: i64,
    /// Events that the act did not fit any more when their turn came.
    pub skipped: i64,
    pub up_to: Option<i64>,
    pub cancel_requested_by: Option<String>,
    pub error: Option<String>,
    pub undo_of: Option<i64>,
    pub undone_by: Option<i64>,
    /// What it changed is kept event by event, as an undo needs it.
    pub on_record: bool,
}

impl BulkAction {
    pub fn undoable(&self) -> bool {
        self.kind.undoable()
            && self.state != ActionState::Running
            && self.undone_by.is_none()
            && self.on_record
    }
}

/// What of the actions is listed; `None` means "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionFilter {
    pub kind: Option<ActionKind>,
    pub state: Option<ActionState>,
    pub requested_by: Option<String>,
    /// When it was asked for.
    #[serde(default)]
    pub window: Window,
    pub cursor: Option<String>,
}
