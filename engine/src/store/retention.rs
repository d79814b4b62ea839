//! How long what is kept.

use chrono::{DateTime, Utc};
use domain::{
    model::retention::{Kept, RetentionSetting},
    role::Actor,
};
use serde_json::json;

use super::audit::{self, Act};
use crate::{Engine, EngineError, Result};

/// A hundred years: more is a mistake in typing.
const LONGEST: i32 = 36_500;

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
        if keep_days.is_some_and(|days| !(1..=LONGEST).contains(&days)) {
            return Err(EngineError::Invalid(format!(
                "Keep it for 1 to {LONGEST} days, or for ever"
            )));
        }
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
}
