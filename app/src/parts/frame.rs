//! What surrounds every page: the rail, the error console, the dialogs and the shortcuts.

use std::collections::HashMap;

use domain::role::Permission;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    browser,
    console::{ConsoleTask, ErrorConsole},
    hydration::Apart,
    live::Live,
    mode,
    parts::{
        announce::{Announcements, Announcer},
        ask::{AskDialog, Asking},
        bulk::{Bulk, BulkDialog},
        filter::Changing,
        loaded::Settled,
        new_version::NewVersion,
        news::NewsWatch,
        palette::{CommandPalette, Palette, PaletteButton},
        process_now::{ProcessNow, ProcessNowDialog},
        replay::{ReplayDialog, Replaying},
        shortcuts::Shortcuts,
        toast::{ToastQueue, Toasts},
        tour::{Tour, TourDialog},
        upload::{UploadElsewhere, Uploading},
        views::Views,
    },
    query::{carry, use_query},
    routes::{HELP, STYLE_GUIDE},
    session,
};

/// Path and text.
type Entry = (&'static str, &'static str);
/// The rail's groups of entries; an empty title is none.
const GROUPS: [(&str, &[Entry]); 4] = [
    (
        "",
        &[
            ("/", "Overview"),
            ("/trends", "Trends"),
            ("/companies", "Companies"),
            ("/contacts", "Contacts"),
            ("/imports", "Imports"),
        ],
    ),
    (
        "Queue",
        &[
            ("/events", "Events"),
            ("/runs", "Runs"),
            ("/errors", "Errors"),
            ("/dead-letters", "Dead letters"),
            ("/actions", "Actions"),
            ("/lineage", "Lineage"),
        ],
    ),
    (
        "Operation",
        &[
            ("/stages", "Stages"),
            ("/schedules", "Schedules"),
            ("/workers", "Workers"),
            ("/audit", "Audit log"),
            ("/users", "Users"),
            ("/tokens", "Tokens"),
            ("/webhooks", "Webhooks"),
            ("/system", "System"),
        ],
    ),
    ("More", &[(HELP, "Help"), (STYLE_GUIDE, "Style guide")]),
];
/// Only for those who may change settings.
const FOR_ADMINS: [&str; 5] = ["/audit", "/users", "/tokens", "/webhooks", "/system"];

#[component]
pub(crate) fn Frame(children: Children) -> impl IntoView {
    Announcer::provide();
    Changing::provide();
    Toasts::provide();
    ProcessNow::provide();
    Asking::provide();
    Bulk::provide();
    Replaying::provide();
    Palette::provide();
    ConsoleTask::provide();
    Uploading::provide();
    if session::actor().is_none() {
        return view! { <main id="main" class="alone">{children()}</main> }.into_any();
    }
    Live::expect().start();
    Tour::provide();
    Views::provide();
    view! {
        <a class="skip" href="#main" rel="external">"Skip to content"</a>
        <div class="app">
            <Apart>
                <Rail />
            </Apart>
            <Apart>
                <div class="page">{children()}</div>
            </Apart>
        </div>
        <section class="toasts" aria-label="Messages">
            <ToastQueue />
            <NewVersion />
            <UploadElsewhere />
        </section>
        <ErrorConsole />
        <ProcessNowDialog />
        <AskDialog />
        <BulkDialog />
        <ReplayDialog />
        <CommandPalette />
        <Shortcuts />
        <NewsWatch />
        <TourDialog />
        <Announcements />
    }
    .into_any()
}

fn allowed((path, _): &Entry) -> bool {
    match *path {
        STYLE_GUIDE => mode::has_style_guide(),
        path => !FOR_ADMINS.contains(&path) || session::may(Permission::Edit),
    }
}

/// The pages that the present person may go to.
pub(crate) fn entries() -> impl Iterator<Item = Entry> {
    let all = GROUPS
        .into_iter()
        .flat_map(|(_, entries)| entries.iter().copied());
    all.filter(allowed)
}

#[component]
fn Rail() -> impl IntoView {
    let location = use_location();
    Effect::new(move |before: Option<()>| {
        location.pathname.track();
        // On a phone the rail is a menu over the page, which a choice closes.
        browser::close_popover("rail");
        if before.is_some() {
            // After the new page is in the document.
            request_animation_frame(browser::find_focus);
        }
    });
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
            <PaletteButton />
            <Settled>
                <Entries />
            </Settled>
            <p class="rail-hint">"Press " <kbd>"?"</kbd> " for shortcuts"</p>
        </nav>
    }
}

/// The pages, each by way of the view that the person made its default.
#[component]
fn Entries() -> impl IntoView {
    let location = use_location();
    let present = use_query();
    let views = Views::expect();
    let defaults = Memo::new(move |_| {
        let all = views.all().into_iter();
        all.filter(|view| view.is_default)
            .map(|view| (view.path.clone(), view.target()))
            .collect::<HashMap<_, _>>()
    });
    let entry = move |(path, text): Entry| {
        let here = move || {
            let now = location.pathname.get();
            let inside = now
                .strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
            (now == path || (path != "/" && inside)).then_some("page")
        };
        let href = move || {
            let defaults = defaults.read();
            carry(
                defaults.get(path).map_or(path, String::as_str),
                &present.read(),
            )
        };
        view! {
            <li>
                <a href=href aria-current=here>{text}</a>
            </li>
        }
    };
    let group = move |(title, entries): (&'static str, &'static [Entry])| {
        let shown: Vec<Entry> = entries.iter().copied().filter(allowed).collect();
        (!shown.is_empty()).then(|| {
            view! {
                {(!title.is_empty()).then(|| view! { <p class="rail-group">{title}</p> })}
                <ul>{shown.into_iter().map(entry).collect_view()}</ul>
            }
        })
    };
    GROUPS.map(group).collect_view()
}
