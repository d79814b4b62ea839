//! `/healthz`: the process lives. `/readyz`: it can serve.

use std::time::Duration;

use axum::{extract::State, http::StatusCode};
use tokio::time::timeout;

use super::App;

/// Load balancers ask every few seconds and wait about this long.
const PATIENCE: Duration = Duration::from_secs(2);

pub(crate) async fn healthz() -> &'static str {
    "alive\n"
}

pub(crate) async fn readyz(State(app): State<App>) -> (StatusCode, &'static str) {
    if app.stop.is_cancelled() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n");
    }
    match timeout(PATIENCE, app.engine.ping()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database answers with an error\n",
            )
        }
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer\n",
        ),
    }
}
