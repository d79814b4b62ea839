//! `marketing.pipeline_errors`: the error console.

use chrono::{DateTime, Utc};
use domain::{
    event::{EventStatus, Severity},
    model::{
        Page,
        action::ActionProgress,
        bulk::{BulkRequest, EventAct, EventSelection},
        error::{
            ErrorDetail, ErrorFilter, ErrorPreview, ErrorQuery, ErrorRow, ErrorSort, Resolution,
        },
    },
    role::Actor,
    stage::StageName,
};
use serde_json::{Value, json};
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder};

use super::{
    PIECE, Piece, audit, cursor,
    error_filter::{column, push_filter, push_selection},
    event::{begin_counting, explain_count},
    page, rows,
};
use crate::{Engine, EngineError, Result, actions};

/// Which errors an action applies to.
#[derive(Clone, Debug)]
pub enum ErrorSelection {
    One(i64),
    /// Everything that matches, also what is not on the page.
    Matching(ErrorFilter),
}

const ROW: &str = "SELECT e.id::BIGINT, e.group_key, e.event_type, e.record_id, e.error_message, e.severity, e.resolved, e.created_at,
        e.event_id, v.status AS event_status, e.retried_at
    FROM marketing.pipeline_errors e LEFT JOIN marketing.pipeline_events v ON v.id = e.event_id";

impl Engine {
    /// A page of 50 errors. Counts stop at 10,000.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a cursor that is none, [`EngineError::Database`].
    pub async fn errors(&self, query: &ErrorQuery) -> Result<Page<ErrorRow>> {
        let mut count =
            QueryBuilder::new("SELECT count(*) FROM (SELECT FROM marketing.pipeline_errors e");
        push_filter(&mut count, &query.filter);
        let next = |row: &ErrorRow| cursor_of(row, query.sort);
        Ok(page::<Row, _>(&self.pool, list(query)?, count, next).await?)
    }

    /// A piece of the same list, for exports.
    ///
    /// # Errors
    /// As [`Engine::errors`].
    pub async fn errors_piece(&self, query: &ErrorQuery) -> Result<Piece<ErrorRow>> {
        let next = |row: &ErrorRow| cursor_of(row, query.sort);
        Ok(rows::<Row, _>(&self.pool, list(query)?, PIECE, next).await?)
    }

    /// Event types that occur in the errors, for the filter.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn error_event_types(&self) -> Result<Vec<String>> {
        // One step in the index for each type, however many errors there are.
        Ok(sqlx::query_scalar(
            "WITH RECURSIVE t AS (
                 (SELECT event_type FROM marketing.pipeline_errors ORDER BY event_type LIMIT 1)
                 UNION ALL
                 SELECT (SELECT n.event_type FROM marketing.pipeline_errors n WHERE n.event_type > t.event_type
                         ORDER BY n.event_type LIMIT 1)
                 FROM t WHERE t.event_type IS NOT NULL)
             SELECT event_type FROM t WHERE event_type IS NOT NULL",
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// One error with its event.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn error_detail(&self, id: i64) -> Result<ErrorDetail> {
        let mut query = QueryBuilder::new(ROW);
        query.push(" WHERE e.id = ").push_bind(id);
        let row: Row = query
            .build_query_as()
            .fetch_optional(&self.pool)
            .await?
            .ok_or_else(|| EngineError::NotFound(format!("Error {id}")))?;
        let more: More = sqlx::query_as(
            "SELECT e.error_details, e.resolved_at, e.resolved_by, e.resolution_notes, e.retried_by,
                    v.payload AS event_payload, v.retry_count AS event_attempts, v.error_message AS event_error,
                    coalesce((SELECT i.id::TEXT FROM intake.company_raw_intake i
                              WHERE i.correlation_id = v.correlation_id LIMIT 1),
                             v.payload ->> 'company_unique_id', v.payload ->> 'company_id') AS company_key
             FROM marketing.pipeline_errors e LEFT JOIN marketing.pipeline_events v ON v.id = e.event_id
             WHERE e.id = $1",
        )
        .bind(id)
        .fetch_one(&self.pool)
        .await?;
        Ok(ErrorDetail {
            row: row.into(),
            error_details: more.error_details,
            resolved_at: more.resolved_at,
            resolved_by: more.resolved_by,
            resolution_notes: more.resolution_notes,
            retried_by: more.retried_by,
            event_payload: more.event_payload,
            event_attempts: more.event_attempts,
            event_error: more.event_error,
            company_key: more.company_key,
        })
    }

    /// Marks as resolved by the actor, in one act that [`Engine::reopen_resolution`] takes back.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn resolve_errors(
        &self,
        selection: &ErrorSelection,
        note: &str,
        actor: &Actor,
    ) -> Result<Resolution> {
        let note = Some(note.trim()).filter(|note| !note.is_empty());
        let mut transaction = self.transaction().await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO marketing.error_resolutions (resolved_by) VALUES ($1) RETURNING id",
        )
        .bind(&actor.name)
        .fetch_one(&mut *transaction)
        .await?;
        let mut query = QueryBuilder::new(
            "UPDATE marketing.pipeline_errors e SET resolved = TRUE, resolved_at = now(), resolved_by = ",
        );
        query
            .push_bind(actor.name.clone())
            .push(", resolution_notes = ")
            .push_bind(note.map(str::to_owned))
            .push(", resolution_id = ")
            .push_bind(id);
        push_selection(&mut query, selection);
        query.push(" AND NOT e.resolved");
        let resolved = query
            .build()
            .execute(&mut *transaction)
            .await?
            .rows_affected();
        // Groups of which nothing is open any more: an error that comes after this is a regression.
        sqlx::query("SELECT marketing.close_error_groups()")
            .execute(&mut *transaction)
            .await?;
        let act = act_on("error.resolve", selection)
            .details(json!({ "resolved": resolved, "resolution": id, "note": note, "filter": filter_of(selection) }));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        Ok(Resolution {
            id,
            resolved: i64::try_from(resolved).unwrap_or(i64::MAX),
        })
    }

    /// What an action on the selected errors would touch, counted to the end.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn preview_errors(&self, selection: &ErrorSelection) -> Result<ErrorPreview> {
        let mut query = QueryBuilder::new(
            "SELECT count(*) FILTER (WHERE NOT e.resolved), count(*) FILTER (WHERE ",
        );
        push_retryable(&mut query);
        query.push("), coalesce(max(e.id), 0)::BIGINT FROM marketing.pipeline_errors e");
        push_selection(&mut query, selection);
        let (open, retryable, up_to) = query
            .build_query_as()
            .fetch_one(&mut *begin_counting(&self.pool).await?)
            .await
            .map_err(explain_count)?;
        Ok(ErrorPreview {
            open,
            retryable,
            up_to,
        })
    }

    /// Starts a bulk action that re-queues the events behind the selected errors. Attempts made so far are kept; the stage's
    /// number of attempts comes on top.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when none of them has an event that failed.
    pub async fn retry_errors(
        &self,
        selection: &ErrorSelection,
        actor: &Actor,
    ) -> Result<ActionProgress> {
        let mut transaction = self.transaction().await?;
        let (events, title) = match selection {
            ErrorSelection::One(id) => {
                let event = retryable(&mut transaction, *id).await?;
                let events = EventSelection::Ids(vec![event]);
                (events, Some(format!("Retry of error {id}")))
            }
            ErrorSelection::Matching(filter) => (EventSelection::Errors(filter.clone()), None),
        };
        let request = BulkRequest {
            act: EventAct::Retry,
            selection: events,
            reason: None,
            up_to: None,
        };
        let running = actions::open(&mut transaction, &request, title, actor).await?;
        let act = act_on("error.retry", selection).details(
            json!({ "action": running.id, "events": running.total, "filter": filter_of(selection) }),
        );
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        self.ring_all_stages();
        self.action_progress(running.id).await
    }
}

/// The event of an error that could be tried again.
async fn retryable(connection: &mut PgConnection, id: i64) -> Result<i64> {
    let mut query =
        QueryBuilder::new("SELECT e.event_id FROM marketing.pipeline_errors e WHERE e.id = ");
    query.push_bind(id).push(" AND ");
    push_retryable(&mut query);
    let event: Option<i64> = query
        .build_query_scalar()
        .fetch_optional(connection)
        .await?;
    event.ok_or_else(|| {
        EngineError::Invalid(format!(
            "Error {id} has no failed event that could be tried again"
        ))
    })
}

fn list(query: &ErrorQuery) -> Result<QueryBuilder<Postgres>> {
    let mut list = QueryBuilder::new(ROW);
    push_filter(&mut list, &query.filter);
    let (key, direction, beyond) = if query.ascending {
        (column(query.sort), "ASC", ">")
    } else {
        (column(query.sort), "DESC", "<")
    };
    if let Some(cursor) = &query.cursor {
        list.push(format!(" AND ({key}, e.id) {beyond} ("));
        let id = if query.sort == ErrorSort::CreatedAt {
            let (at, id) = cursor::time_and_id(cursor)?;
            list.push_bind(at);
            id
        } else {
            let (value, id) = cursor::value_and_id(cursor)?;
            list.push_bind(value.to_owned());
            id
        };
        list.push(", ").push_bind(id).push(")");
    }
    list.push(format!(" ORDER BY {key} {direction}, e.id {direction}"));
    Ok(list)
}

fn act_on(action: &'static str, selection: &ErrorSelection) -> audit::Act {
    let target = match selection {
        ErrorSelection::One(id) => id.to_string(),
        ErrorSelection::Matching(_) => "matching a filter".to_owned(),
    };
    audit::Act::new(action, "error", target)
}

fn filter_of(selection: &ErrorSelection) -> Option<&ErrorFilter> {
    match selection {
        ErrorSelection::One(_) => None,
        ErrorSelection::Matching(filter) => Some(filter),
    }
}

/// The error is open, its event failed, and a stage works on its type: any other would only be acknowledged. What has an
/// unknown outcome is not repeated from here: it may have happened.
fn push_retryable(query: &mut QueryBuilder<Postgres>) {
    let consumed: Vec<&str> = StageName::consumed_types().collect();
    query.push(
        "NOT e.resolved AND EXISTS (SELECT FROM marketing.pipeline_events r
                 WHERE r.id = e.event_id AND r.status = 'failed' AND r.event_type = ANY(",
    );
    query.push_bind(consumed).push(
        ") AND NOT EXISTS (SELECT FROM marketing.dead_letters u
                          WHERE u.event_id = r.id AND u.kind = 'unknown_outcome'))",
    );
}

fn cursor_of(row: &ErrorRow, sort: ErrorSort) -> String {
    match sort {
        ErrorSort::CreatedAt => format!("{}~{}", row.created_at.to_rfc3339(), row.id),
        ErrorSort::EventType => format!("{}~{}", row.event_type, row.id),
        ErrorSort::RecordId => format!(
            "{}~{}",
            row.record_id.as_deref().unwrap_or_default(),
            row.id
        ),
    }
}

#[derive(FromRow)]
struct Row {
    id: i64,
    group_key: String,
    event_type: String,
    record_id: Option<String>,
    error_message: String,
    severity: String,
    resolved: bool,
    created_at: DateTime<Utc>,
    event_id: Option<i64>,
    event_status: Option<String>,
    retried_at: Option<DateTime<Utc>>,
}

impl From<Row> for ErrorRow {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            group: row.group_key,
            workflow: StageName::of_event(&row.event_type).map(|stage| stage.workflow().to_owned()),
            event_type: row.event_type,
            record_id: row.record_id,
            error_message: row.error_message,
            severity: Severity::parse(&row.severity).unwrap_or(Severity::Error),
            resolved: row.resolved,
            created_at: row.created_at,
            event_id: row.event_id,
            event_status: row.event_status.as_deref().and_then(EventStatus::parse),
            retried_at: row.retried_at,
        }
    }
}

#[derive(FromRow)]
struct More {
    error_details: Option<Value>,
    resolved_at: Option<DateTime<Utc>>,
    resolved_by: Option<String>,
    resolution_notes: Option<String>,
    retried_by: Option<String>,
    event_payload: Option<Value>,
    event_attempts: Option<i32>,
    event_error: Option<String>,
    company_key: Option<String>,
}
