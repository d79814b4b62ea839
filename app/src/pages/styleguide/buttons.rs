//! Buttons, links that look like them, and those that are parts of their own.

use leptos::prelude::*;

use super::states;
use crate::parts::{
    export::{ExportLink, export_icon},
    icon::{CLOSE, PAUSE, PLAY, PRINTER, icon},
    import_link::ImportLink,
    palette::PaletteButton,
};

pub(super) fn buttons() -> AnyView {
    view! {
        {states("Kinds", kinds())}
        {states("Disabled, and busy", disabled())}
        {states("With an icon", with_icons())}
        {states("Pressed or not", view! { <Toggle /> })}
        {states("Exports and imports, for those who may", ready_made())}
    }
    .into_any()
}

fn kinds() -> AnyView {
    view! {
        <button class="btn primary" type="button">"Primary"</button>
        <button class="btn" type="button">"Plain"</button>
        <button class="btn quiet" type="button">"Quiet"</button>
        <button class="btn small" type="button">"Small"</button>
        <button class="btn quiet small" type="button">"Quiet and small"</button>
        <a class="btn" href="#buttons" rel="external">"A link"</a>
    }
    .into_any()
}

fn disabled() -> AnyView {
    view! {
        <button class="btn primary" type="button" disabled>"Primary"</button>
        <button class="btn" type="button" disabled>"Plain"</button>
        <button class="btn quiet" type="button" disabled>"Quiet"</button>
        <button class="btn small" type="button" disabled>"Small"</button>
        <button class="btn primary" type="button" disabled>"Starting…"</button>
    }
    .into_any()
}

fn with_icons() -> AnyView {
    view! {
        <button class="btn primary" type="button">{icon(PRINTER)} "Print"</button>
        <button class="btn" type="button">{icon(PRINTER)} "Print"</button>
        <button class="btn icon-only" type="button" aria-label="Print">{icon(PRINTER)}</button>
        <button class="btn quiet icon-only" type="button" aria-label="Close the example">{icon(CLOSE)}</button>
        <button class="btn icon-only" type="button" aria-label="Print, when it can be" disabled>{icon(PRINTER)}</button>
    }
    .into_any()
}

#[component]
fn Toggle() -> impl IntoView {
    let pressed = RwSignal::new(true);
    view! {
        <button
            class="btn small"
            type="button"
            aria-pressed=move || pressed.get().to_string()
            on:click=move |_| pressed.update(|pressed| *pressed = !*pressed)
        >
            {move || if pressed.get() { icon(PLAY) } else { icon(PAUSE) }}
            {move || if pressed.get() { "Go on" } else { "Pause" }}
        </button>
    }
}

fn ready_made() -> AnyView {
    view! {
        <ImportLink />
        <ExportLink table="throughput" />
        {export_icon("throughput", "the throughput")}
        <div class="as-wide-as-a-rail"><PaletteButton /></div>
    }
    .into_any()
}
