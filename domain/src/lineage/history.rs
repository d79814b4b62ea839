//! All that the database knows of one company, as plain rows: what causes and graphs are derived from.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{event::EventStatus, stage::StageName};

/// The rows, events and runs of one company; lists are in the order of their keys.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    pub correlation_id: String,
    pub imports: Vec<Import>,
    pub intakes: Vec<Intake>,
    pub companies: Vec<Company>,
    pub slots: Vec<Slot>,
    pub contacts: Vec<Contact>,
    pub people: Vec<Person>,
    pub verifications: Vec<Verification>,
    pub events: Vec<EventFact>,
    pub runs: Vec<Run>,
    /// True when there are more events than were read.
    pub truncated: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Import {
    pub batch_id: String,
    pub file_name: Option<String>,
    pub importer: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intake {
    pub id: i64,
    pub company: Option<String>,
    pub website: Option<String>,
    pub batch_id: Option<String>,
    /// Line of the file.
    pub line: Option<i64>,
    pub validated: Option<bool>,
    pub notes: Option<String>,
    pub validated_by: Option<String>,
    pub validated_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Company {
    pub id: String,
    pub name: String,
    pub website: String,
    /// The intake row it was promoted from.
    pub source_record_id: Option<String>,
    pub source_system: String,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    pub id: String,
    pub company_id: String,
    pub label: String,
    pub created_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    pub id: i64,
    pub slot_id: String,
    pub status: String,
    pub source: Option<String>,
    pub reason: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub created_at: DateTime<Utc>,
    pub enriched_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub id: String,
    pub slot_id: String,
    pub name: String,
    pub title: Option<String>,
    pub email: Option<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verification {
    pub id: i64,
    pub enrichment_id: i64,
    pub email: String,
    pub status: String,
    pub service: Option<String>,
    pub created_at: DateTime<Utc>,
    pub verified_at: Option<DateTime<Utc>>,
}

/// An event with those keys of its payload that lead somewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EventFact {
    pub id: i64,
    pub event_type: String,
    pub record_id: Option<String>,
    pub company_id: Option<String>,
    pub slot_id: Option<String>,
    pub enrichment_id: Option<String>,
    pub status: EventStatus,
    pub source_table: Option<String>,
    pub error_message: Option<String>,
    pub retry_count: i32,
    pub repeats_id: Option<i64>,
    pub created_at: DateTime<Utc>,
    pub processed_at: Option<DateTime<Utc>>,
}

impl EventFact {
    /// The stage that works on it.
    pub fn stage(&self) -> Option<StageName> {
        StageName::of_event(&self.event_type)
    }

    pub fn record(&self) -> &str {
        self.record_id.as_deref().unwrap_or_default()
    }
}

/// An attempt of an event, or a run of a workflow outside about a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub id: i64,
    /// Absent in runs that a workflow outside wrote.
    pub event_id: Option<i64>,
    pub workflow: String,
    pub record_id: Option<String>,
    /// ok, error, timeout or cancelled.
    pub outcome: String,
    pub duration_seconds: Option<f64>,
    pub error_message: Option<String>,
    pub attempt: Option<i32>,
    pub worker: Option<String>,
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// Begin of the transaction that wrote it.
    pub created_at: DateTime<Utc>,
}

impl Run {
    pub fn is_ok(&self) -> bool {
        self.outcome == "ok"
    }

    /// Whether it is about this event: named by it, or of the same record and stage.
    pub fn is_about(&self, event: &EventFact) -> bool {
        match self.event_id {
            Some(id) => id == event.id,
            None => {
                self.record_id.is_some()
                    && self.record_id == event.record_id
                    && event.stage().is_some()
                    && StageName::of_workflow(&self.workflow) == event.stage()
            }
        }
    }
}

impl History {
    /// The attempts of an event, in the order in which they were made.
    pub fn attempts(&self, event: &EventFact) -> Vec<&Run> {
        self.runs.iter().filter(|run| run.is_about(event)).collect()
    }

    /// When the transaction began that did the event's work; there is at most one.
    pub fn done_in(&self, event: &EventFact) -> Option<DateTime<Utc>> {
        self.runs
            .iter()
            .find(|run| run.event_id == Some(event.id) && run.is_ok())
            .map(|run| run.created_at)
    }
}
