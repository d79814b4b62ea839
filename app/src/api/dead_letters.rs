//! Dead letters. Moving events there, retry and purge are bulk actions.

use super::json::Json;
use domain::model::{
    Page,
    dead_letter::{self, DeadLetterQuery},
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "dead_letters", input = Json, output = Json)]
pub async fn dead_letters(
    query: DeadLetterQuery,
) -> Result<Page<dead_letter::DeadLetter>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .dead_letters(&query)
        .await
        .map_err(crate::ssr::problem)
}

/// The dead letter of one event.
#[server(prefix = "/api/fn", endpoint = "dead_letter", input = Json, output = Json)]
pub async fn dead_letter(event_id: i64) -> Result<dead_letter::DeadLetter, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .dead_letter(event_id)
        .await
        .map_err(crate::ssr::problem)
}
