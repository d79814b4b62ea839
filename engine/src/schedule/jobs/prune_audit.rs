//! Old entries of the audit log, which has one way out: a function of its own.

use std::time::Instant;

use domain::model::retention::Kept;
use serde_json::json;

use crate::{
    Result,
    schedule::{
        Done, Job, Run,
        prune::{expiry, kept_for_ever, rest},
    },
};

/// Entries in one transaction.
const STEP: i32 = 5_000;

pub(super) struct PruneAudit;

#[async_trait::async_trait]
impl Job for PruneAudit {
    fn name(&self) -> &'static str {
        "prune_audit"
    }

    async fn run(&self, run: &Run) -> Result<Done> {
        let exists: bool = sqlx::query_scalar(
            "SELECT to_regprocedure('marketing.expire_audit_log(interval, integer)') IS NOT NULL",
        )
        .fetch_one(&run.pool)
        .await?;
        if !exists {
            return Ok(Done::All(json!({"audit": 0})));
        }
        let Some(before) = expiry(&run.pool, Kept::Audit).await? else {
            return Ok(Done::All(kept_for_ever()));
        };
        let mut deleted = 0;
        loop {
            if run.stop.is_cancelled() {
                return Ok(Done::Part(json!({"audit": deleted})));
            }
            let begun = Instant::now();
            let gone: i64 = sqlx::query_scalar("SELECT marketing.expire_audit_log(now() - $1, $2)")
                .bind(before)
                .bind(STEP)
                .fetch_one(&run.pool)
                .await?;
            deleted += gone;
            if gone < i64::from(STEP) {
                return Ok(Done::All(json!({"audit": deleted})));
            }
            rest(run, begun.elapsed()).await;
        }
    }
}
