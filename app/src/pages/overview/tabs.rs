//! One tab per phase, each with an address of its own.

use domain::phase::Phase;
use leptos::prelude::*;

use crate::query::{link, use_query};

#[component]
pub(super) fn Tabs(phase: Memo<Phase>) -> impl IntoView {
    let params = use_query();
    let tab = move |target: Phase| {
        let name = (target != Phase::Enrichment).then_some(target.name());
        let href = move || link("/", &params.read(), &[("tab", name)]);
        let current = move || (phase.get() == target).then_some("page");
        view! {
            <a href=href data-noscroll="" aria-current=current class=format!("phase-{}", target.name())>{target.title()}</a>
        }
    };
    view! { <nav class="tabs" aria-label="Phase">{Phase::ALL.map(tab).collect_view()}</nav> }
}
