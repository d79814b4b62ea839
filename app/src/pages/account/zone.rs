//! The zone in which a person is shown times: a plain form.

use domain::model::zone::{ShownZone, Zones};
use leptos::prelude::*;

use crate::{
    api::session::time_zones,
    parts::{loaded::Loaded, time},
    session,
};

#[component]
pub(super) fn ZoneForm() -> impl IntoView {
    let names = Resource::new(|| (), |()| time_zones());
    view! {
        <form class="card account-form" method="post" action="/account/time-zone">
            <h2>"Times"</h2>
            <p class="muted">
                "The zone in which you are shown times. It goes with you to every browser; the whole date in UTC stands in "
                "the title of each. Days in filters, charts and files stay in UTC."
            </p>
            <Loaded resource=names view=choices />
            <button class="btn primary" type="submit">"Show times so"</button>
        </form>
    }
}

fn choices(zones: Zones) -> AnyView {
    let chosen = session::zone();
    let option = move |zone: ShownZone, text: String| {
        let selected = zone == chosen;
        view! { <option value=zone.name().to_owned() selected=selected>{text}</option> }
    };
    let utc = option(ShownZone::Utc, "UTC".into());
    let browser = option(ShownZone::Browser, "This browser's zone".into());
    let named = zones
        .names
        .into_iter()
        .map(|name| option(ShownZone::Named(name.clone()), name.replace('_', " ")))
        .collect_view();
    view! {
        <label class="field">
            <span>"Time zone"</span>
            <select name="zone">
                {utc}
                {browser}
                <optgroup label="Places">{named}</optgroup>
            </select>
        </label>
        <p class="muted small-text">"As of " {time::stamp(zones.as_of)}</p>
    }
    .into_any()
}
