//! Which event made which: by the keys of their records, and by the transaction that both were written in.

use super::history::{EventFact, History};
use crate::stage::StageName;

/// The event whose work made this one; none when a person, an import or a workflow outside did.
///
/// A run and the events of its transaction bear the same time, because both take it from the transaction's begin. Of
/// work that left no run (n8n's), the event counts that was in hand at the time.
pub fn cause<'a>(history: &'a History, event: &EventFact) -> Option<&'a EventFact> {
    if event.repeats_id.is_some() {
        return None;
    }
    let candidates = || {
        history
            .events
            .iter()
            .filter(|parent| parent.id != event.id && makes(history, parent, event))
    };
    candidates()
        .find(|parent| history.done_in(parent) == Some(event.created_at))
        .or_else(|| {
            candidates()
                .filter(|parent| history.done_in(parent).is_none() && in_hand(parent, event))
                .max_by_key(|parent| (parent.created_at, parent.id))
        })
}

/// The events that the work on this one made.
pub fn made_by<'a>(history: &'a History, event: &EventFact) -> Vec<&'a EventFact> {
    history
        .events
        .iter()
        .filter(|child| cause(history, child).is_some_and(|parent| parent.id == event.id))
        .collect()
}

/// Whether work on `parent` makes events like `child`: the record of one leads to that of the other.
fn makes(history: &History, parent: &EventFact, child: &EventFact) -> bool {
    let Some(stage) = parent.stage() else {
        return false;
    };
    let same = |key: &Option<String>| key.is_some() && *key == parent.record_id;
    match (stage, child.event_type.as_str()) {
        (StageName::Validate, "company_validated" | "company_updated") => same(&child.record_id),
        (StageName::Promote, "company_promoted" | "company_master_updated") => history
            .companies
            .iter()
            .any(|company| company.id == child.record() && same(&company.source_record_id)),
        (StageName::Slots, "slots_created" | "slot_created") => same(&child.company_id),
        (StageName::Enrich, "contact_enriched") => same(&child.slot_id),
        (StageName::Verify, "email_verified" | "email_failed") => same(&child.enrichment_id),
        _ => false,
    }
}

fn in_hand(parent: &EventFact, child: &EventFact) -> bool {
    parent.created_at < child.created_at
        && parent
            .processed_at
            .is_none_or(|end| child.created_at <= end)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A company whose two slots were worked on in one transaction, minute 3; then a workflow outside verified the first
    /// contact, and a person the second.
    fn history() -> History {
        let at = |minute: u32| format!("2026-11-21T10:{minute:02}:00.000001Z");
        let event = |id: i64,
                     event_type: &str,
                     record: &str,
                     slot: &str,
                     enrichment: &str,
                     minute: u32| {
            json!({ "id": id, "event_type": event_type, "record_id": record, "slot_id": slot, "company_id": "c",
                    "enrichment_id": enrichment, "status": "processed", "retry_count": 0, "created_at": at(minute),
                    "processed_at": at(minute + 2) })
        };
        let run = |event: i64, minute: u32| json!({ "id": event, "event_id": event, "workflow": "w", "outcome": "ok", "created_at": at(minute) });
        let history = json!({
            "events": [
                event(1, "company_promoted", "c", "", "", 1),
                event(2, "slots_created", "s1", "s1", "", 2),
                event(3, "slots_created", "s2", "s2", "", 2),
                event(4, "contact_enriched", "7", "s1", "7", 3),
                event(5, "contact_enriched", "8", "s2", "8", 3),
                event(6, "email_verified", "70", "s1", "7", 4),
                event(7, "email_failed", "80", "s2", "8", 9),
            ],
            "runs": [run(1, 2), run(2, 3), run(3, 3)],
        });
        serde_json::from_value(history).unwrap()
    }

    #[test]
    fn causes_are_told_by_key_and_time() {
        let history = history();
        let table = [
            (1, None),
            (2, Some(1)),
            (3, Some(1)),
            (4, Some(2)),
            (5, Some(3)),
            (6, Some(4)),
            (7, None),
        ];
        for (child, expected) in table {
            let event = history
                .events
                .iter()
                .find(|event| event.id == child)
                .unwrap();
            assert_eq!(
                cause(&history, event).map(|event| event.id),
                expected,
                "{child}"
            );
        }
        let made = made_by(&history, &history.events[0]);
        assert_eq!(
            made.iter().map(|event| event.id).collect::<Vec<_>>(),
            [2, 3]
        );
    }

    #[test]
    fn a_repeat_has_no_cause_but_what_it_repeats() {
        let mut history = history();
        history.events[3].repeats_id = Some(2);
        assert_eq!(cause(&history, &history.events[3]), None);
    }
}
