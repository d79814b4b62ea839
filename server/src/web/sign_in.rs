//! `POST /session` and `POST /session/end`.

use std::{
    net::{IpAddr, SocketAddr},
    time::Instant,
};

use app::FormAnswer;
use axum::{
    Form,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use domain::role::Actor;
use serde::Deserialize;
use tower_sessions::Session;
use url::form_urlencoded::byte_serialize;

use super::{
    App, oidc,
    pages::{self, SIGN_IN},
    problem::{Problem, wants_page},
    visitor,
};

#[derive(Deserialize)]
pub(crate) struct SignInForm {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// Signs in and goes on to `next`, or back to the form with what was wrong.
pub(crate) async fn sign_in(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    session: Session,
    headers: HeaderMap,
    Form(form): Form<SignInForm>,
) -> Result<Response, Response> {
    let problem = |problem: Problem| problem.for_reader(&headers);
    let next = local_path(&form.next);
    let address = client_address(&app, peer, &headers);
    if !app.throttle.admit(&form.name, address, Instant::now()) {
        tracing::warn!("a sign-in came too early after failures");
        return Ok(again("throttled", next));
    }
    let actor = app
        .engine
        .sign_in(&form.name, &form.password)
        .await
        .map_err(|error| problem(error.into()))?;
    let Some(actor) = actor else {
        tracing::warn!("a sign-in failed");
        return Ok(again("credentials", next));
    };
    app.throttle.succeeded(&form.name, address);
    enter(&session, &actor, address, &headers, next)
        .await
        .map_err(problem)
}

/// The end of every way to sign in: a session of the actor's, under a new id, and on to `next`.
pub(super) async fn enter(
    session: &Session,
    actor: &Actor,
    address: IpAddr,
    headers: &HeaderMap,
    next: &str,
) -> Result<Response, Problem> {
    visitor::enter(session, actor, address, headers).await?;
    tracing::info!(user = actor.name, "signed in");
    Ok(Redirect::to(next).into_response())
}

/// Signs out here, and leads whoever came by a provider on to it, to do so there. Not by a redirect: the policy of our pages
/// lets no form lead to another site.
pub(crate) async fn sign_out(
    State(app): State<App>,
    session: Session,
    request: Request,
) -> Result<Response, Response> {
    visitor::leave(&session)
        .await
        .map_err(|problem| problem.for_reader(request.headers()))?;
    let way_out = match request.extensions().get::<Actor>() {
        Some(actor) if wants_page(request.headers()) => oidc::way_out(&app, actor).await,
        _ => None,
    };
    Ok(match way_out {
        Some(to) => {
            let leaves = FormAnswer::Leaves { to: to.into() };
            pages::form_answer(&app, leaves, StatusCode::OK, request).await
        }
        None => Redirect::to(SIGN_IN).into_response(),
    })
}

/// To the form, which says what was wrong.
pub(super) fn again(problem: &str, next: &str) -> Response {
    Redirect::to(&format!(
        "{SIGN_IN}?problem={problem}&next={}",
        encode_next(next)
    ))
    .into_response()
}

/// For the query of the sign-in page.
pub(crate) fn encode_next(next: &str) -> String {
    byte_serialize(next.as_bytes()).collect()
}

/// The path when it stays on this site, the start page otherwise. Browsers read `//host` and `/\host` as another host,
/// and drop tabs and line ends before they look.
pub(super) fn local_path(next: &str) -> &str {
    let is_local = next.starts_with('/')
        && !next.starts_with("//")
        && next
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !next.starts_with(SIGN_IN);
    if is_local { next } else { "/" }
}

/// Behind a proxy, the address that it saw: the last one, since a client may have written the ones before.
pub(crate) fn client_address(app: &App, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let forwarded = || {
        let last = headers
            .get_all("x-forwarded-for")
            .iter()
            .next_back()?
            .to_str()
            .ok()?
            .rsplit(',')
            .next()?
            .trim();
        last.parse()
            .ok()
            .or_else(|| last.parse::<SocketAddr>().ok().map(|address| address.ip()))
    };
    app.options
        .trust_proxy
        .then(forwarded)
        .flatten()
        .unwrap_or(peer.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_followed() {
        let table = [
            ("/companies?page=2#row", "/companies?page=2#row"),
            ("/", "/"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil.example", "/"),
            ("/\t/evil.example", "/"),
            ("/\n//evil.example", "/"),
            ("https://evil.example", "/"),
            ("javascript:alert(1)", "/"),
            ("companies", "/"),
            ("/sign-in?next=/sign-in", "/"),
            ("/sign-in/oidc?next=/", "/"),
            ("/ä", "/"),
        ];
        for (next, expected) in table {
            assert_eq!(local_path(next), expected, "{next:?}");
        }
    }
}
