//! "Process now" and the progress of what was started.

use super::json::Json;
use domain::{
    model::action::{self, ActionPreview, Scope},
    stage::StageName,
};
use leptos::prelude::*;

use crate::problem::Problem;

/// What processing now would touch.
#[server(prefix = "/api/fn", endpoint = "preview_process_now", input = Json, output = Json)]
pub async fn preview_process_now(stage: StageName, scope: Scope) -> Result<ActionPreview, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .preview_process_now(stage, &scope)
        .await
        .map_err(crate::ssr::problem)
}

/// Goes no further than the preview's `up_to`.
#[server(prefix = "/api/fn", endpoint = "process_now", input = Json, output = Json)]
pub async fn process_now(
    stage: StageName,
    scope: Scope,
    up_to: Option<i64>,
) -> Result<action::ActionProgress, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .process_now(stage, &scope, up_to, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "action_progress", input = Json, output = Json)]
pub async fn action_progress(id: i64) -> Result<action::ActionProgress, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .action_progress(id)
        .await
        .map_err(crate::ssr::problem)
}
