//! Processes that work on the queue.

use super::json::Json;
use domain::model::worker;
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "workers", input = Json, output = Json)]
pub async fn workers() -> Result<worker::Workers, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.workers().await.map_err(crate::ssr::problem)
}
