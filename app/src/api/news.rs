//! What people are told without asking.

use chrono::{DateTime, Utc};
use domain::model::news::{News, NewsKind};
use leptos::prelude::*;

use super::json::Json;
use crate::problem::Problem;

/// What happened since the answer before; without one, what is the matter now.
#[server(prefix = "/api/fn", endpoint = "news_since", input = Json, output = Json)]
pub async fn news_since(since: Option<DateTime<Utc>>) -> Result<News, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .news(since, &actor)
        .await
        .map_err(crate::ssr::problem)
}

/// What the caller wants to be told of.
#[server(prefix = "/api/fn", endpoint = "news_choices", input = Json, output = Json)]
pub async fn news_choices() -> Result<Vec<NewsKind>, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .news_choices(&actor)
        .await
        .map_err(crate::ssr::problem)
}
