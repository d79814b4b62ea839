//! `app.webhooks` as pages show them. No statement here reads a secret.

use chrono::{DateTime, Utc};
use domain::model::webhook::{DeliveryStatus, WebhookRow, WebhookState};
use sqlx::{AssertSqlSafe, FromRow, PgPool};

use super::{COUNT_LIMIT, capped};
use crate::{Engine, EngineError, Result, webhooks::shown};

impl Engine {
    /// Every webhook, by name.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn webhooks(&self) -> Result<Vec<WebhookRow>> {
        Ok(read(&self.pool, None).await?)
    }

    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Database`].
    pub async fn webhook(&self, id: i64) -> Result<WebhookRow> {
        let found = read(&self.pool, Some(id)).await?.pop();
        found.ok_or_else(|| EngineError::NotFound(format!("Webhook {id}")))
    }
}

async fn read(pool: &PgPool, id: Option<i64>) -> sqlx::Result<Vec<WebhookRow>> {
    let statuses = DeliveryStatus::ALL.map(DeliveryStatus::name);
    // Of each status the newest ones: what is older than a day among them is not counted.
    let rows: Vec<Row> = sqlx::query_as(AssertSqlSafe(format!(
        "SELECT w.id, w.name, w.url, w.event_types, w.enabled, w.paused_reason, w.created_by, w.created_at, w.secret_at,
                w.last_success_at, w.last_failure_at, w.last_error,
                ARRAY(SELECT (SELECT count(*) FROM (
                                  SELECT d.made_at FROM app.webhook_deliveries d
                                  WHERE d.webhook_id = w.id AND d.status = s.status
                                  ORDER BY d.event_id DESC LIMIT {COUNT_LIMIT} + 1) newest
                              WHERE newest.made_at > now() - INTERVAL '24 hours')
                      FROM unnest($2::TEXT[]) WITH ORDINALITY s (status, n) ORDER BY s.n) AS counts
         FROM app.webhooks w WHERE $1::BIGINT IS NULL OR w.id = $1 ORDER BY lower(w.name)"
    )))
    .bind(id)
    .bind(statuses.as_slice())
    .fetch_all(pool)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

#[derive(FromRow)]
struct Row {
    id: i64,
    name: String,
    url: String,
    event_types: Option<Vec<String>>,
    enabled: bool,
    paused_reason: Option<String>,
    created_by: String,
    created_at: DateTime<Utc>,
    secret_at: DateTime<Utc>,
    last_success_at: Option<DateTime<Utc>>,
    last_failure_at: Option<DateTime<Utc>>,
    last_error: Option<String>,
    counts: Vec<i64>,
}

impl From<Row> for WebhookRow {
    fn from(row: Row) -> Self {
        let state = match (row.enabled, &row.paused_reason) {
            (false, _) => WebhookState::Off,
            (true, Some(_)) => WebhookState::Paused,
            (true, None) => WebhookState::On,
        };
        Self {
            id: row.id,
            name: row.name,
            url: shown(&row.url),
            event_types: row.event_types,
            state,
            reason: row.paused_reason,
            created_by: row.created_by,
            created_at: row.created_at,
            secret_at: row.secret_at,
            last_success_at: row.last_success_at,
            last_failure_at: row.last_failure_at,
            last_error: row.last_error,
            counts: std::array::from_fn(|n| {
                capped(row.counts.get(n).copied().unwrap_or(0), COUNT_LIMIT)
            }),
        }
    }
}
