//! `app.identities`: people who come by OpenID Connect, known by issuer and subject, linked or added when they come first.

use domain::{
    model::user::SignInWay,
    role::{Actor, Role},
};
use serde_json::json;
use sqlx::{FromRow, PgConnection};

use super::{
    audit::{self, Act},
    user::{end_sessions, is_name, normal_name, role_of, shown},
    users::is_last_admin,
};
use crate::{Engine, Result, integrations::oidc::Vouched};

/// Why somebody whom the provider vouches for does not come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Disabled,
    /// An account of this name belongs to somebody else, or the provider does not say that the address is theirs.
    NameTaken(String),
    /// The provider tells nothing that serves as a name.
    NoName,
    /// The provider takes the role from the only admin.
    LastAdmin,
}

impl Engine {
    /// Signs somebody in whom a provider vouches for, in the role that their groups give.
    ///
    /// Whoever comes for the first time gets the account that an admin made under the address which the provider has
    /// verified, and its password ends; where there is none, an account is made.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn sign_in_vouched(
        &self,
        who: &Vouched,
        role: Role,
        origin: &str,
    ) -> Result<Result<Actor, Refusal>> {
        let mut transaction = self.transaction().await?;
        let found = match find(&mut transaction, who).await? {
            Ok(found) => found,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Found::Known(account) | Found::Theirs(account) = &found {
            if account.disabled {
                return Ok(Err(Refusal::Disabled));
            }
            // Before anything else is locked, as wherever admins are counted.
            let loses = role != Role::Admin && account.is_admin();
            if loses && is_last_admin(&mut transaction, &account.name).await? {
                return Ok(Err(Refusal::LastAdmin));
            }
        }
        let mut entry = Entry {
            who,
            origin,
            connection: &mut transaction,
        };
        let account = match found {
            Found::Known(account) => account,
            Found::Theirs(account) => {
                entry.link(&account).await?;
                account
            }
            Found::Nobody(name) => match entry.add(&name, role).await? {
                Some(account) => account,
                None => return Ok(Err(Refusal::NameTaken(name))),
            },
        };
        if role_of(&account.role) != role {
            entry.change_role(&account, role).await?;
        }
        sqlx::query("UPDATE app.users SET last_sign_in_at = now() WHERE id = $1")
            .bind(account.id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Ok(account.actor(role, origin)))
    }

    /// How the person signs in.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn sign_in_way(&self, actor: &Actor) -> Result<SignInWay> {
        let issuer = sqlx::query_scalar("SELECT issuer FROM app.identities WHERE user_id = $1")
            .bind(actor.user_id)
            .fetch_optional(&self.pool)
            .await?;
        Ok(SignInWay::of(issuer))
    }
}

enum Found {
    /// They came before.
    Known(Account),
    /// An admin made it for them, under their address.
    Theirs(Account),
    /// There is no account of this name, which they may have.
    Nobody(String),
}

#[derive(FromRow)]
struct Account {
    id: i64,
    name: String,
    role: String,
    disabled: bool,
    has_identity: bool,
}

impl Account {
    fn is_admin(&self) -> bool {
        role_of(&self.role) == Role::Admin
    }

    fn actor(&self, role: Role, origin: &str) -> Actor {
        Actor {
            user_id: self.id,
            name: self.name.clone(),
            role,
            origin: origin.to_owned(),
        }
    }
}

async fn find(connection: &mut PgConnection, who: &Vouched) -> Result<Result<Found, Refusal>> {
    let known = sqlx::query_as(
        "SELECT u.id, name, role, disabled, TRUE AS has_identity
         FROM app.identities i JOIN app.users u ON u.id = i.user_id WHERE issuer = $1 AND subject = $2",
    );
    let known = known.bind(&who.issuer).bind(&who.subject);
    if let Some(account) = known.fetch_optional(&mut *connection).await? {
        return Ok(Ok(Found::Known(account)));
    }
    let Some(name) = name_for(who) else {
        return Ok(Err(Refusal::NoName));
    };
    let named: Option<Account> = sqlx::query_as(
        "SELECT id, name, role, disabled, EXISTS (SELECT FROM app.identities WHERE user_id = u.id) AS has_identity
         FROM app.users u WHERE name = $1",
    )
    .bind(&name)
    .fetch_optional(connection)
    .await?;
    // Only a verified address says that an account is theirs: other names are chosen at the provider.
    let verified = who.email.as_deref().map(normal_name);
    Ok(match named {
        None => Ok(Found::Nobody(name)),
        Some(account) if verified == Some(name) && !account.has_identity => {
            Ok(Found::Theirs(account))
        }
        Some(account) => Err(Refusal::NameTaken(account.name)),
    })
}

fn name_for(who: &Vouched) -> Option<String> {
    [
        who.email.as_ref(),
        who.username.as_ref(),
        Some(&who.subject),
    ]
    .into_iter()
    .flatten()
    .map(|name| normal_name(name))
    .find(|name| is_name(name))
}

/// What is written as somebody comes in, with them as the one who acts: no admin does.
struct Entry<'a> {
    who: &'a Vouched,
    origin: &'a str,
    connection: &'a mut PgConnection,
}

impl Entry<'_> {
    /// The password ends, and with it every session: whoever else may know it is out.
    async fn link(&mut self, account: &Account) -> Result<()> {
        let before = shown(self.connection, &account.name).await?;
        sqlx::query("UPDATE app.users SET password_hash = NULL WHERE id = $1")
            .bind(account.id)
            .execute(&mut *self.connection)
            .await?;
        end_sessions(self.connection, account.id).await?;
        self.identify(account.id).await?;
        let act = Act::new("user.link", "user", &account.name);
        self.record(act, before, account, role_of(&account.role))
            .await
    }

    /// None where somebody else has got the name in the meantime.
    async fn add(&mut self, name: &str, role: Role) -> Result<Option<Account>> {
        let added: Option<Account> = sqlx::query_as(
            "INSERT INTO app.users (name, role) VALUES ($1, $2) ON CONFLICT DO NOTHING
             RETURNING id, name, role, disabled, TRUE AS has_identity",
        )
        .bind(name)
        .bind(role.name())
        .fetch_optional(&mut *self.connection)
        .await?;
        let Some(account) = added else {
            return Ok(None);
        };
        self.identify(account.id).await?;
        let act = Act::new("user.add", "user", name);
        self.record(act, None, &account, role).await?;
        Ok(Some(account))
    }

    /// Open sessions go on, with the new role.
    async fn change_role(&mut self, account: &Account, role: Role) -> Result<()> {
        let before = shown(self.connection, &account.name).await?;
        sqlx::query("UPDATE app.users SET role = $2 WHERE id = $1")
            .bind(account.id)
            .bind(role.name())
            .execute(&mut *self.connection)
            .await?;
        let act = Act::new("user.role", "user", &account.name);
        self.record(act, before, account, role).await
    }

    async fn identify(&mut self, user_id: i64) -> Result<()> {
        sqlx::query("INSERT INTO app.identities (user_id, issuer, subject) VALUES ($1, $2, $3)")
            .bind(user_id)
            .bind(&self.who.issuer)
            .bind(&self.who.subject)
            .execute(&mut *self.connection)
            .await?;
        Ok(())
    }

    async fn record(
        &mut self,
        act: Act,
        before: Option<serde_json::Value>,
        account: &Account,
        role: Role,
    ) -> Result<()> {
        let after = shown(self.connection, &account.name).await?;
        let details = json!({ "way": "OpenID Connect", "subject": self.who.subject });
        let act = act.changed(before, after).details(details);
        audit::record(self.connection, &account.actor(role, self.origin), act).await?;
        Ok(())
    }
}
