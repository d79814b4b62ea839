//! People who may sign in: names, roles and argon2 hashes.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::role::{Actor, Role};

use crate::{Engine, EngineError, Result};

/// Long enough that guessing against the sign-in's throttle is hopeless.
const SHORTEST_PASSWORD: usize = 12;
/// argon2 costs grow with nothing past this, and no person types more.
const LONGEST_PASSWORD: usize = 1024;

impl Engine {
    /// The actor behind a name and password; `None` when either is wrong. Takes equally long in both cases.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<Option<Actor>> {
        if password.len() > LONGEST_PASSWORD {
            return Ok(None);
        }
        let found: Option<(i64, String, String, String)> = sqlx::query_as(
            "SELECT id, name, role, password_hash FROM app.users WHERE name = lower(btrim($1)) AND NOT disabled",
        )
        .bind(name)
        .fetch_optional(&self.pool)
        .await?;
        let Some((user_id, name, role, stored)) = found else {
            // An unknown name costs a hash too, so that the time of the answer tells nothing.
            let _ = hash(password.to_owned()).await;
            return Ok(None);
        };
        if !verify(password.to_owned(), stored).await? {
            return Ok(None);
        }
        sqlx::query("UPDATE app.users SET last_sign_in_at = now() WHERE id = $1")
            .bind(user_id)
            .execute(&self.pool)
            .await?;
        Ok(Some(Actor {
            user_id,
            name,
            role: Role::parse(&role).unwrap_or_default(),
        }))
    }

    /// The actor behind a session's user id; `None` when the user is gone or disabled.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn actor(&self, user_id: i64) -> Result<Option<Actor>> {
        let found: Option<(String, String)> =
            sqlx::query_as("SELECT name, role FROM app.users WHERE id = $1 AND NOT disabled")
                .bind(user_id)
                .fetch_optional(&self.pool)
                .await?;
        Ok(found.map(|(name, role)| Actor {
            user_id,
            name,
            role: Role::parse(&role).unwrap_or_default(),
        }))
    }

    /// Adds a user, or sets password and role of an existing one.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for an empty name or a password of fewer than 12 characters.
    pub async fn put_user(&self, name: &str, password: &str, role: Role) -> Result<Actor> {
        let name = name.trim().to_lowercase();
        if name.is_empty() {
            return Err(EngineError::Invalid(
                "The name is empty; give an e-mail address or a word".into(),
            ));
        }
        if password.chars().count() < SHORTEST_PASSWORD || password.len() > LONGEST_PASSWORD {
            return Err(EngineError::Invalid(format!(
                "The password needs at least {SHORTEST_PASSWORD} characters"
            )));
        }
        let hash = hash(password.to_owned()).await?;
        let user_id: i64 = sqlx::query_scalar(
            "INSERT INTO app.users (name, password_hash, role) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, role = excluded.role, disabled = FALSE
             RETURNING id",
        )
        .bind(&name)
        .bind(hash)
        .bind(role.name())
        .fetch_one(&self.pool)
        .await?;
        Ok(Actor {
            user_id,
            name,
            role,
        })
    }

    /// Whether anybody could sign in.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn has_users(&self) -> Result<bool> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM app.users)")
            .fetch_one(&self.pool)
            .await?)
    }
}

/// argon2id with the library's recommended costs, away from the async threads.
async fn hash(password: String) -> Result<String> {
    on_thread(move || {
        Argon2::default()
            .hash_password(password.as_bytes())
            .map(|hash| hash.to_string())
            .map_err(|error| error.to_string())
    })
    .await
}

async fn verify(password: String, stored: String) -> Result<bool> {
    on_thread(move || {
        let stored = PasswordHash::new(&stored).map_err(|error| error.to_string())?;
        Ok(Argon2::default()
            .verify_password(password.as_bytes(), &stored)
            .is_ok())
    })
    .await
}

async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(EngineError::Invalid),
        Err(error) => Err(EngineError::Invalid(format!(
            "the password could not be checked: {error}"
        ))),
    }
}
