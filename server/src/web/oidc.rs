//! `GET /sign-in/oidc`, which leads to the provider, and `GET /sign-in/oidc/callback`, to which it sends people back.

use std::{
    collections::HashMap,
    io,
    net::SocketAddr,
    time::{Duration, Instant, SystemTime},
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use domain::{model::user::SignInWay, role::Actor};
use engine::{
    integrations::oidc::{Attempt, Oidc, OidcError, Vouched},
    store::identity::Refusal,
};
use serde::{Deserialize, Serialize};
use tower_sessions::{Expiry, Session};
use url::{Url, form_urlencoded};

use super::{
    App, pages,
    problem::Problem,
    sign_in::{again, client_address, enter, local_path},
    visitor::{self, session_problem},
};
use crate::config;

/// Where a session of nobody yet keeps what was begun.
const BEGUN: &str = "oidc";
/// How long somebody may take at the provider.
const LASTS: Duration = Duration::from_secs(10 * 60);

pub(crate) struct Provider {
    pub(crate) label: String,
    oidc: Oidc,
}

impl Provider {
    pub(crate) fn new(settings: config::Oidc) -> io::Result<Self> {
        Ok(Self {
            label: settings.label,
            oidc: Oidc::new(settings.provider).map_err(io::Error::other)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
struct Begun {
    attempt: Attempt,
    next: String,
    at: SystemTime,
}

/// Leads to the provider, or back to the form where that cannot be reached.
pub(crate) async fn begin(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    session: Session,
    request: Request,
) -> Result<Response, Response> {
    let Some(provider) = &app.provider else {
        return Ok(pages::not_found(State(app), request).await);
    };
    let query = query(&request);
    let next = local_path(query.get("next").map_or("/", String::as_str));
    if request.extensions().get::<Actor>().is_some() {
        return Ok(Redirect::to(next).into_response());
    }
    let address = client_address(&app, peer, request.headers());
    if !app.throttle.admit_from(address, Instant::now()) {
        tracing::warn!("a sign-in came too early after failures");
        return Ok(again("throttled", next));
    }
    let (url, attempt) = match provider.oidc.begin().await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::warn!(%error, "a sign-in by OpenID Connect was not begun");
            return Ok(again("provider", next));
        }
    };
    let begun = Begun {
        attempt,
        next: next.to_owned(),
        at: SystemTime::now(),
    };
    // Until somebody is signed in, the session is of no other use.
    let lasts = time::Duration::try_from(LASTS).unwrap_or(time::Duration::HOUR);
    session.set_expiry(Some(Expiry::OnInactivity(lasts)));
    session
        .insert(BEGUN, begun)
        .await
        .map_err(|error| session_problem(error).for_reader(request.headers()))?;
    Ok(Redirect::to(url.as_str()).into_response())
}

/// Where whoever leaves ends their session with the provider, too: for people who come by it, where it offers that.
pub(super) async fn way_out(app: &App, actor: &Actor) -> Option<Url> {
    let provider = app.provider.as_ref()?;
    match app.engine.sign_in_way(actor).await {
        Ok(SignInWay::Provider(issuer)) => provider.oidc.end_session(&issuer).await,
        Ok(SignInWay::Password) => None,
        Err(error) => {
            tracing::warn!(%error, "how somebody signed in could not be read");
            None
        }
    }
}

/// Signs in whom the provider vouches for, or says why not.
pub(crate) async fn finish(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    session: Session,
    request: Request,
) -> Response {
    let Some(provider) = &app.provider else {
        return pages::not_found(State(app), request).await;
    };
    let (query, headers) = (query(&request), request.headers().clone());
    match admit(&app, provider, peer, &session, &headers, &query).await {
        Ok(response) => response,
        Err(problem) => pages::refused(&app, problem, request).await,
    }
}

async fn admit(
    app: &App,
    provider: &Provider,
    peer: SocketAddr,
    session: &Session,
    headers: &HeaderMap,
    query: &HashMap<String, String>,
) -> Result<Response, Problem> {
    let begun = take(session, query.get("state")).await?.ok_or_else(|| {
        tracing::warn!("an answer of the sign-in provider fits nothing that was begun");
        unknown()
    })?;
    let Some(code) = query.get("code") else {
        return Err(turned_away(query.get("error").map(String::as_str)));
    };
    let vouched = match provider.oidc.finish(begun.attempt, code.clone()).await {
        Ok(vouched) => vouched,
        Err(error @ OidcError::Unreachable(_)) => {
            tracing::warn!(%error, "a sign-in by OpenID Connect was not finished");
            return Ok(again("provider", &begun.next));
        }
        Err(error @ OidcError::Refused(_)) => {
            tracing::warn!(%error, "a sign-in by OpenID Connect failed");
            return Err(not_accepted());
        }
    };
    let address = client_address(app, peer, headers);
    let actor = settle(app, &vouched, &address.to_string()).await?;
    app.throttle.vouched(address);
    enter(session, &actor, address, headers, &begun.next).await
}

/// What was begun under this state, once: the session that kept it, and nothing else, ends before anything is made of it.
async fn take(session: &Session, state: Option<&String>) -> Result<Option<Begun>, Problem> {
    let begun: Option<Begun> = session.get(BEGUN).await.map_err(session_problem)?;
    let fits = |begun: &Begun| state.is_some_and(|state| begun.attempt.is_of(state));
    let Some(begun) = begun.filter(fits) else {
        return Ok(None);
    };
    visitor::leave(session).await?;
    // A clock that was set back makes an attempt young.
    let age = begun.at.elapsed().unwrap_or_default();
    Ok((age <= LASTS).then_some(begun))
}

/// Who they are here.
async fn settle(app: &App, vouched: &Vouched, origin: &str) -> Result<Actor, Problem> {
    let Some(role) = vouched.role else {
        tracing::warn!(
            subject = vouched.subject,
            "a sign-in by OpenID Connect was refused: no group gives a role"
        );
        return Err(without_role());
    };
    let entered = app.engine.sign_in_vouched(vouched, role, origin).await?;
    entered.map_err(|refusal| {
        tracing::warn!(
            subject = vouched.subject,
            ?refusal,
            "a sign-in by OpenID Connect was refused"
        );
        refused(refusal)
    })
}

fn query(request: &Request) -> HashMap<String, String> {
    let query = request.uri().query().unwrap_or_default();
    form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect()
}

fn unknown() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "invalid",
        "This sign-in cannot be finished",
        "It was begun more than ten minutes ago, in another browser or at another address, or it has been finished already. \
         Begin anew.",
    )
}

/// The code of an error is for the log, and only where it is one of the specification's.
fn turned_away(error: Option<&str>) -> Problem {
    const KNOWN: [&str; 8] = [
        "access_denied",
        "interaction_required",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
    ];
    let error = KNOWN.into_iter().find(|known| Some(*known) == error);
    tracing::warn!(
        error = error.unwrap_or("another"),
        "the sign-in provider answered with an error"
    );
    let detail = if error == Some("access_denied") {
        "You cancelled there, or the provider does not let you into this app. Begin anew, or ask an admin."
    } else {
        "The provider answered with an error, which was logged. Begin anew; if it stays, tell an admin the time."
    };
    Problem::new(
        StatusCode::FORBIDDEN,
        "forbidden",
        "The provider did not sign you in",
        detail,
    )
}

fn not_accepted() -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "invalid",
        "The provider's answer was not accepted",
        "It does not prove who you are; the reason was logged. Begin anew; if it stays, tell an admin the time.",
    )
}

fn without_role() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "forbidden",
        "You have no role here",
        "The provider knows you, but none of your groups there gives you a role in this app. Ask an admin to add you to one, \
         then sign in again.",
    )
}

fn refused(refusal: Refusal) -> Problem {
    let (title, detail) = match refusal {
        Refusal::Disabled => (
            "Your account here is disabled",
            "The provider knows you, but an admin of this app has disabled your account. Ask them to let you in again."
                .to_owned(),
        ),
        Refusal::NameTaken(name) => (
            "This name belongs to another account",
            format!(
                "There is an account called {name} here, and the provider does not prove that it is yours. An account is linked \
                 when it bears an e-mail address that the provider has verified. Ask an admin."
            ),
        ),
        Refusal::NoName => (
            "The provider tells no name",
            "Neither a verified e-mail address nor a user name came that can be shown here. Ask an admin to look at \
             OIDC_SCOPES and at what the provider tells."
                .to_owned(),
        ),
        Refusal::LastAdmin => (
            "You are the last admin",
            "Your groups at the provider no longer give you that role, and nobody else here has it. Have the provider's \
             groups mended, or another admin added with \"server user add\"."
                .to_owned(),
        ),
    };
    Problem::new(StatusCode::FORBIDDEN, "forbidden", title, detail)
}
