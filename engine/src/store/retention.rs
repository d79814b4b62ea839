//! How long what is kept.

use chrono::{DateTime, Utc};
use domain::{
    model::{
        Count,
        retention::{Kept, RetentionSetting},
    },
    role::Actor,
};
use serde_json::json;
use sqlx::AssertSqlSafe;

use super::audit::{self, Act};
use crate::{Engine, EngineError, Result};

/// A hundred years: more is a mistake in typing.
const LONGEST: i32 = 36_500;
/// Rows that a preview looks at, the oldest first, as the job does that deletes them.
const LOOKED_AT: i64 = 50_000;
/// The moment before which things may go, in the statements of previews.
const MOMENT: &str = "now() - make_interval(days => $1)";

impl Engine {
    /// Every setting, in the order of [`Kept::ALL`].
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn retention(&self) -> Result<Vec<RetentionSetting>> {
        let rows: Vec<(String, Option<i32>, Option<String>, DateTime<Utc>)> = sqlx::query_as(
            "SELECT what, nullif(keep_days, 0), updated_by, updated_at FROM marketing.retention_settings",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut settings: Vec<_> = rows
            .into_iter()
            .filter_map(|(what, keep_days, updated_by, updated_at)| {
                Some(RetentionSetting {
                    what: Kept::parse(&what)?,
                    keep_days,
                    updated_by,
                    updated_at,
                })
            })
            .collect();
        settings.sort_by_key(|setting| Kept::ALL.iter().position(|kept| *kept == setting.what));
        Ok(settings)
    }

    /// Keeps things of a kind for so many days, or for ever. Takes effect with the next run of the job that deletes.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a number of days that makes no sense.
    pub async fn set_retention(
        &self,
        what: Kept,
        keep_days: Option<i32>,
        actor: &Actor,
    ) -> Result<Vec<RetentionSetting>> {
        check(keep_days)?;
        let mut transaction = self.transaction().await?;
        let before: Option<i32> = sqlx::query_scalar(
            "SELECT nullif(keep_days, 0) FROM marketing.retention_settings WHERE what = $1 FOR UPDATE",
        )
        .bind(what.name())
        .fetch_optional(&mut *transaction)
        .await?
        .flatten();
        sqlx::query(
            "INSERT INTO marketing.retention_settings AS s (what, keep_days, updated_by) VALUES ($1, $2, $3)
             ON CONFLICT (what) DO UPDATE
             SET keep_days = excluded.keep_days, updated_by = excluded.updated_by, updated_at = now()",
        )
        .bind(what.name())
        .bind(keep_days)
        .bind(&actor.name)
        .execute(&mut *transaction)
        .await?;
        let act = Act::new("retention.set", "retention", what.name()).changed(
            Some(json!({"keep_days": before})),
            Some(json!({"keep_days": keep_days})),
        );
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        self.retention().await
    }

    /// How many rows the next run would delete if things of a kind were kept for so many days; without days none. Those
    /// that go along with them, such as the runs of an event, do not count. At most the 50,000 oldest are looked at.
    ///
    /// # Errors
    /// As [`Engine::set_retention`].
    pub async fn preview_retention(&self, what: Kept, keep_days: Option<i32>) -> Result<Count> {
        check(keep_days)?;
        let Some(days) = keep_days else {
            return Ok(Count {
                n: 0,
                capped: false,
            });
        };
        let sql = format!(
            "SELECT count(*) FILTER (WHERE w.goes), count(*) = $2 AND max(w.at) < {MOMENT}
             FROM ({} LIMIT $2) w",
            oldest(what)
        );
        let (n, more): (i64, Option<bool>) = sqlx::query_as(AssertSqlSafe(sql))
            .bind(days)
            .bind(LOOKED_AT)
            .fetch_one(&self.pool)
            .await?;
        Ok(Count {
            n,
            capped: more.unwrap_or(false),
        })
    }
}

fn check(keep_days: Option<i32>) -> Result<()> {
    if keep_days.is_some_and(|days| !(1..=LONGEST).contains(&days)) {
        return Err(EngineError::Invalid(format!(
            "Keep it for 1 to {LONGEST} days, or for ever"
        )));
    }
    Ok(())
}

/// Things of a kind from the oldest on: when each was made, and whether it goes, in the words of `engine/sql/retention`.
fn oldest(what: Kept) -> String {
    match what {
        Kept::Events => format!(
            "SELECT created_at AS at, created_at < {MOMENT} AND status IN ('processed', 'cancelled')
                    AND coalesce(processed_at, created_at) < {MOMENT} AS goes
             FROM marketing.pipeline_events ORDER BY id"
        ),
        Kept::DeadLetters => format!(
            "SELECT d.moved_at AS at, d.moved_at < {MOMENT} AND p.status = 'failed' AS goes
             FROM marketing.dead_letters d JOIN marketing.pipeline_events p ON p.id = d.event_id ORDER BY d.moved_at, d.event_id"
        ),
        Kept::Errors => format!(
            "SELECT created_at AS at, created_at < {MOMENT} AND resolved AND coalesce(resolved_at, created_at) < {MOMENT} AS goes
             FROM marketing.pipeline_errors ORDER BY id"
        ),
        Kept::Runs => format!(
            "SELECT w.created_at AS at, w.created_at < {MOMENT}
                    AND (SELECT e.id FROM marketing.pipeline_events e WHERE e.id = w.event_id) IS NULL AS goes
             FROM marketing.workflow_stats w ORDER BY w.id"
        ),
        Kept::Audit => format!("SELECT at, at < {MOMENT} AS goes FROM marketing.audit_log ORDER BY at, id"),
        Kept::ScheduleRuns => format!(
            "SELECT started_at AS at, started_at < {MOMENT} AND status <> 'running' AS goes
             FROM marketing.schedule_runs ORDER BY id"
        ),
        Kept::ActionItems => format!(
            "SELECT a.finished_at AS at, TRUE AS goes
             FROM marketing.pipeline_actions a JOIN marketing.pipeline_action_items i ON i.action_id = a.id
             LEFT JOIN marketing.pipeline_actions u ON u.id = a.undone_by
             WHERE a.state <> 'running' AND a.finished_at < {MOMENT} AND u.state IS DISTINCT FROM 'running'
             ORDER BY i.action_id, i.event_id"
        ),
        Kept::WebhookDeliveries => format!(
            "SELECT made_at AS at, made_at < {MOMENT} AS goes FROM app.webhook_deliveries ORDER BY webhook_id, event_id"
        ),
        Kept::ApiTokens => format!(
            "SELECT least(expires_at, revoked_at) AS at, least(expires_at, revoked_at) < {MOMENT} AS goes
             FROM app.api_tokens ORDER BY at, id"
        ),
    }
}
