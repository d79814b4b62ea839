//! The house of the data: how long what is kept, and whether everything is as it must be.

use super::json::Json;
use domain::model::{
    Count,
    doctor::Examination,
    retention::{Kept, RetentionSetting},
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "retention", input = Json, output = Json)]
pub async fn retention() -> Result<Vec<RetentionSetting>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.retention().await.map_err(crate::ssr::problem)
}

/// Keeps things of a kind for so many days; none is for ever.
#[server(prefix = "/api/fn", endpoint = "set_retention", input = Json, output = Json)]
pub async fn set_retention(
    what: Kept,
    keep_days: Option<i32>,
) -> Result<Vec<RetentionSetting>, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .set_retention(what, keep_days, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// How many rows the next run would delete if things of a kind were kept for so many days.
#[server(prefix = "/api/fn", endpoint = "preview_retention", input = Json, output = Json)]
pub async fn preview_retention(what: Kept, keep_days: Option<i32>) -> Result<Count, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .preview_retention(what, keep_days)
        .await
        .map_err(crate::ssr::problem)
}

/// Checks the invariants of the database. It reads whole tables, so it is not for everybody, and not for polling.
#[server(prefix = "/api/fn", endpoint = "examine", input = Json, output = Json)]
pub async fn examine() -> Result<Examination, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine.examine().await.map_err(crate::ssr::problem)
}
