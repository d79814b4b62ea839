//! The only server-only file: who asks, may they, and what the engine's errors mean to them.

use std::sync::Arc;

use axum::http::{StatusCode, request::Parts};
use domain::{
    model::system::Installation,
    role::{Actor, Permission},
};
use engine::{
    Engine, EngineError,
    store::{error::ErrorSelection, session::SessionKey},
};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use crate::{
    api::{API_PREFIX, errors::Selection},
    problem::{Problem, ProblemKind},
};

/// The engine and the caller, when the caller holds `permission`. First line of every server function.
///
/// The server puts the signed-in [`Actor`] into the request's extensions and the [`Engine`] into the context.
///
/// # Errors
/// A problem with status 401 when nobody is signed in, 403 when the role does not hold the permission.
pub fn require(permission: Permission) -> Result<(Engine, Actor), Problem> {
    let parts = use_context::<Parts>();
    let actor = parts
        .as_ref()
        .and_then(|parts| parts.extensions.get::<Actor>().cloned());
    let Some(actor) = actor else {
        send_to_sign_in(parts.as_ref());
        return Err(answered(Problem::signed_out()));
    };
    if !actor.role.may(permission) {
        return Err(answered(Problem::forbidden(permission.name())));
    }
    let engine = use_context::<Engine>().ok_or_else(|| {
        tracing::error!("the engine is not in the request's context");
        answered(Problem::failed())
    })?;
    Ok((engine, actor))
}

/// The session that asks: the server puts it into the request's extensions beside the [`Actor`].
///
/// # Errors
/// A problem with status 401 when there is none.
pub fn present_session() -> Result<SessionKey, Problem> {
    use_context::<Parts>()
        .and_then(|parts| parts.extensions.get::<SessionKey>().cloned())
        .ok_or_else(|| answered(Problem::signed_out()))
}

/// What the server that answers says of itself, which it puts into the context.
pub fn installation() -> Installation {
    let found = use_context::<Arc<Installation>>();
    found.map(Arc::unwrap_or_clone).unwrap_or_default()
}

/// What an engine error means to the caller, with the response's status set to match.
pub fn problem(error: EngineError) -> Problem {
    answered(Problem::from(error))
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::NotFound(what) => Self::new(
                ProblemKind::NotFound,
                format!("Not found: {what}"),
                "It may have been removed, or the address is mistyped.",
            ),
            EngineError::Invalid(text) => {
                Self::new(ProblemKind::Invalid, "This cannot be done", text)
            }
            EngineError::N8n(error) => Self::new(
                ProblemKind::Failed,
                "n8n's errors are not at hand",
                format!("{error}."),
            ),
            EngineError::Unreachable(error) => {
                tracing::error!(%error, "the database did not answer a request");
                Self::new(
                    ProblemKind::Unreachable,
                    "The database does not answer",
                    "Nothing is lost. The page goes on by itself as soon as it does.",
                )
            }
            error => {
                tracing::error!(error = %error, "a request failed");
                Self::failed()
            }
        }
    }
}

impl From<Selection> for ErrorSelection {
    fn from(selection: Selection) -> Self {
        match selection {
            Selection::One(id) => Self::One(id),
            Selection::Matching(filter) => Self::Matching(filter),
        }
    }
}

/// A page that a signed-out person opens leads to the sign-in page; a server function answers with its status.
fn send_to_sign_in(parts: Option<&Parts>) {
    let Some(parts) = parts.filter(|parts| !parts.uri.path().starts_with(API_PREFIX)) else {
        return;
    };
    let next = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    leptos_axum::redirect(&crate::query::sign_in_path(next));
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::FOUND);
    }
}

fn answered(problem: Problem) -> Problem {
    if let (Some(response), Ok(status)) = (
        use_context::<ResponseOptions>(),
        StatusCode::from_u16(problem.kind.status()),
    ) && !is_redirect(&response)
    {
        response.set_status(status);
    }
    problem
}

/// A redirect to the sign-in page must keep its status: the first call of a page that sets it wins.
fn is_redirect(response: &ResponseOptions) -> bool {
    let status = response.0.read().ok().and_then(|parts| parts.status);
    status.is_some_and(|status| status.is_redirection())
}
