//! Sessions in `app.sessions`: the one place outside the engine that speaks SQL, as tower-sessions asks for a store.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use engine::store::session::SessionKey;
use serde_json::Value;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use tower_sessions::{
    session::{Id, Record},
    session_store::{Error, Result, SessionStore as Store},
};

/// Where a session keeps the id of who signed in.
pub(crate) const USER: &str = "user";
/// When it was used last, as seconds since 1970; moved on now and then, not with every request.
pub(crate) const SEEN: &str = "seen";
/// What the browser said of itself as it signed in.
pub(crate) const AGENT: &str = "agent";
/// The web address that it signed in from.
pub(crate) const ADDRESS: &str = "address";

#[derive(Clone, Debug)]
pub(crate) struct SessionStore {
    pool: PgPool,
}

impl SessionStore {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool }
    }

    /// Runs a statement that sets all of a session, its id first, and returns how many rows it wrote.
    async fn write(&self, statement: &'static str, record: &Record) -> Result<u64> {
        let text = |name: &str| record.data.get(name).and_then(Value::as_str);
        let done = sqlx::query(statement)
            .bind(key(&record.id).0)
            .bind(encode(&record.data)?)
            .bind(expiry(record))
            .bind(user(record))
            .bind(seen(record))
            .bind(text(AGENT))
            .bind(text(ADDRESS))
            .execute(&self.pool)
            .await
            .map_err(backend)?;
        Ok(done.rows_affected())
    }

    /// Removes what nobody can use any more.
    pub(crate) async fn delete_expired(&self) -> Result<()> {
        sqlx::query("DELETE FROM app.sessions WHERE expires_at <= now()")
            .execute(&self.pool)
            .await
            .map_err(backend)?;
        Ok(())
    }
}

#[async_trait]
impl Store for SessionStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        const INSERT: &str =
            "INSERT INTO app.sessions (id, data, expires_at, user_id, seen_at, agent, address)
             VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
        while self.write(INSERT, record).await? == 0 {
            record.id = Id::default();
        }
        Ok(())
    }

    /// Changes an existing session only: one that was signed out in the meantime stays so.
    async fn save(&self, record: &Record) -> Result<()> {
        const UPDATE: &str = "UPDATE app.sessions
             SET data = $2, expires_at = $3, user_id = $4, seen_at = $5, agent = $6, address = $7 WHERE id = $1";
        self.write(UPDATE, record).await?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found: Option<(Vec<u8>, DateTime<Utc>)> = sqlx::query_as(
            "SELECT data, expires_at FROM app.sessions WHERE id = $1 AND expires_at > now()",
        )
        .bind(key(id).0)
        .fetch_optional(&self.pool)
        .await
        .map_err(backend)?;
        let Some((data, expires_at)) = found else {
            return Ok(None);
        };
        let data =
            serde_json::from_slice(&data).map_err(|error| Error::Decode(error.to_string()))?;
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(expires_at.timestamp())
            .map_err(|error| Error::Decode(error.to_string()))?;
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        sqlx::query("DELETE FROM app.sessions WHERE id = $1")
            .bind(key(id).0)
            .execute(&self.pool)
            .await
            .map_err(backend)?;
        Ok(())
    }
}

/// The id's hash: whoever reads the table, or a backup of it, cannot take over a session.
pub(crate) fn key(id: &Id) -> SessionKey {
    let digest = Sha256::digest(id.to_string());
    SessionKey(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Whose session it is, for the engine to end it with the user.
fn user(record: &Record) -> Option<i64> {
    record.data.get(USER)?.as_i64()
}

fn seen(record: &Record) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(record.data.get(SEEN)?.as_i64()?, 0)
}

fn encode(data: &HashMap<String, Value>) -> Result<Vec<u8>> {
    serde_json::to_vec(data).map_err(|error| Error::Encode(error.to_string()))
}

fn expiry(record: &Record) -> DateTime<Utc> {
    DateTime::from_timestamp(record.expiry_date.unix_timestamp(), 0).unwrap_or(DateTime::UNIX_EPOCH)
}

fn backend(error: sqlx::Error) -> Error {
    Error::Backend(error.to_string())
}
