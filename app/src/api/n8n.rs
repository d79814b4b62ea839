//! n8n's own errors.

use super::json::Json;
use domain::model::n8n::FailedExecutions;
use leptos::prelude::*;

use crate::problem::Problem;

/// The executions that failed last; nothing when n8n is not configured.
#[server(prefix = "/api/fn", endpoint = "n8n_errors", input = Json, output = Json)]
pub async fn n8n_errors() -> Result<Option<FailedExecutions>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .n8n_failed_executions()
        .await
        .map_err(crate::ssr::problem)
}
