//! Bulk actions on events: preview, start, progress, cancel, undo.

use super::json::Json;
use domain::model::{
    Page,
    bulk::{self, ActionFilter, BulkAction, BulkRequest},
};
use leptos::prelude::*;

use crate::problem::Problem;

/// What a bulk action would touch.
#[server(prefix = "/api/fn", endpoint = "preview_action", input = Json, output = Json)]
pub async fn preview_action(request: BulkRequest) -> Result<bulk::BulkPreview, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .preview_action(&request)
        .await
        .map_err(crate::ssr::problem)
}

/// Starts a bulk action. A purge asks for more than the others.
#[server(prefix = "/api/fn", endpoint = "start_action", input = Json, output = Json)]
pub async fn start_action(request: BulkRequest) -> Result<BulkAction, Problem> {
    let (engine, actor) = crate::ssr::require(request.act.permission())?;
    engine
        .start_action(&request, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "cancel_action", input = Json, output = Json)]
pub async fn cancel_action(id: i64) -> Result<BulkAction, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .cancel_action(id, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "undo_action", input = Json, output = Json)]
pub async fn undo_action(id: i64) -> Result<BulkAction, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .undo_action(id, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "actions", input = Json, output = Json)]
pub async fn actions(filter: ActionFilter) -> Result<Page<BulkAction>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.actions(&filter).await.map_err(crate::ssr::problem)
}

/// One action with its progress.
#[server(prefix = "/api/fn", endpoint = "action", input = Json, output = Json)]
pub async fn action(id: i64) -> Result<BulkAction, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.action(id).await.map_err(crate::ssr::problem)
}

/// A person's word on whether the call of an event happened whose outcome is unknown.
#[server(prefix = "/api/fn", endpoint = "settle_unknown_call", input = Json, output = Json)]
pub async fn settle_unknown_call(event_id: i64, happened: bool) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .settle_unknown_call(event_id, happened, &actor)
        .await
        .map_err(crate::ssr::problem)
}
