//! Import batches. The file itself comes through `POST /upload`, outside the server functions.

use super::json::Json;
use domain::model::{
    Page, batch,
    import::{self, ImportReject, Mapping, Preview},
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "import_preview", input = Json, output = Json)]
pub async fn import_preview(batch_id: String) -> Result<Preview, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .import_preview(&batch_id)
        .await
        .map_err(crate::ssr::problem)
}

/// Starts the import in the background; the batch tells how far it is.
#[server(prefix = "/api/fn", endpoint = "start_import", input = Json, output = Json)]
pub async fn start_import(
    batch_id: String,
    mapping: Mapping,
    has_header: bool,
) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Import)?;
    engine
        .start_import(&batch_id, &mapping, has_header, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "cancel_import", input = Json, output = Json)]
pub async fn cancel_import(batch_id: String) -> Result<(), Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Import)?;
    engine
        .cancel_import(&batch_id, &actor)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "import_batches", input = Json, output = Json)]
pub async fn import_batches(
    filter: import::ImportFilter,
) -> Result<Page<import::ImportBatch>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .import_batches(&filter)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "import_batch", input = Json, output = Json)]
pub async fn import_batch(batch_id: String) -> Result<import::ImportBatch, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .import_batch(&batch_id)
        .await
        .map_err(crate::ssr::problem)
}

/// How far the batch is, stage by stage.
#[server(prefix = "/api/fn", endpoint = "batch_progress", input = Json, output = Json)]
pub async fn batch_progress(batch_id: String) -> Result<batch::BatchProgress, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .batch_progress(&batch_id)
        .await
        .map_err(crate::ssr::problem)
}

#[server(prefix = "/api/fn", endpoint = "import_rejects", input = Json, output = Json)]
pub async fn import_rejects(
    batch_id: String,
    cursor: Option<String>,
) -> Result<Page<ImportReject>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::View)?;
    engine
        .import_rejects(&batch_id, cursor.as_deref())
        .await
        .map_err(crate::ssr::problem)
}

/// Imports a small generated file of invented companies.
#[server(prefix = "/api/fn", endpoint = "load_samples", input = Json, output = Json)]
pub async fn load_samples() -> Result<import::ImportBatch, Problem> {
    let (engine, actor) = crate::ssr::require(domain::role::Permission::Import)?;
    engine
        .load_samples(&actor)
        .await
        .map_err(crate::ssr::problem)
}
