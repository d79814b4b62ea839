//! The help of the pages, which the browser fetches when somebody asks for it.

use super::json::Json;
use domain::model::help::HelpTopic;
use leptos::prelude::*;

use crate::problem::Problem;

/// What is said of one page, by its name; of all pages without one. Empty for a name that is none.
#[server(prefix = "/api/fn", endpoint = "help", input = Json, output = Json)]
pub async fn help(page: Option<String>) -> Result<Vec<HelpTopic>, Problem> {
    crate::ssr::require(domain::role::Permission::View)?;
    Ok(domain::help::topics(page.as_deref()))
}
