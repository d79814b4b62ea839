//! Resolutions taken back.

use domain::role::Actor;
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::audit::{self, Act};
use crate::{Engine, EngineError, Result};

/// The errors of a resolution that are as it left them: what was opened and resolved again since has another time.
const OF_RESOLUTION: &str =
    "e.resolution_id = r.id AND e.resolved AND e.resolved_at = r.resolved_at AND r.id = $1";

impl Engine {
    /// Takes back that an error was resolved. A group that its resolution closed is open again, and not a regression:
    /// nothing has come since.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Invalid`] when it is open already.
    pub async fn reopen_error(&self, id: i64, actor: &Actor) -> Result<()> {
        let mut transaction = self.transaction().await?;
        let found: Option<(bool, String, Value)> = sqlx::query_as(
            "SELECT resolved, group_key,
                    jsonb_build_object('resolved_at', resolved_at, 'resolved_by', resolved_by, 'note', resolution_notes)
             FROM marketing.pipeline_errors WHERE id = $1 FOR UPDATE",
        )
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await?;
        let (resolved, group, before) =
            found.ok_or_else(|| EngineError::NotFound(format!("Error {id}")))?;
        if !resolved {
            return Err(EngineError::Invalid(format!("Error {id} is open already")));
        }
        open_groups(&mut transaction, &[group]).await?;
        sqlx::query(
            "UPDATE marketing.pipeline_errors
             SET resolved = FALSE, resolved_at = NULL, resolved_by = NULL, resolution_notes = NULL, resolution_id = NULL
             WHERE id = $1",
        )
        .bind(id)
        .execute(&mut *transaction)
        .await?;
        let act = Act::new("error.reopen", "error", id.to_string()).changed(Some(before), None);
        audit::record(&mut transaction, actor, act).await?;
        Ok(transaction.commit().await?)
    }

    /// Takes back a resolution of many errors and returns how many are open again: exactly those that it resolved, but for
    /// those that somebody opened or resolved again since. Groups as in [`Engine::reopen_error`].
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Invalid`] when none of them is as it was left.
    pub async fn reopen_resolution(&self, id: i64, actor: &Actor) -> Result<i64> {
        let mut transaction = self.transaction().await?;
        let before: Option<Value> = sqlx::query_scalar(
            "SELECT to_jsonb(r) FROM marketing.error_resolutions r WHERE id = $1 FOR UPDATE",
        )
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await?;
        let before = before.ok_or_else(|| EngineError::NotFound(format!("Resolution {id}")))?;
        let groups: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
            "SELECT DISTINCT locked.group_key FROM (
                 SELECT e.group_key FROM marketing.pipeline_errors e, marketing.error_resolutions r
                 WHERE {OF_RESOLUTION} ORDER BY e.id FOR UPDATE OF e) locked"
        )))
        .bind(id)
        .fetch_all(&mut *transaction)
        .await?;
        if groups.is_empty() {
            return Err(EngineError::Invalid(
                "None of these errors is as that resolution left it".into(),
            ));
        }
        open_groups(&mut transaction, &groups).await?;
        let reopened = sqlx::query(sqlx::AssertSqlSafe(format!(
            "UPDATE marketing.pipeline_errors e
             SET resolved = FALSE, resolved_at = NULL, resolved_by = NULL, resolution_notes = NULL, resolution_id = NULL
             FROM marketing.error_resolutions r WHERE {OF_RESOLUTION}"
        )))
        .bind(id)
        .execute(&mut *transaction)
        .await?
        .rows_affected();
        let act = Act::new("error.reopen", "error_resolution", id.to_string())
            .changed(Some(before), None)
            .details(json!({ "reopened": reopened }));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        Ok(i64::try_from(reopened).unwrap_or(i64::MAX))
    }
}

/// Opens those of the groups that have no open error, before they get one.
async fn open_groups(connection: &mut PgConnection, groups: &[String]) -> Result<()> {
    sqlx::query(
        "UPDATE marketing.error_groups g SET resolved_at = NULL, resolved_by = NULL
         WHERE g.group_key = ANY($1)
           AND NOT EXISTS (SELECT FROM marketing.pipeline_errors e WHERE e.group_key = g.group_key AND NOT e.resolved)",
    )
    .bind(groups)
    .execute(connection)
    .await?;
    Ok(())
}
