//! Who is signed in, known at the first paint and to every component without waiting.

use domain::role::{Actor, Permission};
use http::request::Parts;
use leptos::prelude::*;

#[derive(Clone)]
struct Session(Option<Actor>);

/// Reads the actor that the server put into the request, and hands the same one to the browser.
pub(crate) fn provide() {
    let actor = SharedValue::new(|| {
        use_context::<Parts>().and_then(|parts| parts.extensions.get::<Actor>().cloned())
    });
    provide_context(Session(actor.into_inner()));
}

pub(crate) fn actor() -> Option<Actor> {
    use_context::<Session>().and_then(|session| session.0)
}

/// Whether to offer something. The server checks again whatever is shown here.
pub(crate) fn may(permission: Permission) -> bool {
    actor().is_some_and(|actor| actor.role.may(permission))
}
