//! Views of lists that people keep.

use super::json::Json;
use domain::model::saved_view::{NewView, SavedView};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "saved_views", input = Json, output = Json)]
pub async fn saved_views() -> Result<Vec<SavedView>, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .saved_views(&actor)
        .await
        .map_err(crate::ssr::problem)
}

/// Everybody may keep views; viewers only for themselves.
#[server(prefix = "/api/fn", endpoint = "save_view", input = Json, output = Json)]
pub async fn save_view(view: NewView) -> Result<i64, Problem> {
    let permission = if view.shared {
        domain::role::Permission::Resolve
    } else {
        domain::role::Permission::View
    };
    let (engine, actor) = crate::ssr::require(permission)?;
    engine
        .save_view(&view, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "delete_view", input = Json, output = Json)]
pub async fn delete_view(id: i64) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .delete_view(id, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// Whether the menu leads the caller to this view.
#[server(prefix = "/api/fn", endpoint = "set_default_view", input = Json, output = Json)]
pub async fn set_default_view(id: i64, wanted: bool) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .set_default_view(id, wanted, &actor)
        .await
        .map_err(crate::ssr::problem)
}
