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

impl Selection {
    /// The same without what came after the preview.
    #[must_use]
    pub fn up_to(self, id: i64) -> Self {
        match self {
            Self::One(_) => self,
            Self::Matching(filter) => Self::Matching(ErrorFilter {
                up_to: Some(id),
                ..filter
            }),
        }
    }
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

/// Marks as resolved by the caller; the answer says how many were open before, and what takes it back.
#[server(prefix = "/api/fn", endpoint = "resolve_errors", input = Json, output = Json)]
pub async fn resolve_errors(
    selection: Selection,
    note: String,
) -> Result<error::Resolution, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Resolve)?;
    engine
        .resolve_errors(&selection.into(), note.trim(), &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// Takes back that an error was resolved.
#[server(prefix = "/api/fn", endpoint = "reopen_error", input = Json, output = Json)]
pub async fn reopen_error(id: i64) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Resolve)?;
    engine
        .reopen_error(id, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// Takes back a resolution of many errors and returns how many are open again.
#[server(prefix = "/api/fn", endpoint = "reopen_resolution", input = Json, output = Json)]
pub async fn reopen_resolution(id: i64) -> Result<i64, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Resolve)?;
    engine
        .reopen_resolution(id, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// What an action on the selected errors would touch, exactly.
#[server(prefix = "/api/fn", endpoint = "preview_errors", input = Json, output = Json)]
pub async fn preview_errors(selection: Selection) -> Result<error::ErrorPreview, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .preview_errors(&selection.into())
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
