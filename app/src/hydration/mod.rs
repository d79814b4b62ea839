//! Taking over the page that the server rendered, in pieces with a pause between them, so that a slow phone answers to a
//! finger meanwhile. Whatever a person does finishes it at once. Nothing asynchronous runs before the last piece, so that each
//! piece sees the data with which the server rendered it.

#[cfg(feature = "hydrate")]
mod apart;
#[cfg(feature = "hydrate")]
mod work;

use leptos::prelude::*;

#[cfg(feature = "hydrate")]
pub use work::hydrate;

/// One element that is taken over as a piece of its own, after what stands before it. What asks the server is made here, in the
/// order in which the server made it.
#[component]
pub(crate) fn Apart(children: Children) -> impl IntoView {
    let view = children();
    apart(move || view)
}

/// The same for a view that is made only then, and asks the server for nothing.
#[cfg(feature = "hydrate")]
pub(crate) fn apart(view: impl FnOnce() -> AnyView + Send + 'static) -> AnyView {
    apart::Apart::new(view).into_any()
}

/// On the server: the view.
#[cfg(not(feature = "hydrate"))]
pub(crate) fn apart(view: impl FnOnce() -> AnyView + Send + 'static) -> AnyView {
    view()
}
