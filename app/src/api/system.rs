//! What runs here, and how it is set up.

use super::json::Json;
use domain::model::system as model;
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "system", input = Json, output = Json)]
pub async fn system() -> Result<model::System, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::Edit)?;
    let installation = crate::ssr::installation();
    let figures = engine.system().await.map_err(crate::ssr::problem)?;
    Ok(model::System {
        installation,
        figures,
    })
}
