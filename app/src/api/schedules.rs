//! Work by the clock: what runs when, how it went, and what people do about it.

use super::json::Json;
use chrono::{DateTime, Utc};
use domain::model::schedule::{Schedule, ScheduleRun};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "schedules", input = Json, output = Json)]
pub async fn schedules() -> Result<Vec<Schedule>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.schedules().await.map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "schedule_runs", input = Json, output = Json)]
pub async fn schedule_runs(name: String) -> Result<Vec<ScheduleRun>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .schedule_runs(&name)
        .await
        .map_err(crate::ssr::problem)
}

/// Asks for a run, which begins within seconds.
#[server(prefix = "/api/fn", endpoint = "run_schedule", input = Json, output = Json)]
pub async fn run_schedule(name: String) -> Result<Schedule, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .request_schedule_run(&name, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "pause_schedule", input = Json, output = Json)]
pub async fn pause_schedule(name: String, reason: String) -> Result<Schedule, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .pause_schedule(&name, &reason, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "resume_schedule", input = Json, output = Json)]
pub async fn resume_schedule(name: String) -> Result<Schedule, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Retry)?;
    engine
        .resume_schedule(&name, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// The next five times of a cron line that is not saved yet, or what is wrong with it.
#[server(prefix = "/api/fn", endpoint = "preview_cron", input = Json, output = Json)]
pub async fn preview_cron(cron: String, zone: String) -> Result<Vec<DateTime<Utc>>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .preview_cron(&cron, &zone)
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "change_schedule", input = Json, output = Json)]
pub async fn change_schedule(
    name: String,
    cron: String,
    zone: String,
) -> Result<Schedule, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine
        .change_schedule(&name, &cron, &zone, &actor)
        .await
        .map_err(crate::ssr::problem)
}
