//! The search of the command palette.

use super::json::Json;
use domain::model::search::Hits;
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "search", input = Json, output = Json)]
pub async fn search(text: String) -> Result<Hits, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.search(&text).await.map_err(crate::ssr::problem)
}
