//! Pipeline events: list, count and detail.

use super::json::Json;
use domain::model::{
    Count, Page,
    event::{EventFilter, EventRow},
    event_detail,
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "events", input = Json, output = Json)]
pub async fn events(filter: EventFilter) -> Result<Page<EventRow>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.events(&filter).await.map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "event_types", input = Json, output = Json)]
pub async fn event_types() -> Result<Vec<String>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.event_types().await.map_err(crate::ssr::problem)
}

/// How many events match, counted up to 10,000.
#[server(prefix = "/api/fn", endpoint = "events_count", input = Json, output = Json)]
pub async fn events_count(filter: EventFilter) -> Result<Count, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .events_count(&filter)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "event_detail", input = Json, output = Json)]
pub async fn event_detail(id: i64) -> Result<event_detail::EventDetail, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.event_detail(id).await.map_err(crate::ssr::problem)
}
