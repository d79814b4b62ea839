//! Who asks: from the session cookie, or a program's token, to an [`Actor`] in the request's extensions.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, header::USER_AGENT},
    middleware::Next,
    response::Response,
};
use domain::{model::zone::ShownZone, role::Actor};
use engine::Engine;
use tower_sessions::{
    Expiry, Session, SessionManagerLayer,
    cookie::SameSite,
    session::{Id, Record},
    session_store::SessionStore as _,
};

use super::{
    App,
    problem::Problem,
    session_store::{ADDRESS, AGENT, SEEN, USER, key},
    sign_in::client_address,
    token,
};

const COOKIE: &str = "command_center_session";
/// The expiry moves on when the last move is this long ago, not with every request: that would be a write each.
const TOUCH_SECONDS: u64 = 10 * 60;
/// Of what a browser says of itself; the longest in use are half of it.
const AGENT_CHARS: usize = 300;

/// The layer that reads and writes the session cookie.
pub(crate) fn session_layer(app: &App) -> SessionManagerLayer<super::SessionStore> {
    let idle =
        time::Duration::try_from(app.options.limits.session_idle).unwrap_or(time::Duration::HOUR);
    SessionManagerLayer::new(app.sessions.clone())
        .with_name(COOKIE)
        // Lax, so that a link in a mail finds the reader signed in; changes need the same origin anyway.
        .with_same_site(SameSite::Lax)
        .with_http_only(true)
        .with_secure(app.options.secure)
        .with_expiry(Expiry::OnInactivity(idle))
}

/// By what the [`Actor`] of a request was known; in its extensions, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Credential {
    Session(Id),
    /// The id of an API token.
    Token(i64),
}

/// Puts the [`Actor`], their [`ShownZone`] and their [`Credential`] into the request's extensions when somebody is signed in, or a program comes
/// with a token. A token that is not accepted ends the request: the cookie beside it counts for nothing.
pub(crate) async fn load_actor(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Result<Response, Response> {
    let address = client_address(&app, peer, request.headers());
    let found = match token::bearer(request.headers()) {
        Some(presented) => {
            let (id, actor) = token::holder(&app, presented, address)
                .await
                .map_err(token::refuse)?;
            Some((Credential::Token(id), (actor, ShownZone::default())))
        }
        None => signed_in(&app, &session)
            .await
            .map_err(|problem| problem.for_reader(request.headers()))?,
    };
    if let Some((credential, (mut actor, zone))) = found {
        actor.origin = address.to_string();
        tracing::Span::current().record("user", &actor.name);
        request.extensions_mut().insert(actor);
        request.extensions_mut().insert(zone);
        request.extensions_mut().insert(credential);
        if let Credential::Session(id) = credential {
            // By which the person's own list tells this one from the others.
            request.extensions_mut().insert(key(&id));
        }
    }
    Ok(next.run(request).await)
}

async fn signed_in(app: &App, session: &Session) -> Result<Option<(Credential, Person)>, Problem> {
    let user_id = session.get::<i64>(USER).await.map_err(session_problem)?;
    // A session that holds something has an id.
    let (Some(user_id), Some(id)) = (user_id, session.id()) else {
        return Ok(None);
    };
    let Some(person) = app.actors.person(&app.engine, user_id).await? else {
        // Removed or disabled: the session is of no use any more.
        session.flush().await.map_err(session_problem)?;
        return Ok(None);
    };
    let seen = session
        .get::<u64>(SEEN)
        .await
        .map_err(session_problem)?
        .unwrap_or(0);
    let now = unix_seconds();
    if now.saturating_sub(seen) > TOUCH_SECONDS {
        session.insert(SEEN, now).await.map_err(session_problem)?;
    }
    Ok(Some((Credential::Session(id), person)))
}

/// Makes the session the actor's, under a new id, so that an id known before means nothing. The address and what the
/// browser says of itself stay with it, for the person to recognise it by.
pub(crate) async fn enter(
    session: &Session,
    actor: &Actor,
    address: IpAddr,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    session.clear().await;
    session.cycle_id().await.map_err(session_problem)?;
    session
        .insert(USER, actor.user_id)
        .await
        .map_err(session_problem)?;
    session
        .insert(SEEN, unix_seconds())
        .await
        .map_err(session_problem)?;
    session
        .insert(ADDRESS, address.to_string())
        .await
        .map_err(session_problem)?;
    let agent = headers
        .get(USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    if let Some(agent) = agent {
        let agent: String = agent.chars().take(AGENT_CHARS).collect();
        session
            .insert(AGENT, agent)
            .await
            .map_err(session_problem)?;
    }
    Ok(())
}

/// Ends the session, in the table and in the browser.
pub(crate) async fn leave(session: &Session) -> Result<(), Problem> {
    session.flush().await.map_err(session_problem)
}

/// Whether a session that was open still is, and still belongs to the actor in the same role; of a token likewise.
pub(crate) async fn still_signed_in(
    app: &App,
    credential: Credential,
    actor: &Actor,
) -> Result<bool, Problem> {
    let session = match credential {
        Credential::Session(id) => id,
        Credential::Token(id) => {
            return Ok(app.engine.role_of_token(id).await? == Some(actor.role));
        }
    };
    let record = app
        .sessions
        .load(&session)
        .await
        .map_err(|error| session_problem(error.into()))?;
    if record.and_then(|record: Record| record.data.get(USER)?.as_i64()) != Some(actor.user_id) {
        return Ok(false);
    }
    Ok(app
        .actors
        .person(&app.engine, actor.user_id)
        .await?
        .is_some_and(|(now, _)| now.role == actor.role))
}

pub(super) fn session_problem(error: tower_sessions::session::Error) -> Problem {
    tracing::error!(%error, "a session could not be read or written");
    Problem::unavailable()
}

fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// Somebody, and in which zone they are shown times.
type Person = (Actor, ShownZone);

/// Remembers people for moments, since a page makes several requests at once.
pub(crate) struct ActorCache {
    memory: Duration,
    people: Mutex<HashMap<i64, (Instant, Option<Person>)>>,
}

impl ActorCache {
    /// More than the people of one installation; when there are more, the memory starts anew.
    const MOST: usize = 10_000;

    pub(crate) fn new(memory: Duration) -> Self {
        Self {
            memory,
            people: Mutex::default(),
        }
    }

    pub(crate) async fn person(
        &self,
        engine: &Engine,
        user_id: i64,
    ) -> Result<Option<Person>, Problem> {
        let now = Instant::now();
        if let Some((at, person)) = self.lock().get(&user_id)
            && now.duration_since(*at) < self.memory
        {
            return Ok(person.clone());
        }
        let person = engine.actor(user_id).await?;
        let mut people = self.lock();
        if people.len() >= Self::MOST {
            people.clear();
        }
        people.insert(user_id, (now, person.clone()));
        Ok(person)
    }

    /// Has whoever changed something of themselves see it at once.
    pub(crate) fn forget(&self, user_id: i64) {
        self.lock().remove(&user_id);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i64, (Instant, Option<Person>)>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
