//! The repair of the rollups: everything is counted anew while nothing can be written.

use domain::role::Actor;
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::{
    Engine, Result,
    store::audit::{self, Act},
};

/// The recount, and behind the line "compared" what compares it.
const ROLLUPS: &str = include_str!("../../sql/rollups.sql");
const COMPARED: &str = "-- compared";
/// Writers wait for as long as the count takes; readers do not. All are asked for at once and in one order.
const COUNTED: &str = "LOCK TABLE intake.company_raw_intake, marketing.company_master, marketing.company_slots,
    marketing.contact_enrichment, marketing.email_verification, marketing.pipeline_events, marketing.workflow_stats,
    marketing.company_scores, marketing.pipeline_errors
    IN SHARE MODE";
/// After the tables: a writer reaches the rollups last, too, and folding takes these only.
const ROLLED: &str =
    "LOCK TABLE marketing.rollups, marketing.rollup_deltas IN SHARE ROW EXCLUSIVE MODE";
/// Waiting for the locks blocks whoever comes after us.
const PATIENCE: &str = "SET LOCAL lock_timeout = '10s'";
const METRICS: [&str; 11] = [
    "event",
    "batch",
    "run",
    "run_hour",
    "intake",
    "master",
    "slot",
    "enrichment",
    "verification",
    "score",
    "error",
];

impl Engine {
    /// Fills the rollups from a recount and returns how many counts were wrong. Writers wait meanwhile.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`], also when a long transaction kept the tables for ten seconds: then nothing
    /// was changed.
    pub async fn recount_rollups(&self, actor: &Actor) -> Result<i64> {
        let (counted, comparison) = parts();
        let mut transaction = self.transaction().await?;
        for statement in [PATIENCE, COUNTED, ROLLED] {
            sqlx::query(statement).execute(&mut *transaction).await?;
        }
        let wrong = format!("SELECT count(*) FROM ({counted}{comparison}) AS wrong");
        let wrong: i64 = sqlx::query_scalar(AssertSqlSafe(wrong))
            .persistent(false)
            .fetch_one(&mut *transaction)
            .await?;
        for table in ["marketing.rollups", "marketing.rollup_deltas"] {
            sqlx::query(AssertSqlSafe(format!(
                "DELETE FROM {table} WHERE metric = ANY($1)"
            )))
            .bind(METRICS.as_slice())
            .execute(&mut *transaction)
            .await?;
        }
        let filled = format!(
            "{counted} INSERT INTO marketing.rollups (metric, bucket, phase, label, detail, n, timed, seconds)
             SELECT metric, bucket, phase, label, detail, n, timed, seconds FROM counted"
        );
        sqlx::query(AssertSqlSafe(filled))
            .persistent(false)
            .execute(&mut *transaction)
            .await?;
        let act =
            Act::new("rollups.recount", "rollups", "all").details(json!({"corrected": wrong}));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        Ok(wrong)
    }
}

/// The recount as a common table expression, and the statement that compares it.
fn parts() -> (&'static str, &'static str) {
    ROLLUPS
        .trim()
        .trim_end_matches(';')
        .split_once(COMPARED)
        .unwrap_or((ROLLUPS, ""))
}
