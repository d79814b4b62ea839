//! A page that is older than the server says so and leaves it to its reader when to reload: somebody may be typing.

use leptos::prelude::*;

use crate::{browser, live::Live, parts::announce::Announcer};

#[component]
pub(crate) fn NewVersion() -> impl IntoView {
    let outdated = Live::expect().outdated;
    let announcer = Announcer::expect();
    Effect::new(move || {
        if outdated.get() {
            announcer.say("A new version is running");
        }
    });
    move || outdated.get().then(offer)
}

pub(crate) fn offer() -> AnyView {
    view! {
        <div class="toast">
            <p>"A new version is running."</p>
            <button class="btn primary" on:click=|_| browser::reload()>"Reload"</button>
        </div>
    }
    .into_any()
}
