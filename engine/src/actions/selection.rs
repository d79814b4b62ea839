//! The one predicate of preview, total and run: which events a selection and an act mean.

use domain::model::bulk::{EventAct, EventSelection};
use sqlx::{Postgres, QueryBuilder};

use crate::store::{dead_letter, event::push_event_filter};

/// Appends `WHERE …` over `marketing.pipeline_events e`: those that are selected and that the act fits.
///
/// States stand in the text: a bound one does not use the partial indexes.
pub(super) fn push(
    query: &mut QueryBuilder<Postgres>,
    act: &EventAct,
    selection: &EventSelection,
    up_to: Option<i64>,
) {
    query.push(match act {
        EventAct::Retry => " WHERE e.status IN ('failed', 'cancelled')",
        EventAct::Cancel => " WHERE e.status IN ('pending', 'failed')",
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
    }
    if let Some(up_to) = up_to {
        query.push(" AND e.id <= ").push_bind(up_to);
    }
}
