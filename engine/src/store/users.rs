//! People who may sign in, in the hands of an admin.

use chrono::{DateTime, Utc};
use domain::{
    model::user::{Invitation, SignInWay, UserFilter, UserRow, UserState},
    role::{Actor, Role},
};
use sqlx::PgConnection;

use super::{
    audit, contains, password,
    user::{end_sessions, normal_name, role_of, shown},
};
use crate::{Engine, EngineError, Result};

impl Engine {
    /// Everybody whom the filter lets through, by name.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn users(&self, filter: &UserFilter) -> Result<Vec<UserRow>> {
        type Row = (
            String,
            String,
            Option<String>,
            bool,
            DateTime<Utc>,
            Option<DateTime<Utc>>,
            i64,
        );
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT name, role, issuer, disabled, u.created_at, last_sign_in_at,
                    (SELECT count(*) FROM app.sessions s WHERE s.user_id = u.id AND s.expires_at > now())
             FROM app.users u LEFT JOIN app.identities i ON i.user_id = u.id
             WHERE ($1::TEXT IS NULL OR name ILIKE $1) AND ($2::TEXT IS NULL OR role = $2)
               AND ($3::BOOLEAN IS NULL OR disabled = $3)
             ORDER BY name",
        )
        .bind(contains(filter.search.as_deref()))
        .bind(filter.role.map(Role::name))
        .bind(filter.state.map(|state| state == UserState::Disabled))
        .fetch_all(&self.pool)
        .await?;
        let row =
            |(name, role, issuer, disabled, created_at, last_sign_in_at, sessions): Row| UserRow {
                name,
                role: role_of(&role),
                way: SignInWay::of(issuer),
                disabled,
                created_at,
                last_sign_in_at,
                sessions,
            };
        Ok(rows.into_iter().map(row).collect())
    }

    /// Adds a person, with a password that is made up.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a name that is taken or cannot be typed, [`EngineError::Database`].
    pub async fn invite_user(&self, name: &str, role: Role, by: &Actor) -> Result<Invitation> {
        let taken: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM app.users WHERE name = $1)")
                .bind(normal_name(name))
                .fetch_one(&self.pool)
                .await?;
        if taken {
            return Err(EngineError::Invalid(format!(
                "There is somebody called {} already: give them a new password instead",
                normal_name(name)
            )));
        }
        self.with_new_password(name, role, by).await
    }

    /// Gives a person a new password, which is made up, signs them out everywhere, and lets them in again if they were
    /// disabled. Who came by OpenID Connect signs in with the password from then on.
    ///
    /// # Errors
    /// [`EngineError::NotFound`], [`EngineError::Database`].
    pub async fn reset_password(&self, name: &str, by: &Actor) -> Result<Invitation> {
        let role: Option<String> = sqlx::query_scalar("SELECT role FROM app.users WHERE name = $1")
            .bind(normal_name(name))
            .fetch_optional(&self.pool)
            .await?;
        let role = role.ok_or_else(|| unknown(name))?;
        self.with_new_password(name, role_of(&role), by).await
    }

    async fn with_new_password(&self, name: &str, role: Role, by: &Actor) -> Result<Invitation> {
        let password = password::readable();
        let actor = self.put_user(name, &password, role, by).await?;
        Ok(Invitation {
            name: actor.name,
            role,
            password,
        })
    }

    /// Changes what a person may do. Their sessions go on, with the new role.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Invalid`] for the last admin, and for somebody whose provider decides;
    /// [`EngineError::Database`].
    pub async fn change_role(&self, name: &str, role: Role, by: &Actor) -> Result<()> {
        let name = normal_name(name);
        let mut transaction = self.transaction().await?;
        if has_identity(&mut transaction, &name).await? {
            return Err(EngineError::Invalid(format!(
                "{name} signs in by OpenID Connect, and with each sign-in the groups there decide the role: change them there"
            )));
        }
        if role != Role::Admin {
            spare_last_admin(&mut transaction, &name).await?;
        }
        let before = shown(&mut transaction, &name).await?;
        if before.is_none() {
            return Err(unknown(&name));
        }
        sqlx::query("UPDATE app.users SET role = $2 WHERE name = $1")
            .bind(&name)
            .bind(role.name())
            .execute(&mut *transaction)
            .await?;
        let after = shown(&mut transaction, &name).await?;
        let act = audit::Act::new("user.role", "user", &name).changed(before, after);
        audit::record(&mut transaction, by, act).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Keeps a user from signing in, and signs them out everywhere.
    ///
    /// # Errors
    /// [`EngineError::NotFound`]; [`EngineError::Invalid`] for the last admin; [`EngineError::Database`].
    pub async fn disable_user(&self, name: &str, by: &Actor) -> Result<()> {
        let name = normal_name(name);
        let mut transaction = self.transaction().await?;
        spare_last_admin(&mut transaction, &name).await?;
        let before = shown(&mut transaction, &name).await?;
        let user_id: i64 =
            sqlx::query_scalar("UPDATE app.users SET disabled = TRUE WHERE name = $1 RETURNING id")
                .bind(&name)
                .fetch_optional(&mut *transaction)
                .await?
                .ok_or_else(|| unknown(&name))?;
        end_sessions(&mut transaction, user_id).await?;
        let after = shown(&mut transaction, &name).await?;
        let act = audit::Act::new("user.disable", "user", &name).changed(before, after);
        audit::record(&mut transaction, by, act).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Lets somebody who was disabled sign in by OpenID Connect again. Others get a new password instead.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for whoever has or had a password; [`EngineError::Database`].
    pub async fn enable_user(&self, name: &str, by: &Actor) -> Result<()> {
        let name = normal_name(name);
        let mut transaction = self.transaction().await?;
        if !has_identity(&mut transaction, &name).await? {
            return Err(EngineError::Invalid(format!(
                "{name} does not sign in by OpenID Connect: give them a new password instead"
            )));
        }
        let before = shown(&mut transaction, &name).await?;
        sqlx::query("UPDATE app.users SET disabled = FALSE WHERE name = $1")
            .bind(&name)
            .execute(&mut *transaction)
            .await?;
        let after = shown(&mut transaction, &name).await?;
        let act = audit::Act::new("user.enable", "user", &name).changed(before, after);
        audit::record(&mut transaction, by, act).await?;
        transaction.commit().await?;
        Ok(())
    }
}

async fn has_identity(connection: &mut PgConnection, name: &str) -> Result<bool> {
    Ok(sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM app.identities i JOIN app.users u ON u.id = i.user_id WHERE u.name = $1)",
    )
    .bind(name)
    .fetch_one(connection)
    .await?)
}

fn unknown(name: &str) -> EngineError {
    EngineError::NotFound(format!("the user {name}"))
}

/// Without an admin nobody could make one.
async fn spare_last_admin(connection: &mut PgConnection, name: &str) -> Result<()> {
    if is_last_admin(connection, name).await? {
        return Err(EngineError::Invalid(format!(
            "{name} is the last admin: make somebody else one first"
        )));
    }
    Ok(())
}

/// The lock keeps two admins from sparing each other.
pub(super) async fn is_last_admin(connection: &mut PgConnection, name: &str) -> Result<bool> {
    let admins: Vec<String> = sqlx::query_scalar(
        "SELECT name FROM app.users WHERE role = 'admin' AND NOT disabled ORDER BY id FOR UPDATE",
    )
    .fetch_all(connection)
    .await?;
    Ok(admins == [name])
}
