//! Tokens of programs, in the hands of an admin.

use super::json::Json;
use domain::model::{
    Page,
    token::{CreatedToken, NewToken, TokenQuery, TokenRow},
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "api_tokens", input = Json, output = Json)]
pub async fn api_tokens(query: TokenQuery) -> Result<Page<TokenRow>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine.api_tokens(&query).await.map_err(crate::ssr::problem)
}

/// Makes a token that acts on behalf of the caller; its secret is told only this once.
#[server(prefix = "/api/fn", endpoint = "create_api_token", input = Json, output = Json)]
pub async fn create_api_token(wanted: NewToken) -> Result<CreatedToken, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .create_api_token(&wanted, &actor.name, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// Ends a token at once, and returns its name.
#[server(prefix = "/api/fn", endpoint = "revoke_api_token", input = Json, output = Json)]
pub async fn revoke_api_token(id: i64) -> Result<String, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .revoke_api_token(id, &actor)
        .await
        .map_err(crate::ssr::problem)
}
