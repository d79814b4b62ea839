//! The way to the imports, for those who may import.

use domain::role::Permission;
use leptos::prelude::*;

use crate::{
    parts::icon::{UPLOAD, icon},
    query::{carry, use_query},
    session,
};

#[component]
pub(crate) fn ImportLink() -> impl IntoView {
    let present = use_query();
    session::may(Permission::Import).then(|| {
        view! {
            <a class="btn primary" href=move || carry("/imports", &present.read())>{icon(UPLOAD)} "Import CSV"</a>
        }
    })
}
