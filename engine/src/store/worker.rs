//! `marketing.pipeline_workers`: who works on the queue.

use chrono::{DateTime, Utc};
use domain::model::worker::{WorkerRow, Workers};
use sqlx::FromRow;

use crate::{Engine, Result, queue};

impl Engine {
    /// Every worker that is signed on, the last started first. One without a heartbeat for long is about to be signed off.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn workers(&self) -> Result<Workers> {
        let as_of = sqlx::query_scalar("SELECT clock_timestamp()")
            .fetch_one(&self.pool)
            .await?;
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT w.worker_id, w.host, w.pid, w.started_at, w.heartbeat_at, l.leases, l.oldest_lease
             FROM marketing.pipeline_workers w
             CROSS JOIN LATERAL (
                 SELECT count(*) AS leases, min(locked_at) AS oldest_lease FROM marketing.pipeline_events
                 WHERE status = 'processing' AND locked_by = w.worker_id) l
             ORDER BY w.started_at DESC, w.worker_id LIMIT 500",
        )
        .fetch_all(&self.pool)
        .await?;
        let rows = rows.into_iter().map(|row| row.seen(as_of)).collect();
        Ok(Workers { as_of, rows })
    }
}

#[derive(FromRow)]
struct Row {
    worker_id: String,
    host: Option<String>,
    pid: Option<i64>,
    started_at: DateTime<Utc>,
    heartbeat_at: DateTime<Utc>,
    leases: i64,
    oldest_lease: Option<DateTime<Utc>>,
}

impl Row {
    fn seen(self, now: DateTime<Utc>) -> WorkerRow {
        let silence = (now - self.heartbeat_at).to_std().unwrap_or_default();
        WorkerRow {
            worker_id: self.worker_id,
            host: self.host,
            pid: self.pid,
            started_at: self.started_at,
            heartbeat_at: self.heartbeat_at,
            alive: silence < queue::DEAD_AFTER,
            leases: self.leases,
            oldest_lease: self.oldest_lease,
        }
    }
}
