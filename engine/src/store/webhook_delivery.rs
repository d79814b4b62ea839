//! `app.webhook_deliveries`: listed, and sent again when somebody asks for it.

use chrono::{DateTime, Utc};
use domain::{
    model::{
        Page,
        webhook::{DeliveryFilter, DeliveryQuery, DeliveryRow, DeliveryStatus},
    },
    role::Actor,
};
use serde_json::json;
use sqlx::{FromRow, Postgres, QueryBuilder};

use super::{
    PIECE, Piece,
    audit::{self, Act},
    cursor, page, rows,
};
use crate::{Engine, EngineError, Result};

impl Engine {
    /// A page of 50 deliveries of a webhook, the newest event first.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a cursor that is none, [`EngineError::Database`].
    pub async fn webhook_deliveries(&self, query: &DeliveryQuery) -> Result<Page<DeliveryRow>> {
        let mut count = QueryBuilder::new(
            "SELECT count(*) FROM (SELECT FROM app.webhook_deliveries WHERE webhook_id = ",
        );
        count.push_bind(query.webhook);
        push_filter(&mut count, &query.filter);
        Ok(page::<Row, _>(&self.pool, list(query)?, count, next).await?)
    }

    /// A piece of the same list, for exports.
    ///
    /// # Errors
    /// As [`Engine::webhook_deliveries`].
    pub async fn webhook_deliveries_piece(
        &self,
        query: &DeliveryQuery,
    ) -> Result<Piece<DeliveryRow>> {
        Ok(rows::<Row, _>(&self.pool, list(query)?, PIECE, next).await?)
    }

    /// Sends one event again, whatever became of it, or all that were given up. Attempts are counted anew. Tests are no
    /// events, and stay as they are. Returns how many deliveries that are.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for the webhook or the delivery, [`EngineError::Database`].
    pub async fn deliver_again(&self, webhook: i64, event: Option<i64>, by: &Actor) -> Result<u64> {
        let mut transaction = self.transaction().await?;
        // Without a lock on it: who writes an attempt down locks the delivery first.
        let name: Option<String> =
            sqlx::query_scalar("SELECT name FROM app.webhooks WHERE id = $1")
                .bind(webhook)
                .fetch_optional(&mut *transaction)
                .await?;
        let name = name.ok_or_else(|| EngineError::NotFound(format!("Webhook {webhook}")))?;
        let again = sqlx::query(
            "UPDATE app.webhook_deliveries SET status = 'pending', attempts = 0, next_attempt_at = NULL
             WHERE webhook_id = $1 AND NOT is_test AND (event_id = $2 OR ($2 IS NULL AND status = 'dead'))",
        )
        .bind(webhook)
        .bind(event)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        if let (Some(event), 0) = (event, again) {
            return Err(EngineError::NotFound(format!(
                "A delivery of event {event} to {name}"
            )));
        }
        let act = Act::new("webhook.deliver_again", "webhook", name)
            .details(json!({"event": event, "deliveries": again}));
        audit::record(&mut transaction, by, act).await?;
        transaction.commit().await?;
        Ok(again)
    }
}

fn list(query: &DeliveryQuery) -> Result<QueryBuilder<Postgres>> {
    let mut list = QueryBuilder::new(
        "SELECT event_id, event_type, is_test, status, made_at, attempts, tried_at, next_attempt_at, http_status, duration_ms,
                error, answer
         FROM app.webhook_deliveries WHERE webhook_id = ",
    );
    list.push_bind(query.webhook);
    push_filter(&mut list, &query.filter);
    if let Some(cursor) = &query.cursor {
        list.push(" AND event_id < ").push_bind(cursor::id(cursor)?);
    }
    list.push(" ORDER BY event_id DESC");
    Ok(list)
}

/// The one predicate of list, count and export.
fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &DeliveryFilter) {
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(status.name());
    }
    if let Some(event_type) = &filter.event_type {
        query
            .push(" AND event_type = ")
            .push_bind(event_type.clone());
    }
    if let Some(span) = filter.newer_than {
        query
            .push(" AND made_at > now() - make_interval(secs => ")
            .push_bind(f64::from(span.seconds()))
            .push(")");
    }
}

fn next(row: &DeliveryRow) -> String {
    row.event_id.to_string()
}

#[derive(FromRow)]
struct Row {
    event_id: i64,
    event_type: String,
    is_test: bool,
    status: String,
    made_at: DateTime<Utc>,
    attempts: i32,
    tried_at: Option<DateTime<Utc>>,
    next_attempt_at: Option<DateTime<Utc>>,
    http_status: Option<i32>,
    duration_ms: Option<i32>,
    error: Option<String>,
    answer: Option<String>,
}

impl From<Row> for DeliveryRow {
    fn from(row: Row) -> Self {
        Self {
            event_id: row.event_id,
            event_type: row.event_type,
            is_test: row.is_test,
            // The table knows no other.
            status: DeliveryStatus::parse(&row.status).unwrap_or(DeliveryStatus::Pending),
            made_at: row.made_at,
            attempts: row.attempts,
            tried_at: row.tried_at,
            next_attempt_at: row.next_attempt_at,
            http_status: row.http_status,
            duration_ms: row.duration_ms,
            error: row.error,
            answer: row.answer,
        }
    }
}
