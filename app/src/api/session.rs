//! Who is signed in.

use super::json::Json;
use domain::{
    model::{session::SessionRow, user::SignInWay, zone::Zones},
    role::Actor,
};
use leptos::prelude::*;

use crate::problem::Problem;

/// The caller, read again from the session: tells a lost connection from a session that has ended.
#[server(prefix = "/api/fn", endpoint = "current_user", input = Json, output = Json)]
pub async fn current_user() -> Result<Actor, Problem> {
    let (_, actor) = crate::ssr::require(domain::role::Permission::View)?;
    Ok(actor)
}

/// Where the caller is signed in.
#[server(prefix = "/api/fn", endpoint = "sessions", input = Json, output = Json)]
pub async fn sessions() -> Result<Vec<SessionRow>, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::View)?;
    let present = crate::ssr::present_session()?;
    engine
        .sessions(&actor, &present)
        .await
        .map_err(crate::ssr::problem)
}

/// How the caller signs in, and so who keeps the password.
#[server(prefix = "/api/fn", endpoint = "own_sign_in", input = Json, output = Json)]
pub async fn own_sign_in() -> Result<SignInWay, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .sign_in_way(&actor)
        .await
        .map_err(crate::ssr::problem)
}

/// The zones in which a person may be shown times.
#[server(prefix = "/api/fn", endpoint = "time_zones", input = Json, output = Json)]
pub async fn time_zones() -> Result<Zones, Problem> {
    crate::ssr::require(domain::role::Permission::View)?;
    Ok(engine::store::zone::zones())
}
