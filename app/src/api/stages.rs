//! Stages and batches while they run: pauses and settings.

use super::json::Json;
use domain::{
    model::stage::{self, BatchPause, StageState},
    stage::StageName,
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "stage_settings", input = Json, output = Json)]
pub async fn stage_settings() -> Result<Vec<StageState>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.stage_settings().await.map_err(crate::ssr::problem)
}

/// Sets all numbers of a stage, in force at once.
#[server(prefix = "/api/fn", endpoint = "update_stage_settings", input = Json, output = Json)]
pub async fn update_stage_settings(
    stage: StageName,
    settings: stage::StageSettings,
) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .update_stage_settings(stage, &settings, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "pause_stage", input = Json, output = Json)]
pub async fn pause_stage(stage: StageName, reason: String) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .pause_stage(stage, &reason, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "resume_stage", input = Json, output = Json)]
pub async fn resume_stage(stage: StageName, reason: String) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .resume_stage(stage, &reason, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "paused_batches", input = Json, output = Json)]
pub async fn paused_batches() -> Result<Vec<BatchPause>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.paused_batches().await.map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "pause_batch", input = Json, output = Json)]
pub async fn pause_batch(batch_id: String, reason: String) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .pause_batch(&batch_id, &reason, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// Returns how many events had been put aside.
#[server(prefix = "/api/fn", endpoint = "resume_batch", input = Json, output = Json)]
pub async fn resume_batch(batch_id: String, reason: String) -> Result<u64, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .resume_batch(&batch_id, &reason, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// Settings, pauses and figures of all stages.
#[server(prefix = "/api/fn", endpoint = "stage_figures", input = Json, output = Json)]
pub async fn stage_figures() -> Result<Vec<stage::StageFigures>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.stage_figures().await.map_err(crate::ssr::problem)
}

/// What is paused, with reasons and without counts: every page asks for it.
#[server(prefix = "/api/fn", endpoint = "pauses", input = Json, output = Json)]
pub async fn pauses() -> Result<stage::Pauses, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.pauses().await.map_err(crate::ssr::problem)
}
