//! Actions as people see them: who asked for what, how far it is, what came of it.

use chrono::{DateTime, Utc};
use domain::model::{
    Page,
    bulk::{ActionFilter, ActionKind, ActionState, BulkAction},
};
use serde_json::Value;
use sqlx::{FromRow, Postgres, QueryBuilder};

use crate::{
    Engine, EngineError, Result,
    store::{PIECE, Piece, cursor, page, rows, window::push_window},
};

const ROW: &str = "SELECT a.id, a.kind, a.title, a.reason, a.selection, a.state, a.requested_by, a.origin, a.created_at,
        a.finished_at, a.total, a.done, a.skipped, a.up_to, a.cancel_requested_by, a.error, a.undo_of, a.undone_by,
        EXISTS (SELECT FROM marketing.pipeline_action_items i WHERE i.action_id = a.id) AS on_record
    FROM marketing.pipeline_actions a";

impl Engine {
    /// A page of 50 actions, newest first.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a cursor that is none, [`EngineError::Database`].
    pub async fn actions(&self, filter: &ActionFilter) -> Result<Page<BulkAction>> {
        let mut count =
            QueryBuilder::new("SELECT count(*) FROM (SELECT FROM marketing.pipeline_actions a");
        push_filter(&mut count, filter);
        Ok(page::<Row, _>(&self.pool, list(filter)?, count, next).await?)
    }

    /// A piece of the same list, for exports.
    ///
    /// # Errors
    /// As [`Engine::actions`].
    pub async fn actions_piece(&self, filter: &ActionFilter) -> Result<Piece<BulkAction>> {
        Ok(rows::<Row, _>(&self.pool, list(filter)?, PIECE, next).await?)
    }

    /// One action with its progress.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn action(&self, id: i64) -> Result<BulkAction> {
        let mut query = QueryBuilder::new(ROW);
        query.push(" WHERE a.id = ").push_bind(id);
        let row: Option<Row> = query.build_query_as().fetch_optional(&self.pool).await?;
        Ok(row
            .ok_or_else(|| EngineError::NotFound(format!("Action {id}")))?
            .into())
    }
}

fn list(filter: &ActionFilter) -> Result<QueryBuilder<Postgres>> {
    let mut list = QueryBuilder::new(ROW);
    push_filter(&mut list, filter);
    if let Some(cursor) = &filter.cursor {
        list.push(" AND a.id < ").push_bind(cursor::id(cursor)?);
    }
    list.push(" ORDER BY a.id DESC");
    Ok(list)
}

fn next(row: &BulkAction) -> String {
    row.id.to_string()
}

fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &ActionFilter) {
    query.push(" WHERE TRUE");
    if let Some(kind) = filter.kind {
        query.push(" AND a.kind = ").push_bind(kind.name());
    }
    if let Some(state) = filter.state {
        query.push(match state {
            ActionState::Running => " AND a.state = 'running'",
            ActionState::Done => " AND a.state = 'done'",
            ActionState::Cancelled => " AND a.state = 'cancelled'",
            ActionState::Failed => " AND a.state = 'failed'",
        });
    }
    if let Some(name) = &filter.requested_by {
        query.push(" AND a.requested_by = ").push_bind(name.clone());
    }
    push_window(query, "a.created_at", &filter.window);
}

#[derive(FromRow)]
struct Row {
    id: i64,
    kind: String,
    title: String,
    reason: Option<String>,
    selection: Option<Value>,
    state: String,
    requested_by: String,
    origin: String,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    total: i64,
    done: i64,
    skipped: i64,
    up_to: Option<i64>,
    cancel_requested_by: Option<String>,
    error: Option<String>,
    undo_of: Option<i64>,
    undone_by: Option<i64>,
    on_record: bool,
}

impl From<Row> for BulkAction {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            // The table's checks admit only what is known; a newer version may know more.
            kind: ActionKind::parse(&row.kind).unwrap_or(ActionKind::ProcessNow),
            title: row.title,
            reason: row.reason,
            selection: row
                .selection
                .and_then(|value| serde_json::from_value(value).ok()),
            state: ActionState::parse(&row.state).unwrap_or(ActionState::Done),
            requested_by: row.requested_by,
            origin: row.origin,
            created_at: row.created_at,
            finished_at: row.finished_at,
            total: row.total,
            done: row.done,
            skipped: row.skipped,
            up_to: row.up_to,
            cancel_requested_by: row.cancel_requested_by,
            error: row.error,
            undo_of: row.undo_of,
            undone_by: row.undone_by,
            on_record: row.on_record,
        }
    }
}
