//! `marketing.audit_log`: written in the transaction of each act, read page by page, never changed.

use chrono::{DateTime, Utc};
use domain::{
    model::{
        Page,
        audit::{AuditEntry, AuditFilter, AuditQuery},
    },
    role::Actor,
};
use serde_json::Value;
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder};

use super::{PIECE, Piece, cursor, page, rows, window::push_window};
use crate::{Engine, Result};

impl Engine {
    /// A page of 50 entries, newest first.
    ///
    /// # Errors
    /// [`crate::EngineError::Invalid`] for a cursor that is none, [`crate::EngineError::Database`].
    pub async fn audit_log(&self, query: &AuditQuery) -> Result<Page<AuditEntry>> {
        let mut count =
            QueryBuilder::new("SELECT count(*) FROM (SELECT FROM marketing.audit_log WHERE TRUE");
        push_filter(&mut count, &query.filter);
        Ok(page::<Row, _>(&self.pool, list(query)?, count, next).await?)
    }

    /// A piece of the same list, for exports.
    ///
    /// # Errors
    /// As [`Engine::audit_log`].
    pub async fn audit_piece(&self, query: &AuditQuery) -> Result<Piece<AuditEntry>> {
        Ok(rows::<Row, _>(&self.pool, list(query)?, PIECE, next).await?)
    }
}

fn list(query: &AuditQuery) -> Result<QueryBuilder<Postgres>> {
    let mut list = QueryBuilder::new(
        "SELECT id, at, actor, actor_id, origin, action, target_kind, target, before, after, details
         FROM marketing.audit_log WHERE TRUE",
    );
    push_filter(&mut list, &query.filter);
    if let Some(cursor) = &query.cursor {
        let (at, id) = cursor::time_and_id(cursor)?;
        list.push(" AND (at, id) < (").push_bind(at);
        list.push(", ").push_bind(id).push(")");
    }
    list.push(" ORDER BY at DESC, id DESC");
    Ok(list)
}

fn next(row: &AuditEntry) -> String {
    format!("{}~{}", row.at.to_rfc3339(), row.id)
}

/// One act, as it goes into the log. Never with a secret in it.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    action: &'static str,
    target_kind: &'static str,
    target: String,
    before: Option<Value>,
    after: Option<Value>,
    details: Option<Value>,
}

impl Act {
    pub(crate) fn new(
        action: &'static str,
        target_kind: &'static str,
        target: impl ToString,
    ) -> Self {
        Self {
            action,
            target_kind,
            target: target.to_string(),
            before: None,
            after: None,
            details: None,
        }
    }

    pub(crate) fn changed(mut self, before: Option<Value>, after: Option<Value>) -> Self {
        (self.before, self.after) = (before, after);
        self
    }

    pub(crate) fn details(mut self, details: Value) -> Self {
        self.details = Some(details);
        self
    }
}

/// Adds an act to the log, in the transaction that does it: neither stands without the other.
pub(crate) async fn record(
    connection: &mut PgConnection,
    actor: &Actor,
    act: Act,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO marketing.audit_log
             (actor, actor_id, origin, action, target_kind, target, before, after, details)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&actor.name)
    .bind(actor.user_id)
    .bind(&actor.origin)
    .bind(act.action)
    .bind(act.target_kind)
    .bind(act.target)
    .bind(act.before)
    .bind(act.after)
    .bind(act.details)
    .execute(connection)
    .await?;
    Ok(())
}

/// The one predicate of list, count and export.
fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &AuditFilter) {
    if let Some(name) = &filter.actor {
        // A program's name is whole as it is; a person's stands for all programs that act for them, too.
        let named = if name.contains(" via ") {
            " AND actor = "
        } else {
            " AND split_part(actor, ' via ', 1) = "
        };
        query.push(named).push_bind(name.clone());
    }
    let equal = [
        (" AND target_kind = ", &filter.target_kind),
        (" AND target = ", &filter.target),
    ];
    for (condition, value) in equal {
        if let Some(value) = value {
            query.push(condition).push_bind(value.clone());
        }
    }
    match &filter.action {
        Some(prefix) if prefix.ends_with('.') => {
            query.push(" AND starts_with(action, ");
            query.push_bind(prefix.clone()).push(")");
        }
        Some(action) => {
            query.push(" AND action = ").push_bind(action.clone());
        }
        None => {}
    }
    push_window(query, "at", &filter.window);
}

#[derive(FromRow)]
struct Row {
    id: i64,
    at: DateTime<Utc>,
    actor: String,
    actor_id: i64,
    origin: String,
    action: String,
    target_kind: String,
    target: String,
    before: Option<Value>,
    after: Option<Value>,
    details: Option<Value>,
}

impl From<Row> for AuditEntry {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            at: row.at,
            actor: row.actor,
            actor_id: row.actor_id,
            origin: row.origin,
            action: row.action,
            target_kind: row.target_kind,
            target: row.target,
            before: row.before,
            after: row.after,
            details: row.details,
        }
    }
}
