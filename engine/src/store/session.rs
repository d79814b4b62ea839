//! `app.sessions` in the hands of the people who are signed in: where they are, and the end of it.
//!
//! The server keeps the sessions; see its session store.

use chrono::{DateTime, Utc};
use domain::{browser::browser_in_words, model::session::SessionRow, role::Actor};
use serde_json::json;
use sqlx::{FromRow, PgConnection};

use super::audit::{self, Act};
use crate::{Engine, Result};

/// What the table knows a session by: a hash of what the browser holds, which opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionKey(pub String);

impl Engine {
    /// Where the person is signed in, the present session first, then the last seen; at most 500.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn sessions(&self, actor: &Actor, present: &SessionKey) -> Result<Vec<SessionRow>> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT number, agent, address, created_at, seen_at, id = $2 AS present FROM app.sessions
             WHERE user_id = $1 AND expires_at > now()
             ORDER BY present DESC, seen_at DESC NULLS LAST, number DESC LIMIT 500",
        )
        .bind(actor.user_id)
        .bind(&present.0)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(SessionRow::from).collect())
    }

    /// Ends one session of the person; false where they have none of this number.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn end_session(&self, actor: &Actor, number: i64) -> Result<bool> {
        let mut transaction = self.transaction().await?;
        let ended: Vec<Ended> = sqlx::query_as(
            "DELETE FROM app.sessions WHERE user_id = $1 AND number = $2 AND expires_at > now()
             RETURNING number, agent, address",
        )
        .bind(actor.user_id)
        .bind(number)
        .fetch_all(&mut *transaction)
        .await?;
        record(&mut transaction, actor, &ended).await?;
        transaction.commit().await?;
        Ok(!ended.is_empty())
    }

    /// Ends every session of the person but the present one, and returns how many that were.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn end_other_sessions(&self, actor: &Actor, present: &SessionKey) -> Result<usize> {
        let mut transaction = self.transaction().await?;
        let ended: Vec<Ended> = sqlx::query_as(
            "DELETE FROM app.sessions WHERE user_id = $1 AND id <> $2 AND expires_at > now()
             RETURNING number, agent, address",
        )
        .bind(actor.user_id)
        .bind(&present.0)
        .fetch_all(&mut *transaction)
        .await?;
        record(&mut transaction, actor, &ended).await?;
        transaction.commit().await?;
        Ok(ended.len())
    }
}

/// One entry for each; where nothing was ended, nobody did anything.
async fn record(connection: &mut PgConnection, actor: &Actor, ended: &[Ended]) -> sqlx::Result<()> {
    for one in ended {
        let details = json!({
            "of": actor.name,
            "browser": one.agent.as_deref().map(browser_in_words),
            "address": one.address,
        });
        let act = Act::new("session.end", "session", one.number).details(details);
        audit::record(connection, actor, act).await?;
    }
    Ok(())
}

#[derive(FromRow)]
struct Ended {
    number: i64,
    agent: Option<String>,
    address: Option<String>,
}

#[derive(FromRow)]
struct Row {
    number: i64,
    agent: Option<String>,
    address: Option<String>,
    created_at: Option<DateTime<Utc>>,
    seen_at: Option<DateTime<Utc>>,
    present: bool,
}

impl From<Row> for SessionRow {
    fn from(row: Row) -> Self {
        Self {
            number: row.number,
            browser: row.agent.as_deref().map(browser_in_words),
            address: row.address,
            created_at: row.created_at,
            seen_at: row.seen_at,
            present: row.present,
        }
    }
}
