//! An address that leads nowhere.

use leptos::prelude::*;

use crate::{parts::header::PageHeader, session};

#[component]
pub(crate) fn NotFoundPage() -> impl IntoView {
    let message = view! {
        <div class="notice">
            <p class="notice-title">"There is no page at this address"</p>
            <p>"It may be mistyped, or the link is old."</p>
            <a class="btn primary" href="/">"Go to the overview"</a>
        </div>
    };
    if session::actor().is_none() {
        return view! { <h1>"Page not found"</h1> {message} }.into_any();
    }
    view! {
        <PageHeader title="Page not found" subtitle="Nothing is here" />
        <main id="main">{message}</main>
    }
    .into_any()
}
