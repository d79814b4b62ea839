//! Lists of pipeline events.

use super::json::Json;
use domain::model::{
    Page,
    event::{EventFilter, EventRow},
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
