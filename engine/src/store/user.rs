//! People who may sign in: names, roles and argon2 hashes.

use std::sync::OnceLock;

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use domain::{
    model::zone::ShownZone,
    role::{Actor, MIN_PASSWORD_CHARS, Role},
};
use sqlx::PgConnection;
use tokio::sync::Semaphore;

use super::audit;
use crate::{Engine, EngineError, Result};

/// argon2 reads the whole password; nobody types more than this, and a megabyte would only cost time.
const MAX_PASSWORD_BYTES: usize = 1024;
/// A hash takes 19 MiB and a core: more at once would make every page wait for people who sign in.
static HASHING: Semaphore = Semaphore::const_new(4);

impl Engine {
    /// The actor behind a name and password; `None` when either is wrong. Takes equally long in both cases.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<Option<Actor>> {
        let name = normal_name(name);
        let found: Option<(i64, Option<String>, String, bool)> = sqlx::query_as(
            "SELECT id, password_hash, role, disabled FROM app.users WHERE name = $1",
        )
        .bind(&name)
        .fetch_optional(&self.pool)
        .await?;
        let matches = verify(
            password.to_owned(),
            found.as_ref().and_then(|(_, hash, _, _)| hash.clone()),
        )
        .await?;
        let Some((user_id, _, role, false)) = found.filter(|_| matches) else {
            return Ok(None);
        };
        sqlx::query("UPDATE app.users SET last_sign_in_at = now() WHERE id = $1")
            .bind(user_id)
            .execute(&self.pool)
            .await?;
        Ok(Some(Actor {
            user_id,
            name,
            role: role_of(&role),
            origin: String::new(),
        }))
    }

    /// The actor behind a session's user id, and in which zone they are shown times; `None` when the user is gone or
    /// disabled.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn actor(&self, user_id: i64) -> Result<Option<(Actor, ShownZone)>> {
        let found: Option<(String, String, String)> = sqlx::query_as(
            "SELECT name, role, time_zone FROM app.users WHERE id = $1 AND NOT disabled",
        )
        .bind(user_id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(found.map(|(name, role, zone)| {
            let actor = Actor {
                user_id,
                name,
                role: role_of(&role),
                origin: String::new(),
            };
            (actor, ShownZone::parse(&zone))
        }))
    }

    /// Adds a user, or sets password and role of an existing one, who is then enabled again and signed out everywhere. Who
    /// came by OpenID Connect signs in with the password from then on.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a name that cannot be typed into the sign-in form or a password that is too
    /// short, [`EngineError::Database`].
    pub async fn put_user(
        &self,
        name: &str,
        password: &str,
        role: Role,
        by: &Actor,
    ) -> Result<Actor> {
        let name = normal_name(name);
        if !is_name(&name) {
            return Err(EngineError::Invalid(
                "a name has 1 to 100 printable characters".into(),
            ));
        }
        check_password(password)?;
        let hash = hash(password.to_owned()).await?;
        let mut transaction = self.transaction().await?;
        let before = shown(&mut transaction, &name).await?;
        let user_id: i64 = sqlx::query_scalar(
            "INSERT INTO app.users (name, password_hash, role) VALUES ($1, $2, $3)
             ON CONFLICT (name) DO UPDATE SET password_hash = EXCLUDED.password_hash, role = EXCLUDED.role, disabled = FALSE
             RETURNING id",
        )
        .bind(&name)
        .bind(hash)
        .bind(role.name())
        .fetch_one(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM app.identities WHERE user_id = $1")
            .bind(user_id)
            .execute(&mut *transaction)
            .await?;
        end_sessions(&mut transaction, user_id).await?;
        let action = if before.is_some() {
            "user.set"
        } else {
            "user.add"
        };
        let after = shown(&mut transaction, &name).await?;
        let act = audit::Act::new(action, "user", &name).changed(before, after);
        audit::record(&mut transaction, by, act).await?;
        transaction.commit().await?;
        Ok(Actor {
            user_id,
            name,
            role,
            origin: String::new(),
        })
    }

    /// Replaces a person's own password, and signs them out everywhere; false when the present one is wrong.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a new password that is too short or too long, [`EngineError::Database`].
    pub async fn change_password(&self, actor: &Actor, present: &str, new: &str) -> Result<bool> {
        check_password(new)?;
        let stored: Option<Option<String>> = sqlx::query_scalar(
            "SELECT password_hash FROM app.users WHERE id = $1 AND NOT disabled",
        )
        .bind(actor.user_id)
        .fetch_optional(&self.pool)
        .await?;
        if !verify(present.to_owned(), stored.flatten()).await? {
            return Ok(false);
        }
        let hash = hash(new.to_owned()).await?;
        let mut transaction = self.transaction().await?;
        sqlx::query("UPDATE app.users SET password_hash = $2 WHERE id = $1")
            .bind(actor.user_id)
            .bind(hash)
            .execute(&mut *transaction)
            .await?;
        end_sessions(&mut transaction, actor.user_id).await?;
        let act = audit::Act::new("user.password", "user", &actor.name);
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// # Errors
    /// [`EngineError::Database`].
    pub async fn has_users(&self) -> Result<bool> {
        Ok(sqlx::query_scalar("SELECT EXISTS (SELECT FROM app.users)")
            .fetch_one(&self.pool)
            .await?)
    }
}

fn check_password(password: &str) -> Result<()> {
    if password.chars().count() < MIN_PASSWORD_CHARS || password.len() > MAX_PASSWORD_BYTES {
        return Err(EngineError::Invalid(format!(
            "a password has at least {MIN_PASSWORD_CHARS} characters, and at most {MAX_PASSWORD_BYTES} bytes"
        )));
    }
    Ok(())
}

/// What the audit log shows of a user: never the hash.
pub(super) async fn shown(
    connection: &mut PgConnection,
    name: &str,
) -> Result<Option<serde_json::Value>> {
    Ok(sqlx::query_scalar(
        "SELECT jsonb_strip_nulls(jsonb_build_object('role', role, 'disabled', disabled,
                    'issuer', (SELECT issuer FROM app.identities WHERE user_id = u.id)))
         FROM app.users u WHERE name = $1 FOR UPDATE OF u",
    )
    .bind(name)
    .fetch_optional(connection)
    .await?)
}

pub(super) async fn end_sessions(connection: &mut PgConnection, user_id: i64) -> Result<()> {
    sqlx::query("DELETE FROM app.sessions WHERE user_id = $1")
        .bind(user_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Names are compared without regard to case and to blanks around them, as the table's check demands.
/// PostgreSQL has no text with NUL in it, and no name either.
pub(super) fn normal_name(name: &str) -> String {
    name.replace('\0', "").trim().to_lowercase()
}

/// Whether it can be typed into the sign-in form and shown in a line; of a name as [`normal_name`] makes it.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= 100 && !name.chars().any(char::is_control)
}

/// The table's check admits only known roles; should a newer version add one, it counts as the least here.
pub(super) fn role_of(name: &str) -> Role {
    Role::parse(name).unwrap_or_default()
}

/// False without a hash. An unknown name, which has none, is compared with one that nobody has, so that time tells nothing.
async fn verify(password: String, hash: Option<String>) -> Result<bool> {
    if password.len() > MAX_PASSWORD_BYTES {
        return Ok(false);
    }
    aside(move || {
        let is_real = hash.is_some();
        let hash = hash.unwrap_or_else(|| decoy().to_owned());
        let Ok(hash) = PasswordHash::new(&hash) else {
            tracing::error!("a password hash in app.users cannot be read; set the password anew with `server user add`");
            return Ok(false);
        };
        let matches = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
        Ok(matches && is_real)
    })
    .await
}

/// Argon2id with the crate's defaults, which are OWASP's second choice: 19 MiB, 2 passes, 1 lane.
async fn hash(password: String) -> Result<String> {
    aside(
        move || match Argon2::default().hash_password(password.as_bytes()) {
            Ok(hash) => Ok(PasswordHash::to_string(&hash)),
            Err(error) => Err(EngineError::Invalid(format!(
                "this password cannot be hashed: {error}"
            ))),
        },
    )
    .await
}

/// Runs a slow calculation where it does not hold up the requests.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    // Nobody closes the semaphore, so the only failure is a task that panicked.
    let _turn = HASHING.acquire().await.map_err(std::io::Error::other)?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(std::io::Error::other)?
}

/// A well-formed hash with the same cost as a real one.
fn decoy() -> &'static str {
    static DECOY: OnceLock<String> = OnceLock::new();
    DECOY.get_or_init(|| {
        let salt = [0x5c; 16];
        Argon2::default()
            .hash_password_with_salt(b"no password is this", &salt)
            .map_or_else(|_| String::new(), |hash: PasswordHash| hash.to_string())
    })
}
