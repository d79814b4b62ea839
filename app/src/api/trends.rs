//! What a time came to.

use super::json::Json;
use domain::model::trends::{self, TimeRange};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "trends", input = Json, output = Json)]
pub async fn trends(range: TimeRange) -> Result<trends::Trends, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.trends(range).await.map_err(crate::ssr::problem)
}
