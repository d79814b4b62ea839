//! Which rows the work on an event is about, and which event made a row.

use chrono::{DateTime, Utc};

use super::history::{EventFact, History};
use crate::{
    event::EventStatus,
    model::{event_detail::WrittenRow, lineage::NodeKind},
    stage::StageName,
};

/// The rows of an event that has been worked on, by its stage's table.
pub fn written(history: &History, event: &EventFact) -> Vec<WrittenRow> {
    if event.status == EventStatus::Pending && history.attempts(event).is_empty() {
        return Vec::new();
    }
    subjects(history, event)
        .into_iter()
        .filter_map(|subject| {
            let by_this = subject.is_by(history, event);
            // Verifications are a history: each belongs to the event that asked for it.
            if subject.kind == NodeKind::Verification
                && !by_this
                && subject.is_by_another(history, event)
            {
                return None;
            }
            Some(WrittenRow {
                table: table(subject.kind).to_owned(),
                key: subject.key,
                title: subject.title,
                status: subject.status,
                at: subject.stamps.first().copied(),
                by_this,
            })
        })
        .collect()
}

/// The event whose work made the row with this key; of several the first.
pub(super) fn maker<'a>(history: &'a History, key: &str) -> Option<&'a EventFact> {
    let mut at_work = None;
    for event in &history.events {
        let Some(subject) = subjects(history, event)
            .into_iter()
            .find(|subject| subject.key == key)
        else {
            continue;
        };
        if subject.is_by(history, event) {
            return Some(event);
        }
        let begun = !matches!(event.status, EventStatus::Pending | EventStatus::Cancelled);
        if at_work.is_none() && begun && event.created_at < subject.made_at {
            at_work = Some(event);
        }
    }
    at_work
}

struct Subject {
    kind: NodeKind,
    key: String,
    title: String,
    status: Option<String>,
    /// When the work on it was written, as the row says; more than one where it may have been changed since.
    stamps: Vec<DateTime<Utc>>,
    made_at: DateTime<Utc>,
}

impl Subject {
    /// The row bears the time of the transaction that did the event's work. Work that left no run (n8n's) is told by
    /// the time in which the event was in hand.
    fn is_by(&self, history: &History, event: &EventFact) -> bool {
        match (history.done_in(event), event.processed_at) {
            (Some(begun), _) => self.stamps.contains(&begun),
            (None, Some(end)) => self
                .stamps
                .iter()
                .any(|stamp| *stamp > event.created_at && *stamp <= end),
            (None, None) => false,
        }
    }

    fn is_by_another(&self, history: &History, event: &EventFact) -> bool {
        history.events.iter().any(|other| {
            other.id != event.id && other.stage() == event.stage() && self.is_by(history, other)
        })
    }
}

const fn table(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Import => "intake.import_batches",
        NodeKind::Intake => "intake.company_raw_intake",
        NodeKind::Company => "marketing.company_master",
        NodeKind::Slot => "marketing.company_slots",
        NodeKind::Contact => "marketing.contact_enrichment",
        NodeKind::Person => "marketing.people_master",
        NodeKind::Verification => "marketing.email_verification",
        NodeKind::Event => "marketing.pipeline_events",
    }
}

/// The rows that the event's stage writes for its record.
fn subjects(history: &History, event: &EventFact) -> Vec<Subject> {
    let record = event.record();
    if record.is_empty() {
        return Vec::new();
    }
    match event.stage() {
        Some(StageName::Validate) => intake(history, record),
        Some(StageName::Promote) => companies(history, record),
        Some(StageName::Slots) => slots(history, record),
        Some(StageName::Enrich) => contacts(history, record)
            .chain(people(history, record))
            .collect(),
        Some(StageName::Verify) => verifications(history, record),
        None => Vec::new(),
    }
}

fn intake(history: &History, record: &str) -> Vec<Subject> {
    let rows = history
        .intakes
        .iter()
        .filter(|row| row.id.to_string() == record);
    rows.map(|row| Subject {
        kind: NodeKind::Intake,
        key: format!("intake:{}", row.id),
        title: row.company.clone().unwrap_or_default(),
        status: row
            .validated
            .map(|valid| if valid { "valid" } else { "rejected" }.to_owned()),
        stamps: row.validated_at.into_iter().collect(),
        made_at: row.created_at,
    })
    .collect()
}

fn companies(history: &History, record: &str) -> Vec<Subject> {
    let rows = history
        .companies
        .iter()
        .filter(|row| row.source_record_id.as_deref() == Some(record));
    rows.map(|row| Subject {
        kind: NodeKind::Company,
        key: format!("company:{}", row.id),
        title: row.name.clone(),
        status: None,
        stamps: vec![row.created_at],
        made_at: row.created_at,
    })
    .collect()
}

fn slots(history: &History, record: &str) -> Vec<Subject> {
    let rows = history.slots.iter().filter(|row| row.company_id == record);
    rows.map(|row| Subject {
        kind: NodeKind::Slot,
        key: format!("slot:{}", row.id),
        title: row.label.clone(),
        status: None,
        stamps: vec![row.created_at],
        made_at: row.created_at,
    })
    .collect()
}

fn contacts<'a>(history: &'a History, record: &'a str) -> impl Iterator<Item = Subject> + 'a {
    let rows = history
        .contacts
        .iter()
        .filter(move |row| row.slot_id == record);
    rows.map(|row| Subject {
        kind: NodeKind::Contact,
        key: format!("contact:{}", row.id),
        title: row.name.clone().unwrap_or_default(),
        status: Some(row.status.clone()),
        stamps: row
            .enriched_at
            .into_iter()
            .chain([row.created_at])
            .collect(),
        made_at: row.created_at,
    })
}

fn people<'a>(history: &'a History, record: &'a str) -> impl Iterator<Item = Subject> + 'a {
    let rows = history
        .people
        .iter()
        .filter(move |row| row.slot_id == record);
    rows.map(|row| Subject {
        kind: NodeKind::Person,
        key: format!("person:{}", row.id),
        title: row.name.clone(),
        status: None,
        stamps: vec![row.updated_at, row.created_at],
        made_at: row.created_at,
    })
}

fn verifications(history: &History, record: &str) -> Vec<Subject> {
    let rows = history
        .verifications
        .iter()
        .filter(|row| row.enrichment_id.to_string() == record);
    rows.map(|row| Subject {
        kind: NodeKind::Verification,
        key: format!("verification:{}", row.id),
        title: row.email.clone(),
        status: Some(row.status.clone()),
        stamps: row
            .verified_at
            .into_iter()
            .chain([row.created_at])
            .collect(),
        made_at: row.created_at,
    })
    .collect()
}
