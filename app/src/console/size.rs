//! The console's height and whether it is folded: kept on the root element, where the style sheet reads it.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

use crate::browser;

const DEFAULT: f64 = 300.0;
const LEAST: f64 = 140.0;
/// What stays free for the page above.
const ABOVE: f64 = 160.0;
const STEP: f64 = 24.0;

/// Below this width the console is one bar that opens as a sheet.
const PHONE: &str = "(max-width: 900px)";

/// The line above the console that is dragged, or moved with the arrow keys.
#[component]
pub(super) fn ResizeHandle() -> impl IntoView {
    let height = RwSignal::new(DEFAULT);
    let dragging = RwSignal::new(false);
    Effect::new(move || {
        let kept = browser::root()
            .and_then(|root| root.style().get_property_value("--console-height").ok());
        if let Some(kept) = kept.and_then(|text| text.trim_end_matches("px").parse().ok()) {
            height.set(kept);
        }
    });
    let resize = move |wanted: f64| {
        let now = clamp(wanted, browser::height());
        height.set(now);
        if let Some(root) = browser::root() {
            let _ = root
                .style()
                .set_property("--console-height", &format!("{now}px"));
        }
    };
    let keep =
        move || browser::remember("console-height", Some(&height.get_untracked().to_string()));
    let key = move |event: ev::KeyboardEvent| {
        let wanted = match event.key().as_str() {
            "ArrowUp" => height.get_untracked() + STEP,
            "ArrowDown" => height.get_untracked() - STEP,
            "Home" => LEAST,
            "End" => f64::MAX,
            _ => return,
        };
        event.prevent_default();
        resize(wanted);
        keep();
    };
    let press = move |event: ev::PointerEvent| {
        let handle = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if let Some(handle) = handle {
            let _ = handle.set_pointer_capture(event.pointer_id());
            dragging.set(true);
        }
    };
    view! {
        <div
            class="console-handle"
            role="separator"
            tabindex="0"
            aria-orientation="horizontal"
            aria-label="Height of the error console"
            aria-controls="console"
            aria-valuemin=LEAST
            aria-valuemax="2000"
            aria-valuenow=height
            on:keydown=key
            on:pointerdown=press
            on:pointermove=move |event: ev::PointerEvent| {
                if dragging.get_untracked() {
                    resize(browser::height() - f64::from(event.client_y()));
                }
            }
            on:pointerup=move |_| {
                dragging.set(false);
                keep();
            }
            on:pointercancel=move |_| dragging.set(false)
        ></div>
    }
}

fn clamp(wanted: f64, window: f64) -> f64 {
    wanted.min(window - ABOVE).max(LEAST).round()
}

/// Whether the console shows its table, as far as the style sheet is concerned.
pub(super) fn is_open() -> bool {
    let Some(root) = browser::root() else {
        return true;
    };
    if browser::matches(PHONE) {
        root.has_attribute("data-sheet")
    } else {
        !root.has_attribute("data-console")
    }
}

/// Folds or opens. A sheet on a phone is never remembered: the next page starts with the bar.
pub(super) fn toggle() {
    let open = is_open();
    if browser::matches(PHONE) {
        browser::mark("data-sheet", (!open).then_some("open"));
    } else {
        let closed = open.then_some("closed");
        browser::mark("data-console", closed);
        browser::remember("console", closed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heights_stay_between_the_bar_and_the_header() {
        let table = [
            (300.0, 1_000.0, 300.0),
            (10.0, 1_000.0, LEAST),
            (f64::MAX, 1_000.0, 840.0),
            (300.0, 200.0, LEAST),
            (299.6, 1_000.0, 300.0),
        ];
        for (wanted, window, expected) in table {
            assert_eq!(clamp(wanted, window), expected);
        }
    }
}
