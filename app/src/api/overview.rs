//! The overview page's figures.

use super::json::Json;
use domain::{
    model::{
        overview::{self, SniperTarget},
        report,
    },
    phase::Phase,
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "overview", input = Json, output = Json)]
pub async fn overview() -> Result<overview::Overview, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.overview().await.map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "event_counts", input = Json, output = Json)]
pub async fn event_counts() -> Result<overview::EventCounts, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.event_counts().await.map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "phase_report", input = Json, output = Json)]
pub async fn phase_report(phase: Phase) -> Result<report::PhaseReport, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .phase_report(phase)
        .await
        .map_err(crate::ssr::problem)
}

/// The daily throughput as SVG elements, one for desks and one for phones.
#[server(prefix = "/api/fn", endpoint = "throughput_chart", input = Json, output = Json)]
pub async fn throughput_chart() -> Result<String, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.throughput_chart().await.map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "sniper_targets", input = Json, output = Json)]
pub async fn sniper_targets() -> Result<Vec<SniperTarget>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    // The specification's table shows 50.
    engine.sniper_targets(50).await.map_err(crate::ssr::problem)
}
