//! The audit log; its export is `GET /export/audit.csv`.

use super::json::Json;
use domain::model::{
    Page,
    audit::{AuditEntry, AuditQuery},
};
use leptos::prelude::*;

use crate::problem::Problem;

#[server(prefix = "/api/fn", endpoint = "audit_log", input = Json, output = Json)]
pub async fn audit_log(query: AuditQuery) -> Result<Page<AuditEntry>, Problem> {
    let (engine, _) = crate::ssr::require(domain::role::Permission::Edit)?;
    engine.audit_log(&query).await.map_err(crate::ssr::problem)
}
