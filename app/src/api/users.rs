//! People who may sign in, in the hands of an admin.

use super::json::Json;
use domain::{
    model::user::{Invitation, UserFilter, UserRow},
    role::Role,
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "users", input = Json, output = Json)]
pub async fn users(filter: UserFilter) -> Result<Vec<UserRow>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine.users(&filter).await.map_err(crate::ssr::problem)
}

/// Adds a person; the password is told only this once.
#[server(prefix = "/api/fn", endpoint = "invite_user", input = Json, output = Json)]
pub async fn invite_user(name: String, role: Role) -> Result<Invitation, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .invite_user(&name, role, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// A new password, told only this once; who was disabled may sign in again.
#[server(prefix = "/api/fn", endpoint = "reset_password", input = Json, output = Json)]
pub async fn reset_password(name: String) -> Result<Invitation, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .reset_password(&name, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "change_role", input = Json, output = Json)]
pub async fn change_role(name: String, role: Role) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .change_role(&name, role, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "disable_user", input = Json, output = Json)]
pub async fn disable_user(name: String) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .disable_user(&name, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// Lets somebody who was disabled in again, whose provider keeps the password.
#[server(prefix = "/api/fn", endpoint = "enable_user", input = Json, output = Json)]
pub async fn enable_user(name: String) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .enable_user(&name, &actor)
        .await
        .map_err(crate::ssr::problem)
}
