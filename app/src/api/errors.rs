//! The error console: read, resolve, retry.

use super::json::Json;
use domain::model::{
    Page,
    action::ActionProgress,
    error::{self, ErrorFilter, ErrorQuery, ErrorRow},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::problem::Problem;

/// Which errors an action applies to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "of", rename_all = "snake_case")]
pub enum Selection {
    One(i64),
    /// Everything that matches, also what is not on the page.
    Matching(ErrorFilter),
}

#[server(prefix = "/api/fn", endpoint = "errors", input = Json, output = Json)]
pub async fn errors(query: ErrorQuery) -> Result<Page<ErrorRow>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.errors(&query).await.map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "error_event_types", input = Json, output = Json)]
pub async fn error_event_types() -> Result<Vec<String>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .error_event_types()
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "error_detail", input = Json, output = Json)]
pub async fn error_detail(id: i64) -> Result<error::ErrorDetail, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.error_detail(id).await.map_err(crate::ssr::problem)
}

/// Marks as resolved by the caller and returns how many were open before.
#[server(prefix = "/api/fn", endpoint = "resolve_errors", input = Json, output = Json)]
pub async fn resolve_errors(selection: Selection, note: String) -> Result<i64, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Resolve)?;
    engine
        .resolve_errors(&selection.into(), note.trim(), &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// How many of the selected errors have an event that can be queued again.
#[server(prefix = "/api/fn", endpoint = "count_retryable", input = Json, output = Json)]
pub async fn count_retryable(selection: Selection) -> Result<i64, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .count_retryable(&selection.into())
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "retry_errors", input = Json, output = Json)]
pub async fn retry_errors(selection: Selection) -> Result<ActionProgress, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .retry_errors(&selection.into(), &actor)
        .await
        .map_err(crate::ssr::problem)
}
