//! Contacts: everybody who was looked for.

use super::json::Json;
use domain::model::{
    Page,
    contact::{ContactFilter, ContactRow},
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "contacts", input = Json, output = Json)]
pub async fn contacts(filter: ContactFilter) -> Result<Page<ContactRow>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine.contacts(&filter).await.map_err(crate::ssr::problem)
}
