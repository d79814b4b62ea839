//! Marking errors as resolved, with a note for those who come after.

use domain::{format::count, model::live::Topic};
use leptos::{ev, html, prelude::*, task::spawn_local};

use super::{Chosen, Task};
use crate::{
    api::errors::resolve_errors,
    live::Live,
    parts::{announce::Announcer, notice::problem_line},
    problem::Problem,
};

#[component]
pub(super) fn Resolve(chosen: Chosen, task: RwSignal<Option<Task>>) -> impl IntoView {
    let note = NodeRef::<html::Textarea>::new();
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<Problem>);
    let (live, announcer) = (Live::expect(), Announcer::expect());
    let selection = chosen.selection.clone();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let note = note.get().map(|note| note.value()).unwrap_or_default();
        let selection = selection.clone();
        busy.set(true);
        spawn_local(async move {
            match resolve_errors(selection, note).await {
                Ok(n) => {
                    live.stale(Topic::Errors);
                    live.stale(Topic::Pipeline);
                    announcer.say(format!("{} resolved", count(n)));
                    task.set(None);
                }
                Err(problem) => {
                    let _ = failed.try_set(Some(problem));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    let button = match chosen.count.as_str() {
        "1" => "Resolve".to_owned(),
        count => format!("Resolve {count}"),
    };
    view! {
        <form on:submit=submit>
            <p>"Marks " <b>{chosen.what}</b> " as dealt with. Nothing is run again."</p>
            <label class="field">
                <span>"Note (what was done about it)"</span>
                <textarea name="note" rows="3" node_ref=note maxlength="2000"></textarea>
            </label>
            {move || failed.get().map(problem_line)}
            <div class="row end">
                <button class="btn" type="button" on:click=move |_| task.set(None)>"Cancel"</button>
                <button class="btn primary" type="submit" disabled=busy>{button}</button>
            </div>
        </form>
    }
}
