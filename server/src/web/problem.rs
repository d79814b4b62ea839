//! What went wrong, in words for the person who asked and in a form for the program.

use std::any::Any;

use axum::{
    Json,
    http::{HeaderMap, StatusCode, header::ACCEPT},
    response::{Html, IntoResponse, Response},
};
use engine::EngineError;
use serde::Serialize;

/// The body of every refusal: `{"kind": …, "title": …, "detail": …}`.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Problem {
    #[serde(skip)]
    pub(crate) status: StatusCode,
    /// For programs: one of `app::problem::ProblemKind`, since pages read it as that.
    pub(crate) kind: &'static str,
    /// For people, a few words.
    pub(crate) title: &'static str,
    /// For people, with what to do next.
    pub(crate) detail: String,
}

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        kind: &'static str,
        title: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            status,
            kind,
            title,
            detail: detail.into(),
        }
    }

    pub(crate) fn signed_out() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "signed_out",
            "Signed out",
            "Your session has ended. Sign in and try again.",
        )
    }

    pub(crate) fn forbidden(permission: &str) -> Self {
        let detail =
            format!("Your role does not include \"{permission}\". Ask an admin if you need it.");
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Not allowed", detail)
    }

    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "Not found",
            format!("{what} was not found."),
        )
    }

    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "invalid",
            "This cannot be done",
            detail,
        )
    }

    pub(crate) fn unavailable() -> Self {
        let detail = "The database does not answer. Try again in a moment.";
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unreachable",
            "Not available at the moment",
            detail,
        )
    }

    pub(crate) fn internal() -> Self {
        let detail = "Something went wrong on the server and was logged. Try again; if it stays, tell an admin the time.";
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "failed",
            "Something went wrong",
            detail,
        )
    }

    /// As a small page when a browser navigates, as JSON otherwise.
    pub(crate) fn for_reader(self, headers: &HeaderMap) -> Response {
        if !wants_page(headers) {
            return self.into_response();
        }
        let page = format!(
            "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
             <title>{title}</title><main><h1>{title}</h1><p>{detail}</p><p><a href=\"/\">Outreach Command Center</a></p></main></html>",
            title = escape(self.title),
            detail = escape(&self.detail),
        );
        (self.status, Html(page)).into_response()
    }
}

/// Whether a browser goes to a page, as opposed to a script that fetches data.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::NotFound(what) => Self::not_found(&what),
            EngineError::Invalid(detail) => Self::invalid(detail),
            // Logged here, where it is handled; what it says is for operators, not for the browser.
            EngineError::Unreachable(error) => {
                tracing::error!(%error, "the database did not answer a request");
                Self::unavailable()
            }
            other => {
                tracing::error!(error = %other, "a request failed");
                Self::internal()
            }
        }
    }
}

/// The answer of a handler that panicked, which is a bug.
pub(crate) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text
        .or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_default();
    tracing::error!(panic = text, "a request handler panicked");
    Problem::internal().into_response()
}
