//! A chart that was drawn on the server, with what it shows in words.

use leptos::prelude::*;

/// `label` says what is drawn and where the figures are; `empty` is shown where there is nothing to draw.
pub(crate) fn chart(svg: String, label: &'static str, empty: &'static str) -> AnyView {
    if svg.is_empty() {
        return view! { <p class="muted">{empty}</p> }.into_any();
    }
    view! { <div class="chart" role="img" aria-label=label inner_html=svg></div> }.into_any()
}
