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
