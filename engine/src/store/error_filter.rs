//! The one predicate of the error console: its list, its counts and its bulk actions.

use domain::{
    model::error::{ErrorFilter, ErrorSort},
    stage::StageName,
};
use sqlx::{Postgres, QueryBuilder};

use super::{contains, error::ErrorSelection, window::push_window};

/// Appends `WHERE …` over `marketing.pipeline_errors e`.
pub(super) fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &ErrorFilter) {
    query.push(" WHERE TRUE");
    if let Some(event_type) = &filter.event_type {
        query
            .push(" AND e.event_type = ")
            .push_bind(event_type.clone());
    }
    if let Some(group) = &filter.group {
        query.push(" AND e.group_key = ").push_bind(group.clone());
    }
    if let Some(severity) = filter.severity {
        query.push(" AND e.severity = ").push_bind(severity.name());
    }
    if let Some(resolved) = filter.resolved {
        query.push(" AND e.resolved = ").push_bind(resolved);
    }
    if let Some(id) = filter.up_to {
        query.push(" AND e.id <= ").push_bind(id);
    }
    push_window(query, "e.created_at", &filter.window);
    if let Some(pattern) = contains(filter.search.as_deref()) {
        query
            .push(" AND (e.error_message ILIKE ")
            .push_bind(pattern.clone());
        query
            .push(" OR e.record_id ILIKE ")
            .push_bind(pattern)
            .push(")");
    }
}

pub(super) fn push_selection(query: &mut QueryBuilder<Postgres>, selection: &ErrorSelection) {
    match selection {
        ErrorSelection::One(id) => {
            query.push(" WHERE e.id = ").push_bind(*id);
        }
        ErrorSelection::Matching(filter) => push_filter(query, filter),
    }
}

/// Appends ` AND …` over `marketing.pipeline_events e`: those of the open errors that match. What no stage works on would
/// only be acknowledged.
pub(crate) fn push_events(query: &mut QueryBuilder<Postgres>, filter: &ErrorFilter) {
    let consumed: Vec<&str> = StageName::consumed_types().collect();
    query
        .push(" AND e.event_type = ANY(")
        .push_bind(consumed)
        .push(") AND e.status = 'failed' AND e.id IN (SELECT e.event_id FROM marketing.pipeline_errors e");
    push_filter(query, filter);
    query.push(" AND NOT e.resolved)");
}

/// The column that a sort goes by; ties go by id.
pub(super) fn column(sort: ErrorSort) -> &'static str {
    match sort {
        ErrorSort::CreatedAt => "e.created_at",
        ErrorSort::EventType => "e.event_type",
        ErrorSort::RecordId => "coalesce(e.record_id, '')",
    }
}
