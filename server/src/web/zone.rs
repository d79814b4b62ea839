//! `POST /account/time-zone`: the zone in which a person is shown times, which each page knows before it is rendered.

use axum::{Extension, Form, extract::State, http::HeaderMap, response::Response};
use domain::{model::zone::ShownZone, role::Actor};
use engine::EngineError;
use serde::Deserialize;

use super::{App, account::back, problem::Problem};

#[derive(Deserialize)]
pub(crate) struct ZoneForm {
    zone: String,
}

/// Goes back to the page, which then shows its times in that zone.
pub(crate) async fn choose(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
    Form(form): Form<ZoneForm>,
) -> Result<Response, Response> {
    let zone = ShownZone::parse(&form.zone);
    match app.engine.choose_zone(&actor, &zone).await {
        Ok(()) => {
            app.actors.forget(actor.user_id);
            Ok(back("zone=chosen"))
        }
        Err(EngineError::Invalid(_)) => Ok(back("problem=zone")),
        Err(error) => Err(Problem::from(error).for_reader(&headers)),
    }
}
