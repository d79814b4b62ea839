//! The keyboard: `/` searches, `g` and a letter goes to a page, `?` lists them.

use std::cell::Cell;

use leptos::{ev, prelude::*};
use leptos_router::hooks::use_navigate;
use wasm_bindgen::JsCast;

use crate::{
    browser,
    parts::{dialog::Dialog, palette::Palette, tour::tour_button, views::Views},
    query::{carry, use_query},
};

/// Keys and what they do, for the list.
const LIST: [(&str, &str); 21] = [
    ("Ctrl K", "Go to or do anything"),
    ("/", "Search"),
    ("j k", "Next and previous row of a list"),
    ("x", "Error console"),
    ("s", "Choose this row, or leave it out"),
    ("e", "Resolve the errors of this row"),
    ("r", "Retry this row, or what is chosen"),
    ("u", "Undo, while a message offers it: Enter does it"),
    ("g o", "Overview"),
    ("g c", "Companies"),
    ("g p", "Contacts"),
    ("g i", "Imports"),
    ("g e", "Events"),
    ("g n", "Runs"),
    ("g r", "Errors by cause"),
    ("g d", "Dead letters"),
    ("g a", "Actions"),
    ("g s", "Stages"),
    ("g w", "Workers"),
    ("g t", "Trends"),
    ("?", "This list"),
];

/// What `j` and `k` go through: the link or button that a row of the page's list begins with.
const ROWS: &str = "main tbody tr th :is(a, button)";

const CONSOLE_ROWS: &str = "#console tbody tr .row-actions button:first-child";

/// Of the newest message that offers something.
const UNDO: &str = ".toast:not(:has(~ .toast [data-key=u])) [data-key=u]";

/// Keys within this many milliseconds of `g` belong to it.
const CHORD_MS: f64 = 1_500.0;

#[derive(Clone, Debug)]
struct ShortcutList;

#[component]
pub(crate) fn Shortcuts() -> impl IntoView {
    let open = RwSignal::new(None::<ShortcutList>);
    let navigate = use_navigate();
    let present = use_query();
    let views = Views::expect();
    let palette = Palette::expect();
    Effect::new(move || {
        let navigate = navigate.clone();
        let g_at = Cell::new(f64::MIN);
        let handle = window_event_listener(ev::keydown, move |event| {
            if typing(&event) {
                return;
            }
            let key = event.key();
            let chord = browser::now() - g_at.replace(f64::MIN) < CHORD_MS;
            match (chord, key.as_str()) {
                (true, letter) if page_of(letter).is_some() => {
                    let path = views.lead(page_of(letter).unwrap_or("/"));
                    navigate(&carry(&path, &present.read_untracked()), Default::default());
                }
                (_, "g") => g_at.set(browser::now()),
                (_, "/") => {
                    event.prevent_default();
                    if !browser::focus("[data-search=main]") {
                        palette.show();
                    }
                }
                (_, "?") => open.set(Some(ShortcutList)),
                (_, step @ ("j" | "k")) => {
                    let in_console = browser::is_within("#console");
                    let rows = if in_console { CONSOLE_ROWS } else { ROWS };
                    browser::step_through(rows, step == "j");
                }
                (_, "x") => {
                    browser::focus(CONSOLE_ROWS);
                }
                (_, "u") => {
                    browser::focus(UNDO);
                }
                (_, key @ ("e" | "r" | "s")) if browser::press_for_row(key) => {
                    event.prevent_default()
                }
                _ => {}
            }
        });
        on_cleanup(move || handle.remove());
    });
    view! {
        <Dialog open=open title=|_| "Keyboard shortcuts".to_owned() children=move |_| {
            view! {
                <dl class="shortcuts">
                    {LIST
                        .map(|(keys, text)| {
                            let keys = keys.split(' ').map(|key| view! { <kbd>{key.to_owned()}</kbd> }).collect_view();
                            view! {
                                <div>
                                    <dt>{keys}</dt>
                                    <dd>{text}</dd>
                                </div>
                            }
                        })
                        .collect_view()}
                </dl>
                <div class="row end">{tour_button(move || open.set(None))}</div>
            }
                .into_any()
        } />
    }
}

fn page_of(letter: &str) -> Option<&'static str> {
    match letter {
        "o" => Some("/"),
        "c" => Some("/companies"),
        "p" => Some("/contacts"),
        "i" => Some("/imports"),
        "e" => Some("/events"),
        "n" => Some("/runs"),
        "r" => Some("/errors"),
        "d" => Some("/dead-letters"),
        "a" => Some("/actions"),
        "s" => Some("/stages"),
        "w" => Some("/workers"),
        "t" => Some("/trends"),
        _ => None,
    }
}

/// Keys belong to a field that has the focus, to a dialog, and to the browser's own shortcuts.
fn typing(event: &ev::KeyboardEvent) -> bool {
    if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() {
        return true;
    }
    let target = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|element| {
        element
            .closest("input, textarea, select, [contenteditable], dialog")
            .is_ok_and(|found| found.is_some())
    })
}
