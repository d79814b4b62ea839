//! Records that are run again from a stage on.

use super::json::Json;
use domain::{
    model::{
        bulk::BulkAction,
        replay::{ReplayPlan, ReplayTarget},
    },
    stage::StageName,
};
use leptos::prelude::*;

use crate::problem::Problem;

/// The dry run: everything that a replay would do.
#[server(prefix = "/api/fn", endpoint = "replay_preview", input = Json, output = Json)]
pub async fn replay_preview(target: ReplayTarget, from: StageName) -> Result<ReplayPlan, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .replay_preview(&target, from)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "replay", input = Json, output = Json)]
pub async fn replay(
    target: ReplayTarget,
    from: StageName,
    reason: String,
) -> Result<BulkAction, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .replay(&target, from, &reason, &actor)
        .await
        .map_err(crate::ssr::problem)
}
