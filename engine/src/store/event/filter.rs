//! The one predicate of events: lists, counts and bulk actions.

use domain::{event::EventStatus, model::event::EventFilter, payload_match::PayloadMatch};
use sqlx::{Postgres, QueryBuilder};

use crate::store::{
    contains,
    window::{push_seconds, push_window},
};

/// Appends ` AND …` for each thing that is set, over `marketing.pipeline_events e`; the cursor is the list's own.
///
/// States stand in the text: a bound one does not use the partial indexes.
pub(crate) fn push_event_filter(query: &mut QueryBuilder<Postgres>, filter: &EventFilter) {
    if let Some(event_type) = &filter.event_type {
        query
            .push(" AND e.event_type = ")
            .push_bind(event_type.clone());
    }
    if let Some(status) = filter.status {
        query.push(match status {
            EventStatus::Pending => " AND e.status = 'pending'",
            EventStatus::Processing => " AND e.status = 'processing'",
            EventStatus::Processed => " AND e.status = 'processed'",
            EventStatus::Failed => " AND e.status = 'failed'",
            EventStatus::Cancelled => " AND e.status = 'cancelled'",
        });
    }
    if let Some(batch) = &filter.batch {
        query.push(" AND e.batch_id = ").push_bind(batch.clone());
    }
    if let Some(record) = &filter.record_id {
        push_record(query, record);
    }
    if let Some(span) = filter.older_than {
        query.push(" AND e.created_at <= now() - ");
        push_seconds(query, span.seconds());
    }
    push_window(query, "e.created_at", &filter.window());
    if let Some(attempts) = filter.attempts {
        push_attempts(query, attempts);
    }
    if let Some(worker) = &filter.worker {
        push_worker(query, worker, filter.status);
    }
    if let Some(pattern) = contains(filter.search.as_deref()) {
        push_search(query, &pattern);
    }
    for wanted in &filter.payload {
        push_payload(query, wanted);
    }
    match filter.dead_letter {
        Some(true) => {
            query
                .push(" AND EXISTS (SELECT FROM marketing.dead_letters d WHERE d.event_id = e.id)");
        }
        Some(false) => {
            query.push(
                " AND NOT EXISTS (SELECT FROM marketing.dead_letters d WHERE d.event_id = e.id)",
            );
        }
        None => {}
    }
}

/// Whether some index leads to what the filter wants, apart from type and time.
pub(super) fn is_led_by_index(filter: &EventFilter) -> bool {
    filter.batch.is_some()
        || filter.record_id.is_some()
        || filter
            .status
            .is_some_and(|status| status != EventStatus::Processed)
        || filter.attempts.is_some_and(|attempts| attempts > 1)
        || filter.dead_letter == Some(true)
        || filter
            .payload
            .iter()
            .any(|wanted| INDEXED.iter().any(|name| wanted.is_at(name)))
}

/// Names within payloads that have an index.
const INDEXED: [&str; 3] = ["record_id", "company", "company_name"];

fn push_record(query: &mut QueryBuilder<Postgres>, record: &str) {
    query
        .push(" AND e.payload ->> 'record_id' = ")
        .push_bind(record.to_owned());
}

/// Claims of those who call out are counted as they begin, those of others when they fail or end.
fn push_attempts(query: &mut QueryBuilder<Postgres>, attempts: i32) {
    if attempts > 1 {
        // The words of the index of events that were tried again.
        query.push(" AND (e.retry_count > 0 OR e.attempt > 1)");
    }
    query
        .push(" AND greatest(e.attempt, e.retry_count + (e.status = 'processed')::INT) >= ")
        .push_bind(attempts);
}

/// Attempts are looked up event by event: of a worker there may be millions. Those that are ok and the others have an
/// index each, hence two questions.
fn push_worker(query: &mut QueryBuilder<Postgres>, worker: &str, status: Option<EventStatus>) {
    let worker = worker.to_owned();
    query.push(" AND (FALSE");
    if status.is_none_or(|status| status == EventStatus::Processing) {
        query
            .push(" OR (e.status = 'processing' AND e.locked_by = ")
            .push_bind(worker.clone())
            .push(")");
    }
    if status != Some(EventStatus::Processing) {
        for outcome in ["= 'ok'", "<> 'ok'"] {
            query
                .push(format!(
                    " OR EXISTS (SELECT FROM marketing.workflow_stats w
                         WHERE w.event_id = e.id AND w.event_id IS NOT NULL AND w.status {outcome} AND w.worker_id = "
                ))
                .push_bind(worker.clone())
                .push(")");
        }
    }
    query.push(")");
}

fn push_search(query: &mut QueryBuilder<Postgres>, pattern: &str) {
    query
        .push(" AND (e.payload ->> 'record_id' ILIKE ")
        .push_bind(pattern.to_owned())
        .push(" OR coalesce(e.payload ->> 'company_name', e.payload ->> 'company') ILIKE ")
        .push_bind(pattern.to_owned())
        .push(" OR e.error_message ILIKE ")
        .push_bind(pattern.to_owned())
        .push(")");
}

/// The path is bound as an array, whatever it holds; names with an index are asked for in its words.
fn push_payload(query: &mut QueryBuilder<Postgres>, wanted: &PayloadMatch) {
    let value = wanted.value().to_owned();
    if wanted.is_at("record_id") {
        push_record(query, &value);
    } else if wanted.is_at("company") {
        query
            .push(" AND e.payload ->> 'company' = ")
            .push_bind(value);
    } else if wanted.is_at("company_name") {
        // Triggers write both names, and company has an index; the few events that differ have one of their own.
        query
            .push(" AND e.payload ->> 'company_name' = ")
            .push_bind(value.clone())
            .push(" AND (e.payload ->> 'company' = ")
            .push_bind(value.clone())
            .push(
                " OR (e.payload ->> 'company' IS DISTINCT FROM e.payload ->> 'company_name'
                      AND e.payload ->> 'company_name' = ",
            )
            .push_bind(value)
            .push("))");
    } else {
        query
            .push(" AND e.payload #>> ")
            .push_bind(wanted.path().to_vec())
            .push(" = ")
            .push_bind(value);
    }
}
