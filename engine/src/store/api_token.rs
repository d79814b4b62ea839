//! `app.api_tokens` in the hands of an admin: listed, made, revoked. What a program does with one: `api_token_use.rs`.

use chrono::{DateTime, Utc};
use domain::{
    model::{
        Page,
        token::{
            CreatedToken, LIFETIMES, LONGEST_NAME, NewToken, Revoked, TokenQuery, TokenRow,
            TokenState, TokenUse,
        },
    },
    role::{Actor, Role},
};
use serde_json::Value;
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder};

use super::{
    PIECE, Piece, audit, cursor, page, rows,
    token_secret::TokenSecret,
    user::{normal_name, role_of},
};
use crate::{Engine, EngineError, Result};

/// Live tokens at a time: more than programs of one installation, and few enough to look through.
const MOST: i64 = 100;

impl Engine {
    /// A page of 50 tokens, newest first.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a cursor that is none, [`EngineError::Database`].
    pub async fn api_tokens(&self, query: &TokenQuery) -> Result<Page<TokenRow>> {
        let mut count =
            QueryBuilder::new("SELECT count(*) FROM (SELECT FROM app.api_tokens t WHERE TRUE");
        push_state(&mut count, query.state);
        Ok(page::<Row, _>(&self.pool, list(query)?, count, next).await?)
    }

    /// A piece of the same list, for exports.
    ///
    /// # Errors
    /// As [`Engine::api_tokens`].
    pub async fn api_tokens_piece(&self, query: &TokenQuery) -> Result<Piece<TokenRow>> {
        Ok(rows::<Row, _>(&self.pool, list(query)?, PIECE, next).await?)
    }

    /// The live token of a name.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Database`].
    pub async fn live_api_token(&self, name: &str) -> Result<i64> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT id FROM app.api_tokens WHERE lower(name) = lower($1) AND revoked_at IS NULL AND expires_at > now()",
        )
        .bind(name.trim())
        .fetch_optional(&self.pool)
        .await?;
        found.ok_or_else(|| EngineError::NotFound(format!("A live token called {}", name.trim())))
    }

    /// Makes a token that acts on behalf of `maker`, a person who may sign in. Its secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a name that is taken, empty or too long, a lifetime that is not offered, a role beyond
    /// the maker's, or one live token too many; [`EngineError::NotFound`] for the maker; [`EngineError::Database`].
    pub async fn create_api_token(
        &self,
        wanted: &NewToken,
        maker: &str,
        by: &Actor,
    ) -> Result<CreatedToken> {
        let name = checked_name(&wanted.name)?;
        if !LIFETIMES.contains(&wanted.days) {
            return Err(EngineError::Invalid(
                "Choose how long it works: 7, 30, 90 or 365 days".into(),
            ));
        }
        let mut transaction = self.transaction().await?;
        let maker_id = maker_of(&mut transaction, maker, wanted.role).await?;
        // One after the other: which names are taken, and how many are live, depends on the clock.
        sqlx::query("LOCK TABLE app.api_tokens IN SHARE ROW EXCLUSIVE MODE")
            .execute(&mut *transaction)
            .await?;
        check_room(&mut transaction, name).await?;
        let secret = TokenSecret::random();
        let (id, expires_at): (i64, DateTime<Utc>) = sqlx::query_as(
            "INSERT INTO app.api_tokens (name, hash, prefix, role, created_by, expires_at)
             VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6)) RETURNING id, expires_at",
        )
        .bind(name)
        .bind(secret.hash().as_slice())
        .bind(secret.prefix())
        .bind(wanted.role.name())
        .bind(maker_id)
        .bind(wanted.days)
        .fetch_one(&mut *transaction)
        .await?;
        let after = shown(&mut transaction, id).await?;
        let act = audit::Act::new("token.create", "token", name).changed(None, after);
        audit::record(&mut transaction, by, act).await?;
        transaction.commit().await?;
        Ok(CreatedToken {
            name: name.to_owned(),
            role: wanted.role,
            expires_at,
            secret: secret.expose(),
        })
    }

    /// Ends a token at once. Returns its name.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Invalid`] when it is revoked already; [`EngineError::Database`].
    pub async fn revoke_api_token(&self, id: i64, by: &Actor) -> Result<String> {
        let mut transaction = self.transaction().await?;
        let token: Option<(String, Option<String>)> =
            sqlx::query_as("SELECT name, revoked_by FROM app.api_tokens WHERE id = $1 FOR UPDATE")
                .bind(id)
                .fetch_optional(&mut *transaction)
                .await?;
        let (name, revoked_by) =
            token.ok_or_else(|| EngineError::NotFound(format!("Token {id}")))?;
        if let Some(revoked_by) = revoked_by {
            return Err(EngineError::Invalid(format!(
                "{revoked_by} has revoked {name} already"
            )));
        }
        let before = shown(&mut transaction, id).await?;
        sqlx::query("UPDATE app.api_tokens SET revoked_at = now(), revoked_by = $2 WHERE id = $1")
            .bind(id)
            .bind(&by.name)
            .execute(&mut *transaction)
            .await?;
        let after = shown(&mut transaction, id).await?;
        let act = audit::Act::new("token.revoke", "token", &name).changed(before, after);
        audit::record(&mut transaction, by, act).await?;
        transaction.commit().await?;
        Ok(name)
    }
}

fn list(query: &TokenQuery) -> Result<QueryBuilder<Postgres>> {
    let mut list = QueryBuilder::new(
        "SELECT t.id, t.name, t.prefix, t.role, u.role AS maker_role, u.name AS maker, u.disabled AS maker_disabled,
                t.created_at, t.expires_at, t.expires_at <= now() AS expired, t.last_used_at, t.last_used_from,
                t.revoked_at, t.revoked_by
         FROM app.api_tokens t JOIN app.users u ON u.id = t.created_by WHERE TRUE",
    );
    push_state(&mut list, query.state);
    if let Some(cursor) = &query.cursor {
        list.push(" AND t.id < ").push_bind(cursor::id(cursor)?);
    }
    list.push(" ORDER BY t.id DESC");
    Ok(list)
}

fn next(row: &TokenRow) -> String {
    row.id.to_string()
}

fn push_state(query: &mut QueryBuilder<Postgres>, state: Option<TokenState>) {
    query.push(match state {
        None => "",
        Some(TokenState::Live) => " AND t.revoked_at IS NULL AND t.expires_at > now()",
        Some(TokenState::Expired) => " AND t.revoked_at IS NULL AND t.expires_at <= now()",
        Some(TokenState::Revoked) => " AND t.revoked_at IS NOT NULL",
    });
}

fn checked_name(name: &str) -> Result<&str> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control)
    {
        return Err(EngineError::Invalid(format!(
            "A name has 1 to {LONGEST_NAME} printable characters"
        )));
    }
    Ok(name)
}

/// The id of the person who is to be the maker, if they may do what the token is asked to do.
async fn maker_of(connection: &mut PgConnection, maker: &str, wanted: Role) -> Result<i64> {
    let maker = normal_name(maker);
    let found: Option<(i64, String)> =
        sqlx::query_as("SELECT id, role FROM app.users WHERE name = $1 AND NOT disabled")
            .bind(&maker)
            .fetch_optional(connection)
            .await?;
    let (id, role) =
        found.ok_or_else(|| EngineError::NotFound(format!("A user {maker} who may sign in")))?;
    let role = role_of(&role);
    if wanted.lesser(role) != wanted {
        return Err(EngineError::Invalid(format!(
            "{maker} is {}: a token cannot do more than its maker",
            role.name()
        )));
    }
    Ok(id)
}

async fn check_room(connection: &mut PgConnection, name: &str) -> Result<()> {
    let (live, taken): (i64, bool) = sqlx::query_as(
        "SELECT count(*), coalesce(bool_or(lower(name) = lower($1)), FALSE)
         FROM app.api_tokens WHERE revoked_at IS NULL AND expires_at > now()",
    )
    .bind(name)
    .fetch_one(connection)
    .await?;
    if taken {
        return Err(EngineError::Invalid(format!(
            "There is a live token called {name} already: revoke it, or choose another name"
        )));
    }
    if live >= MOST {
        return Err(EngineError::Invalid(format!(
            "There are {MOST} live tokens, which is the most: revoke one that is not used"
        )));
    }
    Ok(())
}

/// A token as the audit log keeps it: never the secret, nor its hash.
async fn shown(connection: &mut PgConnection, id: i64) -> Result<Option<Value>> {
    Ok(sqlx::query_scalar(
        "SELECT jsonb_build_object('id', t.id, 'prefix', t.prefix, 'role', t.role, 'maker', u.name, 'expires_at', t.expires_at,
                                   'last_used_at', t.last_used_at, 'revoked_at', t.revoked_at)
         FROM app.api_tokens t JOIN app.users u ON u.id = t.created_by WHERE t.id = $1",
    )
    .bind(id)
    .fetch_optional(connection)
    .await?)
}

#[derive(FromRow)]
struct Row {
    id: i64,
    name: String,
    prefix: String,
    role: String,
    maker_role: String,
    maker: String,
    maker_disabled: bool,
    created_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    expired: bool,
    last_used_at: Option<DateTime<Utc>>,
    last_used_from: Option<String>,
    revoked_at: Option<DateTime<Utc>>,
    revoked_by: Option<String>,
}

impl From<Row> for TokenRow {
    fn from(row: Row) -> Self {
        let role = role_of(&row.role);
        let state = match (row.revoked_at, row.expired) {
            (Some(_), _) => TokenState::Revoked,
            (None, true) => TokenState::Expired,
            (None, false) => TokenState::Live,
        };
        Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            role,
            effective: role.lesser(role_of(&row.maker_role)),
            maker: row.maker,
            maker_disabled: row.maker_disabled,
            created_at: row.created_at,
            expires_at: row.expires_at,
            state,
            last_used: row.last_used_at.map(|at| TokenUse {
                at,
                from: row.last_used_from.unwrap_or_default(),
            }),
            revoked: row.revoked_at.map(|at| Revoked {
                at,
                by: row.revoked_by.unwrap_or_default(),
            }),
        }
    }
}
