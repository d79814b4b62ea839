//! Where a record came from and what was made of it.

use super::json::Json;
use domain::model;
use leptos::prelude::*;

use crate::problem::Problem;

/// The whole chain of one record, named as in [`domain::lineage::LineageKey`].
#[server(prefix = "/api/fn", endpoint = "lineage", input = Json, output = Json)]
pub async fn lineage(of: String) -> Result<model::lineage::Lineage, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    let key = of.parse::<domain::lineage::LineageKey>();
    let key = key.map_err(|error| crate::ssr::problem(error.into()))?;
    engine.lineage(&key).await.map_err(crate::ssr::problem)
}
