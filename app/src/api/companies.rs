//! Companies: list and detail.

use super::json::Json;
use domain::model::{
    Page,
    company::{CompanyDetail, CompanyFilter, CompanyRow},
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "companies", input = Json, output = Json)]
pub async fn companies(filter: CompanyFilter) -> Result<Page<CompanyRow>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.companies(&filter).await.map_err(crate::ssr::problem)
}

/// One company by intake id or Barton ID.
#[server(prefix = "/api/fn", endpoint = "company", input = Json, output = Json)]
pub async fn company(key: String) -> Result<CompanyDetail, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.company(&key).await.map_err(crate::ssr::problem)
}
