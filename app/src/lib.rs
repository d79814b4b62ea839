//! Pages, components and server functions: the same code on the server and in the browser.

#![expect(
    unreachable_pub,
    reason = "the component macro makes its property structs pub, whatever the component is"
)]
#![recursion_limit = "512"]

mod answer;
pub mod api;
mod browser;
mod chunk;
mod console;
mod document;
mod hydration;
mod live;
pub mod mode;
mod pages;
mod parts;
pub mod problem;
pub mod query;
pub mod routes;
mod session;
#[cfg(feature = "ssr")]
pub mod ssr;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::Router;

pub use answer::{FormAnswer, form_answer};
pub use chunk::fetched;
pub use document::shell;
#[cfg(feature = "hydrate")]
pub use hydration::hydrate;

/// The product's name, in the title of every page.
pub const PRODUCT: &str = "Outreach Command Center";

/// The whole application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    session::provide();
    mode::provide();
    parts::time::provide();
    live::Live::provide();
    view! {
        <Title formatter=|title: String| {
            if title.is_empty() || title == PRODUCT { PRODUCT.to_owned() } else { format!("{title} · {PRODUCT}") }
        } />
        <Router>
            <routes::Pages />
        </Router>
    }
}
