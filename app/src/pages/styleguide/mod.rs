//! Every component in every state, made from invented values that never change: to look at, and to compare pictures of.

mod buttons;
mod dialogs;
mod fields;
mod figures;
mod marks;
mod notices;
mod progress;
mod sheet;
mod tables;
mod tokens;

use chrono::{DateTime, Datelike, Utc};
use leptos::prelude::*;

use super::not_found::NotFoundPage;
use crate::{
    mode,
    parts::{header::PageHeader, time},
};

/// Part of the address, heading, and what is shown.
type Family = (&'static str, &'static str, fn() -> AnyView);

const FAMILIES: [Family; 9] = [
    ("tokens", "Tokens", tokens::tokens),
    ("buttons", "Buttons", buttons::buttons),
    ("fields", "Fields and filters", fields::fields),
    ("marks", "Badges, times and icons", marks::marks),
    ("notices", "Notices", notices::notices),
    ("progress", "Loading and progress", progress::progress),
    ("tables", "Tables and facts", tables::tables),
    ("figures", "Figures and charts", figures::figures),
    ("dialogs", "Dialogs and menus", dialogs::dialogs),
];

/// The time that all of the page takes for now: 12 March 2026, 14:30 UTC, in seconds since 1970; of the present year, since
/// times of others are written otherwise.
const NOW: i64 = 1_773_325_800;

#[component]
pub(crate) fn StyleGuidePage() -> impl IntoView {
    if !mode::has_style_guide() {
        return view! { <NotFoundPage /> }.into_any();
    }
    let link = |(id, title, _): Family| view! { <a class="chip" href=format!("#{id}") rel="external">{title}</a> };
    view! {
        <PageHeader title="Style guide" subtitle="Every component in every state, with invented values" />
        <main id="main">
            <nav class="chips" aria-label="Families">{FAMILIES.map(link).collect_view()}</nav>
            {FAMILIES.map(family).collect_view()}
        </main>
    }
    .into_any()
}

fn family((id, title, body): Family) -> AnyView {
    let heading = format!("{id}-title");
    view! {
        <section class="family" id=id aria-labelledby=heading>
            <h2 id=heading.clone()>{title}</h2>
            {body()}
        </section>
    }
    .into_any()
}

/// One component, its states side by side.
fn states(title: &'static str, body: impl IntoView + 'static) -> AnyView {
    let body = body.into_any();
    view! {
        <div class="component">
            <h3>{title}</h3>
            <div class="states">{body}</div>
        </div>
    }
    .into_any()
}

/// One component that is as wide as the page, its states below each other.
fn wide(title: &'static str, body: impl IntoView + 'static) -> AnyView {
    let body = body.into_any();
    view! {
        <div class="component">
            <h3>{title}</h3>
            <div class="states wide">{body}</div>
        </div>
    }
    .into_any()
}

fn now() -> DateTime<Utc> {
    minutes_ago(0)
}

fn minutes_ago(minutes: i64) -> DateTime<Utc> {
    let at = DateTime::from_timestamp(NOW - 60 * minutes, 0);
    at.and_then(|at| at.with_year(time::this_year()))
        .unwrap_or_default()
}
