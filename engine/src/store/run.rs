//! `marketing.workflow_stats` as a list.

use chrono::{DateTime, Utc};
use domain::model::{
    Page,
    run::{RunFilter, RunQuery, RunRow, RunStatus, RunStatuses},
    window::Window,
};
use sqlx::{FromRow, Postgres, QueryBuilder};

use super::{
    PIECE, Piece, cursor, page, rows,
    window::{push_seconds, push_window},
};
use crate::{Engine, Result};

impl Engine {
    /// A page of 50 runs, newest first.
    ///
    /// # Errors
    /// [`crate::EngineError::Invalid`] for a cursor that is none, [`crate::EngineError::Database`].
    pub async fn runs(&self, query: &RunQuery) -> Result<Page<RunRow>> {
        let mut count = QueryBuilder::new(
            "SELECT count(*) FROM (SELECT FROM marketing.workflow_stats WHERE TRUE",
        );
        push_filter(&mut count, &query.filter);
        Ok(page::<Row, _>(&self.pool, list(query)?, count, next).await?)
    }

    /// A piece of the same list, for exports.
    ///
    /// # Errors
    /// As [`Engine::runs`].
    pub async fn runs_piece(&self, query: &RunQuery) -> Result<Piece<RunRow>> {
        Ok(rows::<Row, _>(&self.pool, list(query)?, PIECE, next).await?)
    }

    /// The workflows that have run, for the filter: one step in the index each.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn run_workflows(&self) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(
            "WITH RECURSIVE w AS (
                 (SELECT workflow_name FROM marketing.workflow_stats ORDER BY workflow_name LIMIT 1)
                 UNION ALL
                 SELECT (SELECT n.workflow_name FROM marketing.workflow_stats n WHERE n.workflow_name > w.workflow_name
                         ORDER BY n.workflow_name LIMIT 1)
                 FROM w WHERE w.workflow_name IS NOT NULL)
             SELECT workflow_name FROM w WHERE workflow_name IS NOT NULL",
        )
        .fetch_all(&self.pool)
        .await?)
    }
}

fn list(query: &RunQuery) -> Result<QueryBuilder<Postgres>> {
    let mut list = QueryBuilder::new(
        "SELECT id, created_at, workflow_name, phase, status, duration_seconds::FLOAT8 AS seconds, error_message, triggered_by,
                batch_id, record_id, event_id, attempt, worker_id
         FROM marketing.workflow_stats WHERE TRUE",
    );
    push_filter(&mut list, &query.filter);
    if let Some(cursor) = &query.cursor {
        let (at, id) = cursor::time_and_id(cursor)?;
        list.push(" AND (created_at, id) < (").push_bind(at);
        list.push(", ").push_bind(id).push(")");
    }
    list.push(" ORDER BY created_at DESC, id DESC");
    Ok(list)
}

fn next(row: &RunRow) -> String {
    format!("{}~{}", row.created_at.to_rfc3339(), row.id)
}

/// The one predicate of list, count and export. Phases and statuses are words of ours and stand in the text: the indexes
/// of some of them are found only where PostgreSQL sees which.
fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &RunFilter) {
    if let Some(workflow) = &filter.workflow {
        query
            .push(" AND workflow_name = ")
            .push_bind(workflow.clone());
    }
    if let Some(phase) = filter.phase {
        query.push(format!(" AND phase = '{}'", phase.name()));
    }
    match filter.statuses {
        Some(RunStatuses::Failed) => {
            query.push(" AND status IN ('error', 'timeout')");
        }
        Some(RunStatuses::Only(status)) => {
            query.push(format!(" AND status = '{}'", status.name()));
        }
        None => {}
    }
    // Counts are kept by the minute, and what they lead to begins where they do.
    if let Some(span) = filter.window.newer_than {
        query.push(" AND created_at >= date_trunc('minute', now() - ");
        push_seconds(query, span.seconds());
        query.push(", 'UTC')");
    }
    let moments = Window {
        newer_than: None,
        ..filter.window
    };
    push_window(query, "created_at", &moments);
}

#[derive(FromRow)]
struct Row {
    id: i64,
    created_at: DateTime<Utc>,
    workflow_name: String,
    phase: Option<String>,
    status: String,
    seconds: Option<f64>,
    error_message: Option<String>,
    triggered_by: Option<String>,
    batch_id: Option<String>,
    record_id: Option<String>,
    event_id: Option<i64>,
    attempt: Option<i32>,
    worker_id: Option<String>,
}

impl From<Row> for RunRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            created_at: row.created_at,
            workflow: row.workflow_name,
            phase: row.phase,
            // The table knows no other status.
            status: RunStatus::parse(&row.status).unwrap_or(RunStatus::Error),
            seconds: row.seconds,
            error_message: row.error_message,
            triggered_by: row.triggered_by,
            batch_id: row.batch_id,
            record_id: row.record_id,
            event_id: row.event_id,
            attempt: row.attempt,
            worker_id: row.worker_id,
        }
    }
}
