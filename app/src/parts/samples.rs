//! "Load sample companies": the first page of a demo comes alive with one click.

use domain::role::Permission;
use leptos::{prelude::*, task::spawn_local};
use leptos_router::hooks::use_navigate;

use crate::{
    api::imports::load_samples, parts::notice::problem_line, problem::Problem, query::import_path,
    session,
};

#[component]
pub(crate) fn LoadSamples() -> impl IntoView {
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<Problem>);
    let navigate = use_navigate();
    let load = move |_| {
        let navigate = navigate.clone();
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            match load_samples().await {
                Ok(batch) => navigate(&import_path(&batch.batch_id), Default::default()),
                Err(problem) => {
                    let _ = failed.try_set(Some(problem));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    session::may(Permission::Import).then(|| {
        view! {
            <button class="btn" disabled=busy on:click=load>
                {move || if busy.get() { "Loading…" } else { "Load sample companies" }}
            </button>
            {move || failed.get().map(problem_line)}
        }
    })
}
