//! `marketing.dead_letters` as lists. Retry, purge and moving there are acts on events: [`Engine::start_action`].

use chrono::{DateTime, Utc};
use domain::model::{
    Page,
    dead_letter::{DeadLetter, DeadLetterFilter, DeadLetterKind, DeadLetterQuery},
};
use sqlx::{FromRow, Postgres, QueryBuilder};

use super::{PIECE, Piece, contains, cursor, page, rows, window::push_window};
use crate::{Engine, EngineError, Result};

const ROW: &str = "SELECT d.event_id, d.kind, d.reason, d.moved_by, d.moved_at, e.event_type,
        e.payload ->> 'record_id' AS record_id, e.payload ->> 'company_name' AS company_name, e.batch_id, e.retry_count,
        e.created_at
    FROM marketing.dead_letters d JOIN marketing.pipeline_events e ON e.id = d.event_id WHERE TRUE";

impl Engine {
    /// A page of 50 dead letters, the last moved first.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a cursor that is none, [`EngineError::Database`].
    pub async fn dead_letters(&self, query: &DeadLetterQuery) -> Result<Page<DeadLetter>> {
        // Every dead letter has its event: where nothing is asked of that, ten thousand need not be looked up.
        let mut count =
            QueryBuilder::new("SELECT count(*) FROM (SELECT FROM marketing.dead_letters d");
        if query.filter.event_type.is_some() || query.filter.batch.is_some() {
            count.push(" JOIN marketing.pipeline_events e ON e.id = d.event_id");
        }
        count.push(" WHERE TRUE");
        push_filter(&mut count, &query.filter);
        Ok(page::<Row, _>(&self.pool, list(query)?, count, next).await?)
    }

    /// A piece of the same list, for exports.
    ///
    /// # Errors
    /// As [`Engine::dead_letters`].
    pub async fn dead_letters_piece(&self, query: &DeadLetterQuery) -> Result<Piece<DeadLetter>> {
        Ok(rows::<Row, _>(&self.pool, list(query)?, PIECE, next).await?)
    }

    /// The dead letter of one event.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] when the event is none.
    pub async fn dead_letter(&self, event_id: i64) -> Result<DeadLetter> {
        let mut query = QueryBuilder::new(ROW);
        query.push(" AND d.event_id = ").push_bind(event_id);
        let row: Option<Row> = query.build_query_as().fetch_optional(&self.pool).await?;
        Ok(row
            .ok_or_else(|| EngineError::NotFound(format!("Dead letter {event_id}")))?
            .into())
    }
}

fn list(query: &DeadLetterQuery) -> Result<QueryBuilder<Postgres>> {
    let mut list = QueryBuilder::new(ROW);
    push_filter(&mut list, &query.filter);
    if let Some(cursor) = &query.cursor {
        let (at, id) = cursor::time_and_id(cursor)?;
        list.push(" AND (d.moved_at, d.event_id) < (").push_bind(at);
        list.push(", ").push_bind(id).push(")");
    }
    list.push(" ORDER BY d.moved_at DESC, d.event_id DESC");
    Ok(list)
}

fn next(row: &DeadLetter) -> String {
    format!("{}~{}", row.moved_at.to_rfc3339(), row.event_id)
}

/// The one predicate of list, count and bulk actions, over `dead_letters d` and `pipeline_events e`.
pub(crate) fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &DeadLetterFilter) {
    if let Some(kind) = filter.kind {
        query.push(" AND d.kind = ").push_bind(kind.name());
    }
    if let Some(event_type) = &filter.event_type {
        query
            .push(" AND e.event_type = ")
            .push_bind(event_type.clone());
    }
    if let Some(batch) = &filter.batch {
        query.push(" AND e.batch_id = ").push_bind(batch.clone());
    }
    if let Some(pattern) = contains(filter.search.as_deref()) {
        query.push(" AND d.reason ILIKE ").push_bind(pattern);
    }
    push_window(query, "d.moved_at", &filter.window);
}

#[derive(FromRow)]
struct Row {
    event_id: i64,
    kind: String,
    reason: String,
    moved_by: String,
    moved_at: DateTime<Utc>,
    event_type: String,
    record_id: Option<String>,
    company_name: Option<String>,
    batch_id: Option<String>,
    retry_count: i32,
    created_at: DateTime<Utc>,
}

impl From<Row> for DeadLetter {
    fn from(row: Row) -> Self {
        Self {
            event_id: row.event_id,
            kind: DeadLetterKind::parse(&row.kind).unwrap_or(DeadLetterKind::Permanent),
            reason: row.reason,
            moved_by: row.moved_by,
            moved_at: row.moved_at,
            event_type: row.event_type,
            record_id: row.record_id,
            company_name: row.company_name,
            batch_id: row.batch_id,
            retry_count: row.retry_count,
            created_at: row.created_at,
        }
    }
}
