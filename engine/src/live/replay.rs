//! What a browser missed while it was away.

use chrono::{DateTime, Utc};
use domain::model::live::{LiveEvent, LiveMessage, Topic};
use serde_json::Value;
use sqlx::PgPool;

use crate::{Engine, Result};

/// Ids are given before commit, so a smaller id may become visible later: read some again, the browser drops them.
const OVERLAP: i64 = 500;
const SHOWN: i64 = 50;

impl Engine {
    /// A `Changed` message with all topics and the newest events after `after` (with overlap, since ids are not in
    /// commit order; the browser drops the ones it has), or with no events when `after` is absent.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn live_replay(&self, after: Option<i64>) -> Result<LiveMessage> {
        Ok(replay(&self.pool, after).await?)
    }
}

pub(super) async fn replay(pool: &PgPool, after: Option<i64>) -> sqlx::Result<LiveMessage> {
    let newest = newest_id(pool).await?;
    let mut events = Vec::new();
    if let Some(after) = after {
        let rows: Vec<(i64, String, Value, DateTime<Utc>)> = sqlx::query_as(
            "SELECT id, event_type, payload, created_at FROM marketing.pipeline_events
             WHERE id > $1 ORDER BY id DESC LIMIT $2",
        )
        .bind(after.saturating_sub(OVERLAP))
        .bind(SHOWN)
        .fetch_all(pool)
        .await?;
        events = rows.into_iter().rev().map(event).collect();
    }
    Ok(LiveMessage::Changed {
        topics: Topic::ALL.to_vec(),
        events,
        count: 0,
        last_id: newest,
    })
}

pub(super) async fn newest_id(pool: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar("SELECT coalesce(max(id), 0) FROM marketing.pipeline_events")
        .fetch_one(pool)
        .await
}

fn event((id, event_type, payload, at): (i64, String, Value, DateTime<Utc>)) -> LiveEvent {
    LiveEvent {
        id,
        event_type,
        record_id: text(&payload["record_id"]),
        label: label(&payload),
        at,
    }
}

/// Company, role or person: what someone who watches recognises.
pub(super) fn label(payload: &Value) -> Option<String> {
    let parts: Vec<String> = [
        "company_name",
        "slot_label",
        "full_name",
        "verification_status",
    ]
    .iter()
    .filter_map(|key| text(&payload[*key]))
    .collect();
    if parts.is_empty() {
        text(&payload["company"])
    } else {
        Some(parts.join(" · "))
    }
}

pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
