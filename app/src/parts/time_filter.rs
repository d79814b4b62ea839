//! The choice of the part of time that a list shows: up to now, or from one day to another, in the URL.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    browser,
    parts::{
        filter::DayFields,
        icon::{CHEVRON, icon},
    },
    query::{WindowKeys, link, use_query, window},
};

const PRESETS: [(&str, &str); 6] = [
    ("1h", "Last hour"),
    ("24h", "Last 24 hours"),
    ("7d", "Last 7 days"),
    ("30d", "Last 30 days"),
    ("90d", "Last 90 days"),
    ("", "Any time"),
];

/// A button that says what is chosen, and behind it the presets and days.
#[component]
pub(crate) fn TimeFilter(
    /// What happened in the time, such as "Imported".
    label: &'static str,
    keys: &'static WindowKeys,
) -> impl IntoView {
    let path = use_location().pathname;
    let present = use_query();
    let chosen = Memo::new(move |_| window(&present.read(), keys));
    let menu = format!("time-{}", keys.newer);
    let preset = |(span, text): (&'static str, &'static str)| {
        let href = move || {
            let span = Some(span).filter(|span| !span.is_empty());
            link(&path.read(), &present.read(), &keys.up_to_now(span))
        };
        let current = move || {
            let value = present.read().get(keys.newer).unwrap_or_default();
            let named = chosen.read().from.is_some() || chosen.read().until.is_some();
            (value == span && !named).then_some("true")
        };
        let close = menu.clone();
        view! {
            <li>
                <a href=href data-noscroll="" aria-current=current on:click=move |_| browser::close_popover(&close)>{text}</a>
            </li>
        }
    };
    let words = move || chosen.read().to_string();
    view! {
        <div class="select time-filter">
            <span>{label}</span>
            <button class="btn" popovertarget=menu.clone() aria-label=move || format!("{label}: {}", words())>
                {words}
                {icon(CHEVRON)}
            </button>
            <section class="menu" id=menu.clone() popover="auto" aria-label=format!("{label}: the time")>
                <ul>{PRESETS.map(preset).collect_view()}</ul>
                <DayFields keys=keys />
                <p class="muted small-text">"Days in UTC, the last one included."</p>
            </section>
        </div>
    }
}
