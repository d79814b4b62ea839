//! The one predicate of preview, total and run: which events a selection and an act mean.

use domain::model::{
    bulk::{EventAct, EventSelection, Records},
    dead_letter::DeadLetterKind,
};
use sqlx::{Postgres, QueryBuilder};

use crate::{
    import::batch,
    store::{company, contact, dead_letter, error_filter, event::push_event_filter},
};

/// Appends `WHERE …` over `marketing.pipeline_events e`: those that are selected and that the act fits.
///
/// Nobody knows whether the call of an unknown outcome happened, so nothing that repeats takes such an event along with
/// others: it is named, or its kind is.
pub(crate) fn push(
    query: &mut QueryBuilder<Postgres>,
    act: &EventAct,
    selection: &EventSelection,
    up_to: Option<i64>,
) {
    push_fitting(query, act, selection, up_to);
    if withholds(act, selection) {
        query.push(" AND NOT ").push(UNKNOWN);
    }
}

/// As [`push`], of those that are left out because their outcome is unknown; `false` when none would be.
pub(super) fn push_withheld(
    query: &mut QueryBuilder<Postgres>,
    act: &EventAct,
    selection: &EventSelection,
    up_to: Option<i64>,
) -> bool {
    push_fitting(query, act, selection, up_to);
    query.push(" AND ").push(UNKNOWN);
    withholds(act, selection)
}

/// Over `marketing.pipeline_events e`.
const UNKNOWN: &str = "EXISTS (SELECT FROM marketing.dead_letters u WHERE u.event_id = e.id AND u.kind = 'unknown_outcome')";

fn withholds(act: &EventAct, selection: &EventSelection) -> bool {
    let repeats = matches!(
        act,
        EventAct::ProcessNow | EventAct::Retry | EventAct::Requeue(_)
    );
    let named = match selection {
        EventSelection::Ids(_) => true,
        EventSelection::Matching(_) | EventSelection::Errors(_) | EventSelection::Of(_) => false,
        EventSelection::DeadLetters(filter) => filter.kind == Some(DeadLetterKind::UnknownOutcome),
    };
    repeats && !named
}

fn push_records(query: &mut QueryBuilder<Postgres>, records: &Records) {
    match records {
        Records::Companies(keys) => company::push_events_of(query, keys),
        Records::CompaniesThatMatch(filter) => company::push_events(query, filter),
        Records::Contacts(ids) => contact::push_events_of(query, ids),
        Records::ContactsThatMatch(filter) => contact::push_events(query, filter),
        Records::Batches(ids) => {
            query
                .push(" AND e.batch_id = ANY(")
                .push_bind(ids.clone())
                .push(")");
        }
        Records::BatchesThatMatch(filter) => batch::push_events(query, filter),
    }
}

/// States stand in the text: a bound one does not use the partial indexes.
fn push_fitting(
    query: &mut QueryBuilder<Postgres>,
    act: &EventAct,
    selection: &EventSelection,
    up_to: Option<i64>,
) {
    query.push(match act {
        EventAct::Retry => " WHERE e.status IN ('failed', 'cancelled')",
        EventAct::ProcessNow | EventAct::Cancel => " WHERE e.status IN ('pending', 'failed')",
        EventAct::Requeue(_) => {
            " WHERE e.status IN ('pending', 'failed', 'processed', 'cancelled')"
        }
        EventAct::DeadLetter => {
            " WHERE e.status IN ('pending', 'failed')
              AND NOT EXISTS (SELECT FROM marketing.dead_letters l WHERE l.event_id = e.id)"
        }
        EventAct::Release => " WHERE e.status = 'processing'",
        EventAct::Purge => {
            " WHERE e.status = 'failed' AND EXISTS (SELECT FROM marketing.dead_letters l WHERE l.event_id = e.id)"
        }
    });
    match selection {
        EventSelection::Ids(ids) => {
            query
                .push(" AND e.id = ANY(")
                .push_bind(ids.clone())
                .push(")");
        }
        EventSelection::Matching(filter) => push_event_filter(query, filter),
        EventSelection::DeadLetters(filter) => {
            query.push(" AND EXISTS (SELECT FROM marketing.dead_letters d WHERE d.event_id = e.id");
            dead_letter::push_filter(query, filter);
            query.push(")");
        }
        EventSelection::Errors(filter) => error_filter::push_events(query, filter),
        EventSelection::Of(records) => push_records(query, records),
    }
    if let Some(up_to) = up_to {
        query.push(" AND e.id <= ").push_bind(up_to);
    }
}
