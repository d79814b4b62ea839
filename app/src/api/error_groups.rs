//! Errors of one cause: read, assign, note, ignore. They are resolved and tried again through the error console.

use super::json::Json;
use domain::model::{
    Page,
    error_group::{GroupDetail, GroupQuery, GroupRow, Ignore},
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "error_groups", input = Json, output = Json)]
pub async fn error_groups(query: GroupQuery) -> Result<Page<GroupRow>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .error_groups(&query)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "error_group", input = Json, output = Json)]
pub async fn error_group(key: String) -> Result<GroupDetail, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.error_group(&key).await.map_err(crate::ssr::problem)
}

/// Names that a group may be given to.
#[server(prefix = "/api/fn", endpoint = "assignees", input = Json, output = Json)]
pub async fn assignees() -> Result<Vec<String>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::Resolve)?;
    engine.assignees().await.map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "assign_error_group", input = Json, output = Json)]
pub async fn assign_error_group(key: String, to: Option<String>) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Resolve)?;
    engine
        .assign_error_group(&key, to.as_deref(), &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "note_error_group", input = Json, output = Json)]
pub async fn note_error_group(key: String, body: String) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Resolve)?;
    engine
        .note_error_group(&key, &body, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "ignore_error_group", input = Json, output = Json)]
pub async fn ignore_error_group(key: String, ignore: Ignore) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Resolve)?;
    engine
        .ignore_error_group(&key, &ignore, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "heed_error_group", input = Json, output = Json)]
pub async fn heed_error_group(key: String) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Resolve)?;
    engine
        .heed_error_group(&key, &actor)
        .await
        .map_err(crate::ssr::problem)
}
