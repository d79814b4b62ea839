//! Who is signed in, known at the first paint and to every component without waiting.

use domain::{
    model::zone::ShownZone,
    role::{Actor, Permission},
};
use http::request::Parts;
use leptos::prelude::*;

#[derive(Clone)]
struct Session {
    actor: Option<Actor>,
    zone: ShownZone,
}

/// Reads the actor that the server put into the request, and hands the same one to the browser, with the zone in which
/// they are shown times.
pub(crate) fn provide() {
    let actor = SharedValue::new(from_request::<Actor>);
    let zone = SharedValue::new(|| from_request::<ShownZone>().unwrap_or_default());
    provide_context(Session {
        actor: actor.into_inner(),
        zone: zone.into_inner(),
    });
}

fn from_request<T: Clone + Send + Sync + 'static>() -> Option<T> {
    use_context::<Parts>().and_then(|parts| parts.extensions.get::<T>().cloned())
}

pub(crate) fn actor() -> Option<Actor> {
    use_context::<Session>().and_then(|session| session.actor)
}

/// Name and role of the person, to be shown; empty for whoever is not signed in.
pub(crate) fn name_and_role() -> (String, &'static str) {
    actor()
        .map(|actor| (actor.name, actor.role.name()))
        .unwrap_or_default()
}

/// In which zone the person is shown times; UTC for whoever is not signed in.
pub(crate) fn zone() -> ShownZone {
    use_context::<Session>()
        .map(|session| session.zone)
        .unwrap_or_default()
}

/// Whether to offer something. The server checks again whatever is shown here.
pub(crate) fn may(permission: Permission) -> bool {
    actor().is_some_and(|actor| actor.role.may(permission))
}
