//! `marketing.pipeline_events` as lists.

use chrono::{DateTime, Utc};
use domain::{
    event::EventStatus,
    model::{
        Page,
        event::{EventFilter, EventRow},
    },
};
use sqlx::{FromRow, Postgres, QueryBuilder};

use super::{COUNT_LIMIT, PAGE, capped, cursor};
use crate::{Engine, Result};

impl Engine {
    /// A page of 50 events, newest first.
    ///
    /// # Errors
    /// [`crate::EngineError::Invalid`] for a cursor that is none, [`crate::EngineError::Database`].
    pub async fn events(&self, filter: &EventFilter) -> Result<Page<EventRow>> {
        let mut list = QueryBuilder::new(
            "SELECT id, event_type, payload ->> 'record_id' AS record_id, payload ->> 'company_name' AS company_name,
                    batch_id, status, retry_count, error_message, created_at, processed_at, next_attempt_at
             FROM marketing.pipeline_events WHERE TRUE",
        );
        push_filter(&mut list, filter);
        if let Some(cursor) = &filter.cursor {
            list.push(" AND id < ").push_bind(cursor::id(cursor)?);
        }
        list.push(" ORDER BY id DESC LIMIT ").push_bind(PAGE + 1);
        let mut count = QueryBuilder::new(
            "SELECT count(*) FROM (SELECT FROM marketing.pipeline_events WHERE TRUE",
        );
        push_filter(&mut count, filter);
        count
            .push(" LIMIT ")
            .push_bind(COUNT_LIMIT + 1)
            .push(") AS matching");
        let (rows, n): (Vec<Row>, i64) = tokio::try_join!(
            list.build_query_as().fetch_all(&self.pool),
            count.build_query_scalar().fetch_one(&self.pool),
        )?;
        let more = rows.len() as i64 > PAGE;
        let rows: Vec<EventRow> = rows
            .into_iter()
            .take(PAGE as usize)
            .map(Row::into)
            .collect();
        let next = rows.last().filter(|_| more).map(|row| row.id.to_string());
        Ok(Page {
            rows,
            next,
            count: capped(n),
        })
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

/// The one predicate of list and count. States stand in the text: a bound one does not use the partial indexes.
pub(crate) fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &EventFilter) {
    if let Some(event_type) = &filter.event_type {
        query
            .push(" AND event_type = ")
            .push_bind(event_type.clone());
    }
    if let Some(status) = filter.status {
        query.push(match status {
            EventStatus::Pending => " AND status = 'pending'",
            EventStatus::Processing => " AND status = 'processing'",
            EventStatus::Processed => " AND status = 'processed'",
            EventStatus::Failed => " AND status = 'failed'",
        });
    }
    if let Some(batch) = &filter.batch {
        query.push(" AND batch_id = ").push_bind(batch.clone());
    }
    if let Some(record) = &filter.record_id {
        query
            .push(" AND payload ->> 'record_id' = ")
            .push_bind(record.clone());
    }
}

#[derive(FromRow)]
struct Row {
    id: i64,
    event_type: String,
    record_id: Option<String>,
    company_name: Option<String>,
    batch_id: Option<String>,
    status: String,
    retry_count: i32,
    error_message: Option<String>,
    created_at: DateTime<Utc>,
    processed_at: Option<DateTime<Utc>>,
    next_attempt_at: DateTime<Utc>,
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
            next_attempt_at: (status == EventStatus::Pending).then_some(row.next_attempt_at),
        }
    }
}
