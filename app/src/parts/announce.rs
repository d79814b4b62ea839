//! One polite live region: outcomes of actions and the state of the connection, nothing that merely ticks.

use leptos::prelude::*;

#[derive(Clone, Copy)]
pub(crate) struct Announcer(RwSignal<String>);

impl Announcer {
    pub(crate) fn provide() -> Self {
        let announcer = Self(RwSignal::new(String::new()));
        provide_context(announcer);
        announcer
    }

    pub(crate) fn expect() -> Self {
        expect_context()
    }

    pub(crate) fn say(self, text: impl Into<String>) {
        self.0.set(text.into());
    }
}

#[component]
pub(crate) fn Announcements() -> impl IntoView {
    let Announcer(text) = Announcer::expect();
    view! { <div class="sr-only" role="status" aria-live="polite">{text}</div> }
}
