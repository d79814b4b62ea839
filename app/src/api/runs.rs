//! Runs of workflows; their export is `GET /export/runs.csv`.

use super::json::Json;
use domain::model::{
    Page,
    run::{RunQuery, RunRow},
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "runs", input = Json, output = Json)]
pub async fn runs(query: RunQuery) -> Result<Page<RunRow>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.runs(&query).await.map_err(crate::ssr::problem)
}

/// The workflows that have run.
#[server(prefix = "/api/fn", endpoint = "run_workflows", input = Json, output = Json)]
pub async fn run_workflows() -> Result<Vec<String>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.run_workflows().await.map_err(crate::ssr::problem)
}
