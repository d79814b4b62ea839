//! A number for every request, on each of its log lines and in its answer.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use tracing::{Instrument, field::Empty};
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let id = Uuid::new_v4().simple().to_string();
    // The path without its query, which may hold what people searched for.
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path(), user = Empty);
    let routed = request.extensions().get::<MatchedPath>().is_some();
    async move {
        let begun = Instant::now();
        let mut response = next.run(request).await;
        let milliseconds = begun.elapsed().as_millis();
        let status = response.status().as_u16();
        if response.status().is_server_error() {
            tracing::error!(status, milliseconds, "failed");
        } else if routed {
            tracing::debug!(status, milliseconds, "answered");
        }
        if let Ok(value) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        response
    }
    .instrument(span)
    .await
}
