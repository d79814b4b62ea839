//! Who is signed in.

use super::json::Json;
use domain::role::Actor;
use leptos::prelude::*;

use crate::problem::Problem;

/// The caller, read again from the session: tells a lost connection from a session that has ended.
#[server(prefix = "/api/fn", endpoint = "current_user", input = Json, output = Json)]
pub async fn current_user() -> Result<Actor, Problem> {
    let (_, actor) = crate::ssr::require(domain::role::Permission::View)?;
    Ok(actor)
}
