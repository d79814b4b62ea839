//! What surrounds every page: the rail, the error console, the dialogs and the shortcuts.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    browser,
    console::ErrorConsole,
    live::Live,
    parts::{
        announce::{Announcements, Announcer},
        new_version::NewVersion,
        process_now::{ProcessNow, ProcessNowDialog},
        shortcuts::Shortcuts,
        upload::{UploadElsewhere, Uploading},
    },
    query::{carry, use_query},
    session,
};

/// The rail's entries: path and text.
const ENTRIES: [(&str, &str); 4] = [
    ("/", "Overview"),
    ("/events", "Events"),
    ("/companies", "Companies"),
    ("/imports", "Imports"),
];

#[component]
pub(crate) fn Frame(children: Children) -> impl IntoView {
    Announcer::provide();
    ProcessNow::provide();
    Uploading::provide();
    if session::actor().is_none() {
        return view! { <main id="main" class="alone">{children()}</main> }.into_any();
    }
    Live::expect().start();
    view! {
        <a class="skip" href="#main" rel="external">"Skip to content"</a>
        <div class="app">
            <Rail />
            <div class="page">{children()}</div>
        </div>
        <div class="toasts">
            <NewVersion />
            <UploadElsewhere />
        </div>
        <ErrorConsole />
        <ProcessNowDialog />
        <Shortcuts />
        <Announcements />
    }
    .into_any()
}

#[component]
fn Rail() -> impl IntoView {
    let location = use_location();
    let present = use_query();
    Effect::new(move |before: Option<()>| {
        location.pathname.track();
        // On a phone the rail is a menu over the page, which a choice closes.
        browser::close_popover("rail");
        if before.is_some() {
            // After the new page is in the document.
            request_animation_frame(browser::find_focus);
        }
    });
    let entry = move |(path, text): (&'static str, &'static str)| {
        let here = move || {
            let now = location.pathname.get();
            let inside = now
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            (now == path || (path != "/" && inside)).then_some("page")
        };
        view! {
            <li>
                <a href=move || carry(path, &present.read()) aria-current=here>{text}</a>
            </li>
        }
    };
    view! {
        <nav class="rail" id="rail" popover="auto" aria-label="Main">
            <p class="brand">
                <svg viewBox="0 0 18 18" width="18" height="18" aria-hidden="true">
                    <rect class="mark-delivery" x="0" y="9" width="9" height="9" rx="2" />
                    <rect class="mark-messaging" x="0" y="0" width="9" height="9" rx="2" />
                    <rect class="mark-enrichment" x="9" y="0" width="9" height="9" rx="2" />
                    <rect class="mark-intelligence" x="9" y="9" width="9" height="9" rx="2" />
                </svg>
                "Command Center"
            </p>
            <ul>{ENTRIES.map(entry).collect_view()}</ul>
            <p class="rail-hint">"Press " <kbd>"?"</kbd> " for shortcuts"</p>
        </nav>
    }
}
