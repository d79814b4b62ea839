//! A short tour of the overview for whoever sees the demo for the first time. It is offered, and never opens by itself.

use leptos::{ev, html, prelude::*};
use leptos_router::hooks::use_navigate;
use web_sys::HtmlElement;

use crate::{
    browser, mode,
    parts::icon::{CLOSE, icon},
    query::{carry, use_query},
};

struct Step {
    /// What it stands beside; in the middle of the window where that is not on the page.
    target: &'static str,
    title: &'static str,
    text: &'static str,
}

const STEPS: [Step; 5] = [
    Step {
        target: ".top a.btn.primary",
        title: "Companies come in here",
        text: "Import a CSV file of your own, or load the sample companies while nothing has been imported. Each row becomes an event.",
    },
    Step {
        target: ".flow-card",
        title: "The pipeline",
        text: "From left to right: a company is validated, promoted, given slots for its people, enriched and verified. The figures move while you look.",
    },
    Step {
        target: "#console",
        title: "The error console",
        text: "What failed after its last attempt is listed here on every page. Look at the details, retry it, or resolve it with a note.",
    },
    Step {
        target: ".palette-button",
        title: "Go to or do anything",
        text: "Press Ctrl K and type a company, a number or a page. Press ? for all other shortcuts.",
    },
    Step {
        target: "#rail",
        title: "All pages",
        text: "The queue shows single events, errors by cause and dead letters; the operation pages steer stages, schedules and workers. The ? above each page says what it is for.",
    },
];

/// Kept once the tour was taken or declined in this browser.
const KEY: &str = "tour";
const NEXT: &str = ".tour .tour-next";
/// Between the dialog, what it is about, and the edges of the window.
const GAP: f64 = 12.0;

#[derive(Clone, Copy)]
pub(crate) struct Tour {
    step: RwSignal<Option<usize>>,
}

impl Tour {
    pub(crate) fn provide() {
        provide_context(Self {
            step: RwSignal::new(None),
        });
    }

    fn expect() -> Self {
        expect_context()
    }

    fn end(self) {
        self.step.set(None);
        browser::mark("data-tour", Some("seen"));
        browser::remember(KEY, Some("seen"));
        // What it was opened with is not offered any more.
        request_animation_frame(browser::find_focus);
    }

    fn now(self) -> Option<&'static Step> {
        self.step.get().and_then(|step| STEPS.get(step))
    }
}

/// In the banner of the demo, until the mark on the root hides it, which a later visit has before the first paint.
#[component]
pub(crate) fn TourOffer() -> impl IntoView {
    let tour = Tour::expect();
    view! {
        <span class="tour-offer">
            <button class="btn small" on:click=move |_| tour.step.set(Some(0))>"Take the tour (1 minute)"</button>
            <button class="btn quiet small icon-only" aria-label="Do not offer the tour again" on:click=move |_| tour.end()>
                {icon(CLOSE)}
            </button>
        </span>
    }
}

/// Opens the tour from anywhere in the demo; `before` closes what the button is in.
pub(crate) fn tour_button(before: impl Fn() + 'static) -> Option<AnyView> {
    let tour = Tour::expect();
    let navigate = use_navigate();
    let present = use_query();
    let start = move |_| {
        before();
        navigate(&carry("/", &present.read_untracked()), Default::default());
        // When the overview is there.
        request_animation_frame(move || tour.step.set(Some(0)));
    };
    mode::is_demo()
        .then(|| view! { <button class="btn" on:click=start>"Take the tour"</button> }.into_any())
}

#[component]
pub(crate) fn TourDialog() -> impl IntoView {
    let tour = Tour::expect();
    let node = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let step = tour.now();
        let Some(dialog) = node.get() else { return };
        browser::point_at(None);
        match step {
            Some(step) => {
                if !dialog.open() {
                    let _ = dialog.show_modal();
                    browser::focus(NEXT);
                }
                // When its text is in it, and with that its size is known.
                request_animation_frame(move || place(&dialog, step.target));
            }
            None if dialog.open() => dialog.close(),
            None => {}
        }
    });
    Effect::new(move || {
        let moved = window_event_listener(ev::resize, move |_| {
            let step = tour.step.get_untracked().and_then(|step| STEPS.get(step));
            if let (Some(step), Some(dialog)) = (step, node.get_untracked()) {
                place(&dialog, step.target);
            }
        });
        on_cleanup(move || moved.remove());
    });
    let first = move || tour.step.get().is_none_or(|step| step == 0);
    let last = move || tour.step.get().is_some_and(|step| step + 1 == STEPS.len());
    let next = move |_| match tour.step.get_untracked() {
        Some(step) if step + 1 < STEPS.len() => tour.step.set(Some(step + 1)),
        _ => tour.end(),
    };
    let back = move |_| {
        tour.step
            .update(|step| *step = step.map(|step| step.saturating_sub(1)));
        if tour.step.get_untracked() == Some(0) {
            // This button goes.
            browser::focus(NEXT);
        }
    };
    let at = move || {
        tour.step
            .get()
            .map(|step| format!("{} of {}", step + 1, STEPS.len()))
    };
    view! {
        <dialog
            class="tour"
            node_ref=node
            aria-labelledby="tour-title"
            aria-describedby="tour-text"
            on:close=move |_| {
                if tour.step.get_untracked().is_some() {
                    tour.end();
                }
            }
        >
            <div aria-live="polite">
                <h2 id="tour-title">{move || tour.now().map(|step| step.title)}</h2>
                <p id="tour-text">{move || tour.now().map(|step| step.text)}</p>
            </div>
            <div class="row">
                <span class="muted small-text">{at}</span>
                <span class="grow"></span>
                <button class="btn quiet small" hidden=last on:click=move |_| tour.end()>"Skip"</button>
                <button class="btn small" hidden=first on:click=back>"Back"</button>
                <button class="btn primary small tour-next" on:click=next>
                    {move || if last() { "Done" } else { "Next" }}
                </button>
            </div>
        </dialog>
    }
}

/// Moves the dialog to its target, which is marked and brought into view.
fn place(dialog: &HtmlElement, target: &str) {
    let Some(root) = browser::root() else { return };
    let window = (f64::from(root.client_width()), browser::height());
    let own = dialog.get_bounding_client_rect();
    let target = browser::point_at(Some(target)).map(|rect| Area {
        left: rect.left(),
        top: rect.top(),
        right: rect.right(),
        bottom: rect.bottom(),
    });
    let (left, top) = beside(target, (own.width(), own.height()), window);
    let style = dialog.style();
    let _ = style.set_property("--tour-left", &format!("{left}px"));
    let _ = style.set_property("--tour-top", &format!("{top}px"));
}

/// Edges in pixels of the window.
#[derive(Clone, Copy)]
struct Area {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// Left and top of a box of this width and height: below the target, above it or to its right; where it fits nowhere,
/// in the middle of the window.
fn beside(target: Option<Area>, (width, height): (f64, f64), window: (f64, f64)) -> (f64, f64) {
    let middle = (
        ((window.0 - width) / 2.0).max(GAP),
        ((window.1 - height) / 2.0).max(GAP),
    );
    let Some(target) = target else { return middle };
    let left = target.left.min(window.0 - width - GAP).max(GAP);
    let (below, above, right) = (
        target.bottom + GAP,
        target.top - GAP - height,
        target.right + GAP,
    );
    if below + height + GAP <= window.1 {
        (left, below)
    } else if above >= GAP {
        (left, above)
    } else if right + width + GAP <= window.0 {
        (right, target.top.max(GAP))
    } else {
        middle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_beside_its_target_and_within_the_window() {
        let area = |left, top, right, bottom| {
            Some(Area {
                left,
                top,
                right,
                bottom,
            })
        };
        let table = [
            (area(100.0, 50.0, 200.0, 80.0), (100.0, 92.0)),
            // Under the right edge.
            (area(900.0, 50.0, 990.0, 80.0), (688.0, 92.0)),
            // The console at the bottom, the rail at the left, and what fills the window.
            (area(0.0, 500.0, 1_000.0, 800.0), (12.0, 388.0)),
            (area(0.0, 0.0, 200.0, 800.0), (212.0, 12.0)),
            (area(0.0, 0.0, 1_000.0, 800.0), (350.0, 350.0)),
            (None, (350.0, 350.0)),
        ];
        for (target, expected) in table {
            assert_eq!(beside(target, (300.0, 100.0), (1_000.0, 800.0)), expected);
        }
    }
}
