//! The zone in which a person is shown times: chosen with a form, and known to each page before it is rendered.

use axum::{
    Extension, Form,
    extract::{Request, State},
    http::{HeaderMap, Method},
    middleware::Next,
    response::Response,
};
use domain::{model::zone::ShownZone, role::Actor};
use engine::EngineError;
use serde::Deserialize;

use super::{
    App,
    account::back,
    problem::{Problem, wants_page},
};

#[derive(Deserialize)]
pub(crate) struct ZoneForm {
    zone: String,
}

/// `POST /account/time-zone`: goes back to the page, which then shows its times in that zone.
pub(crate) async fn choose(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
    Form(form): Form<ZoneForm>,
) -> Result<Response, Response> {
    let zone = ShownZone::parse(&form.zone);
    match app.engine.choose_zone(&actor, &zone).await {
        Ok(()) => Ok(back("zone=chosen")),
        Err(EngineError::Invalid(_)) => Ok(back("problem=zone")),
        Err(error) => Err(Problem::from(error).for_reader(&headers)),
    }
}

/// Puts the [`ShownZone`] into the extensions of a page's request. Server functions do without: they answer with UTC.
pub(crate) async fn load(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let is_page = request.method() == Method::GET && wants_page(request.headers());
    let user = request.extensions().get::<Actor>().map(|who| who.user_id);
    if let Some(user_id) = user.filter(|_| is_page) {
        match app.engine.shown_zone(user_id).await {
            Ok(zone) => drop(request.extensions_mut().insert(zone)),
            // The page itself will say what is the matter; its times are in UTC.
            Err(error) => tracing::debug!(%error, "the zone of a person could not be read"),
        }
    }
    next.run(request).await
}
