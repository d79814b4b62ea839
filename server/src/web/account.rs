//! `POST /account/…`: the forms of a person's own account, which work without JavaScript.

use std::{collections::HashMap, net::SocketAddr, time::Instant};

use axum::{
    Extension, Form,
    extract::{ConnectInfo, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use domain::{model::news::NewsKind, role::Actor};
use engine::{EngineError, store::session::SessionKey};
use serde::Deserialize;
use tower_sessions::Session;

use super::{App, problem::Problem, sign_in::client_address, visitor};

#[derive(Deserialize)]
pub(crate) struct PasswordForm {
    present: String,
    new: String,
    again: String,
}

/// Ends every session of the person but this one, and goes back to the page, which says what came of it.
pub(crate) async fn change_password(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    Extension(actor): Extension<Actor>,
    session: Session,
    headers: HeaderMap,
    Form(form): Form<PasswordForm>,
) -> Result<Response, Response> {
    let problem = |problem: Problem| problem.for_reader(&headers);
    if form.new != form.again {
        return Ok(back("problem=differ"));
    }
    // Whoever found a browser open may not guess at the password either.
    let address = client_address(&app, peer, &headers);
    if !app.throttle.admit(&actor.name, address, Instant::now()) {
        return Ok(back("problem=throttled"));
    }
    let changed = app
        .engine
        .change_password(&actor, &form.present, &form.new)
        .await;
    match changed {
        Ok(true) => {}
        Ok(false) => return Ok(back("problem=present")),
        Err(EngineError::Invalid(_)) => return Ok(back("problem=short")),
        Err(error) => return Err(problem(error.into())),
    }
    app.throttle.succeeded(&actor.name, address);
    visitor::enter(&session, &actor, address, &headers)
        .await
        .map_err(problem)?;
    tracing::info!(user = actor.name, "changed the password");
    Ok(back("changed=yes"))
}

#[derive(Deserialize)]
pub(crate) struct EndForm {
    number: i64,
}

/// Ends one session of the person, and goes back to the page.
pub(crate) async fn end_session(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
    Form(form): Form<EndForm>,
) -> Result<Response, Response> {
    let ended = app
        .engine
        .end_session(&actor, form.number)
        .await
        .map_err(|error| Problem::from(error).for_reader(&headers))?;
    Ok(back(&format!("ended={}", u8::from(ended))))
}

/// Ends every session of the person but this one, and goes back to the page.
pub(crate) async fn end_other_sessions(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    Extension(present): Extension<SessionKey>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    let ended = app
        .engine
        .end_other_sessions(&actor, &present)
        .await
        .map_err(|error| Problem::from(error).for_reader(&headers))?;
    Ok(back(&format!("ended={ended}")))
}

/// A checkbox for each kind of news; what is not checked is not sent.
pub(crate) async fn choose_news(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Result<Response, Response> {
    let chosen = NewsKind::ALL
        .into_iter()
        .filter(|kind| form.contains_key(kind.name()));
    app.engine
        .choose_news(&actor, &chosen.collect::<Vec<_>>())
        .await
        .map_err(|error| Problem::from(error).for_reader(&headers))?;
    Ok(back("news=chosen"))
}

/// To the page, which says what came of the form.
pub(super) fn back(query: &str) -> Response {
    Redirect::to(&format!("/account?{query}")).into_response()
}
