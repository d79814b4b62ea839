//! A program presents a token: on whose behalf it then acts, and as what.

use chrono::{DateTime, Utc};
use domain::{
    model::token::TokenRefusal,
    role::{Actor, Role},
};
use sqlx::FromRow;

use super::{token_secret::TokenSecret, user::role_of};
use crate::{Engine, Result};

impl Engine {
    /// The id of the token and the actor of whoever holds it, who may do what both the token and its maker may at present.
    /// `from` is a web address; the use is noted, at most once a minute.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`]. That the token is not accepted is an answer.
    pub async fn actor_of_token(
        &self,
        secret: &TokenSecret,
        from: &str,
    ) -> Result<Result<(i64, Actor), TokenRefusal>> {
        let found: Option<Found> = sqlx::query_as(
            "SELECT t.id, t.name, t.role, t.expires_at, t.expires_at <= now() AS expired, t.revoked_at,
                    t.created_by, u.name AS maker, u.role AS maker_role, u.disabled,
                    t.last_used_at IS NULL OR t.last_used_at < now() - INTERVAL '1 minute' AS is_news
             FROM app.api_tokens t JOIN app.users u ON u.id = t.created_by WHERE t.hash = $1",
        )
        .bind(secret.hash().as_slice())
        .fetch_optional(&self.pool)
        .await?;
        let Some(found) = found else {
            return Ok(Err(TokenRefusal::Unknown));
        };
        if let Some(refusal) = found.refusal() {
            return Ok(Err(refusal));
        }
        if found.is_news {
            self.note_use(found.id, from).await?;
        }
        let role = role_of(&found.role).lesser(role_of(&found.maker_role));
        let actor = Actor::program(found.created_by, &found.maker, &found.name, role, from);
        Ok(Ok((found.id, actor)))
    }

    /// What the holder of a token may do at present; `None` when it does not work any more.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn role_of_token(&self, id: i64) -> Result<Option<Role>> {
        let roles: Option<(String, String)> = sqlx::query_as(
            "SELECT t.role, u.role FROM app.api_tokens t JOIN app.users u ON u.id = t.created_by
             WHERE t.id = $1 AND t.revoked_at IS NULL AND t.expires_at > now() AND NOT u.disabled",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(roles.map(|(role, maker)| role_of(&role).lesser(role_of(&maker))))
    }

    /// Asks again whether it is due: of several requests at once, one writes.
    async fn note_use(&self, id: i64, from: &str) -> Result<()> {
        sqlx::query(
            "UPDATE app.api_tokens SET last_used_at = now(), last_used_from = $2
             WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - INTERVAL '1 minute')",
        )
        .bind(id)
        .bind(from)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

#[derive(FromRow)]
struct Found {
    id: i64,
    name: String,
    role: String,
    expires_at: DateTime<Utc>,
    expired: bool,
    revoked_at: Option<DateTime<Utc>>,
    created_by: i64,
    maker: String,
    maker_role: String,
    disabled: bool,
    is_news: bool,
}

impl Found {
    fn refusal(&self) -> Option<TokenRefusal> {
        match self {
            Self {
                revoked_at: Some(at),
                ..
            } => Some(TokenRefusal::Revoked(*at)),
            Self { expired: true, .. } => Some(TokenRefusal::Expired(self.expires_at)),
            Self { disabled: true, .. } => Some(TokenRefusal::MakerDisabled),
            _ => None,
        }
    }
}
