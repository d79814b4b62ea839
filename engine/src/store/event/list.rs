//! Lists and counts of events.

use chrono::{DateTime, Utc};
use domain::{
    event::EventStatus,
    model::{
        Count, Page,
        event::{EventFilter, EventRow},
    },
};
use sqlx::{FromRow, Postgres, QueryBuilder};

use super::{filter::is_led_by_index, patience, push_event_filter};
use crate::{
    Engine, Result,
    store::{COUNT_LIMIT, PAGE, PIECE, Piece, capped, cursor, cut},
};

/// The columns of [`Row`]. What is put aside without an end has no next attempt.
pub(super) const COLUMNS: &str = "e.id, e.event_type, e.payload ->> 'record_id' AS record_id,
    coalesce(e.payload ->> 'company_name', e.payload ->> 'company') AS company_name, e.batch_id, e.status, e.retry_count,
    e.error_message, e.created_at, e.processed_at,
    CASE WHEN isfinite(e.next_attempt_at) THEN e.next_attempt_at END AS next_attempt_at";

impl Engine {
    /// A page of 50 events, newest first. Counts stop at 10,000, or where the time for them ends.
    ///
    /// # Errors
    /// [`crate::EngineError::Invalid`] for a cursor that is none, and for a search that takes too long, with what helps;
    /// [`crate::EngineError::Database`].
    pub async fn events(&self, filter: &EventFilter) -> Result<Page<EventRow>> {
        let ((rows, next), count) =
            tokio::try_join!(self.newest_events(filter, PAGE), self.count_within(filter))?;
        // What was seen is a count, too, of at least so many.
        let seen = Count {
            n: rows.len() as i64,
            capped: true,
        };
        Ok(Page {
            rows,
            next,
            count: count.unwrap_or(seen),
        })
    }

    /// A piece of the same list, for exports.
    ///
    /// # Errors
    /// As [`Engine::events`].
    pub async fn events_piece(&self, filter: &EventFilter) -> Result<Piece<EventRow>> {
        self.newest_events(filter, PIECE).await
    }

    /// How many events match; counting stops at 10,000.
    ///
    /// # Errors
    /// [`crate::EngineError::Invalid`] for a count that takes too long, with what helps; [`EngineError::Database`].
    pub async fn events_count(&self, filter: &EventFilter) -> Result<Count> {
        self.count_events(filter)
            .await?
            .map_err(|error| patience::explain(error, filter))
    }

    async fn newest_events(&self, filter: &EventFilter, limit: i64) -> Result<Piece<EventRow>> {
        let mut query = newest(filter, limit)?;
        let mut transaction = patience::begin(&self.pool).await?;
        if !is_led_by_index(filter) {
            patience::go_by_time(&mut transaction).await?;
        }
        let rows: Vec<Row> = query
            .build_query_as()
            .fetch_all(&mut *transaction)
            .await
            .map_err(|error| patience::explain(error, filter))?;
        Ok(cut(rows, limit, |row: &EventRow| {
            format!("{}~{}", row.created_at.to_rfc3339(), row.id)
        }))
    }

    /// The count, or none when there was no time for it.
    pub(in crate::store) async fn count_within(
        &self,
        filter: &EventFilter,
    ) -> Result<Option<Count>> {
        match self.count_events(filter).await? {
            Ok(count) => Ok(Some(count)),
            Err(error) if patience::ran_out(&error) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn count_events(&self, filter: &EventFilter) -> Result<sqlx::Result<Count>> {
        let mut transaction = patience::begin(&self.pool).await?;
        let n = counted(filter)
            .build_query_scalar()
            .fetch_one(&mut *transaction)
            .await;
        Ok(n.map(|n| capped(n, COUNT_LIMIT)))
    }

    /// Event types that occur, for the filter.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn event_types(&self) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(
            "SELECT label FROM marketing.v_rollup WHERE metric = 'event' GROUP BY label HAVING sum(n) > 0 ORDER BY label",
        )
        .fetch_all(&self.pool)
        .await?)
    }
}

/// The newest events, one more than `limit`.
///
/// No index goes by time alone, which every event would have to be written to: where nothing narrower leads, the newest
/// of each type are found by the index on type and time, and the newest of these are taken.
fn newest(filter: &EventFilter, limit: i64) -> Result<QueryBuilder<Postgres>> {
    let order = " ORDER BY e.created_at DESC, e.id DESC LIMIT ";
    let by_type = goes_by_type(filter);
    let mut query = QueryBuilder::new(if by_type { EACH_TYPE } else { "" });
    query.push(format!(
        "SELECT {COLUMNS} FROM marketing.pipeline_events e WHERE "
    ));
    query.push(if by_type {
        "e.event_type = t.event_type"
    } else {
        "TRUE"
    });
    push_event_filter(&mut query, filter);
    if let Some(cursor) = &filter.cursor {
        let (at, id) = cursor::time_and_id(cursor)?;
        query.push(" AND (e.created_at, e.id) < (").push_bind(at);
        query.push(", ").push_bind(id).push(")");
    }
    query.push(order).push_bind(limit + 1);
    if by_type {
        query.push(") e").push(order).push_bind(limit + 1);
    }
    Ok(query)
}

fn counted(filter: &EventFilter) -> QueryBuilder<Postgres> {
    // Without a time, any order serves, and a plain scan ends soon or has to see everything anyway.
    let by_type = goes_by_type(filter) && is_of_a_time(filter);
    let mut query = QueryBuilder::new("SELECT count(*) FROM (");
    query.push(if by_type { EACH_TYPE } else { "" });
    query.push("SELECT e.id FROM marketing.pipeline_events e WHERE ");
    query.push(if by_type {
        "e.event_type = t.event_type"
    } else {
        "TRUE"
    });
    push_event_filter(&mut query, filter);
    query.push(" LIMIT ").push_bind(COUNT_LIMIT + 1);
    if by_type {
        query.push(") e LIMIT ").push_bind(COUNT_LIMIT + 1);
    }
    query.push(") AS matching");
    query
}

fn is_of_a_time(filter: &EventFilter) -> bool {
    let ages = [filter.older_than, filter.newer_than];
    let moments = [filter.from, filter.until];
    ages.iter().any(Option::is_some) || moments.iter().any(Option::is_some)
}

fn goes_by_type(filter: &EventFilter) -> bool {
    filter.event_type.is_none() && !is_led_by_index(filter)
}

/// The types that occur, found by one step in the index each, and the beginning of what is asked of every one of them.
const EACH_TYPE: &str = "WITH RECURSIVE t AS (
        (SELECT event_type FROM marketing.pipeline_events ORDER BY event_type LIMIT 1)
        UNION ALL
        SELECT (SELECT n.event_type FROM marketing.pipeline_events n WHERE n.event_type > t.event_type
                ORDER BY n.event_type LIMIT 1)
        FROM t WHERE t.event_type IS NOT NULL)
    SELECT e.* FROM t CROSS JOIN LATERAL (";

#[derive(FromRow)]
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) event_type: String,
    pub(super) record_id: Option<String>,
    company_name: Option<String>,
    batch_id: Option<String>,
    status: String,
    retry_count: i32,
    error_message: Option<String>,
    pub(super) created_at: DateTime<Utc>,
    processed_at: Option<DateTime<Utc>>,
    next_attempt_at: Option<DateTime<Utc>>,
}

impl From<Row> for EventRow {
    fn from(row: Row) -> Self {
        let status = EventStatus::parse(&row.status).unwrap_or(EventStatus::Pending);
        Self {
            id: row.id,
            event_type: row.event_type,
            record_id: row.record_id,
            company_name: row.company_name,
            batch_id: row.batch_id,
            status,
            retry_count: row.retry_count,
            error_message: row.error_message,
            created_at: row.created_at,
            processed_at: row.processed_at,
            next_attempt_at: row
                .next_attempt_at
                .filter(|_| status == EventStatus::Pending),
        }
    }
}
