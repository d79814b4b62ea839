//! What people decide about a group of errors. Its errors are resolved and tried again as any others are.

use domain::{model::error_group::Ignore, role::Actor};
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::audit;
use crate::{Engine, EngineError, Result};

const LONGEST_NOTE: usize = 4_000;
const LONGEST_HOURS: u32 = 10 * 366 * 24;

impl Engine {
    /// Gives a group to somebody, or to nobody.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for the group, [`EngineError::Invalid`] for a name that may not sign in.
    pub async fn assign_error_group(
        &self,
        key: &str,
        to: Option<&str>,
        actor: &Actor,
    ) -> Result<()> {
        let mut transaction = self.transaction().await?;
        let before = lock(&mut transaction, key).await?;
        if let Some(name) = to {
            let known: bool = sqlx::query_scalar(
                "SELECT EXISTS (SELECT FROM app.users WHERE name = $1 AND NOT disabled)",
            )
            .bind(name)
            .fetch_one(&mut *transaction)
            .await?;
            if !known {
                return Err(EngineError::Invalid(format!(
                    "Nobody called {name} may sign in"
                )));
            }
        }
        sqlx::query("UPDATE marketing.error_groups SET assigned_to = $2 WHERE group_key = $1")
            .bind(key)
            .bind(to)
            .execute(&mut *transaction)
            .await?;
        finish(&mut transaction, "error_group.assign", key, before, actor).await?;
        Ok(transaction.commit().await?)
    }

    /// Names that a group may be given to.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn assignees(&self) -> Result<Vec<String>> {
        Ok(sqlx::query_scalar(
            "SELECT name FROM app.users WHERE NOT disabled AND role <> 'viewer' ORDER BY name",
        )
        .fetch_all(&self.pool)
        .await?)
    }

    /// Adds a note for whoever looks at the group next.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Invalid`] for an empty note or one of more than 4,000 characters.
    pub async fn note_error_group(&self, key: &str, body: &str, actor: &Actor) -> Result<()> {
        let body = body.trim();
        if body.is_empty() || body.chars().count() > LONGEST_NOTE {
            return Err(EngineError::Invalid(format!(
                "A note has between 1 and {LONGEST_NOTE} characters"
            )));
        }
        let mut transaction = self.transaction().await?;
        lock(&mut transaction, key).await?;
        sqlx::query(
            "INSERT INTO marketing.error_group_notes (group_key, author, body) VALUES ($1, $2, $3)",
        )
        .bind(key)
        .bind(&actor.name)
        .bind(body)
        .execute(&mut *transaction)
        .await?;
        let act = audit::Act::new("error_group.note", "error_group", key)
            .details(json!({ "note": body }));
        audit::record(&mut transaction, actor, act).await?;
        Ok(transaction.commit().await?)
    }

    /// Passes over a group until something is reached.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Invalid`] without a reason, or for a limit that is none or is reached already.
    pub async fn ignore_error_group(
        &self,
        key: &str,
        ignore: &Ignore,
        actor: &Actor,
    ) -> Result<()> {
        let invalid = |text: &str| Err(EngineError::Invalid(text.into()));
        let why = ignore.why.trim();
        if why.is_empty() {
            return invalid("Say why: whoever meets the group will ask");
        }
        let hours = ignore.hours.unwrap_or(1);
        if !(1..=LONGEST_HOURS).contains(&hours) || ignore.rate.is_some_and(|rate| rate < 1) {
            return invalid("Between an hour and ten years, and at least one error within an hour");
        }
        let mut transaction = self.transaction().await?;
        let before = lock(&mut transaction, key).await?;
        let total: i64 =
            sqlx::query_scalar("SELECT total FROM marketing.v_error_groups WHERE group_key = $1")
                .bind(key)
                .fetch_one(&mut *transaction)
                .await?;
        if ignore.total.is_some_and(|limit| limit <= total) {
            return Err(EngineError::Invalid(format!(
                "It has {total} errors already; name a higher number"
            )));
        }
        sqlx::query(
            "UPDATE marketing.error_groups
             SET ignored_at = now(), ignored_by = $2, ignored_why = $3, ignored_until = now() + make_interval(hours => $4), ignored_total = $5, ignored_rate = $6
             WHERE group_key = $1",
        )
        .bind(key)
        .bind(&actor.name)
        .bind(why)
        .bind(ignore.hours.map(|hours| i32::try_from(hours).unwrap_or(i32::MAX)))
        .bind(ignore.total)
        .bind(ignore.rate)
        .execute(&mut *transaction)
        .await?;
        finish(&mut transaction, "error_group.ignore", key, before, actor).await?;
        Ok(transaction.commit().await?)
    }

    /// Takes an ignored group back into view.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn heed_error_group(&self, key: &str, actor: &Actor) -> Result<()> {
        let mut transaction = self.transaction().await?;
        let before = lock(&mut transaction, key).await?;
        sqlx::query(
            "UPDATE marketing.error_groups
             SET ignored_at = NULL, ignored_by = NULL, ignored_why = NULL, ignored_until = NULL, ignored_total = NULL,
                 ignored_rate = NULL
             WHERE group_key = $1",
        )
        .bind(key)
        .execute(&mut *transaction)
        .await?;
        finish(&mut transaction, "error_group.heed", key, before, actor).await?;
        Ok(transaction.commit().await?)
    }
}

/// The group as it is, locked.
async fn lock(connection: &mut PgConnection, key: &str) -> Result<Value> {
    let group: Option<Value> = sqlx::query_scalar(
        "SELECT to_jsonb(g) FROM marketing.error_groups g WHERE group_key = $1 FOR UPDATE",
    )
    .bind(key)
    .fetch_optional(connection)
    .await?;
    group.ok_or_else(|| EngineError::NotFound(format!("Error group {key}")))
}

async fn finish(
    connection: &mut PgConnection,
    action: &'static str,
    key: &str,
    before: Value,
    actor: &Actor,
) -> Result<()> {
    let after = lock(connection, key).await?;
    let act = audit::Act::new(action, "error_group", key).changed(Some(before), Some(after));
    Ok(audit::record(connection, actor, act).await?)
}
