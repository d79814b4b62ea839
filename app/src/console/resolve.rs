//! Marking errors as resolved, with a note for those who come after.

use domain::{format::count, model::live::Topic};
use leptos::{ev, html, prelude::*, task::spawn_local};

use super::{Chosen, Task, preview};
use crate::{
    api::errors::{Selection, resolve_errors},
    browser,
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
    let counted = preview(&chosen.selection);
    let selection = chosen.selection.clone();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let note = note.get().map(|note| note.value()).unwrap_or_default();
        let Some(Ok(preview)) = counted.get_untracked() else {
            return;
        };
        let selection = selection.clone().up_to(preview.up_to);
        busy.set(true);
        spawn_local(async move {
            match resolve_errors(selection, note).await {
                Ok(n) => {
                    live.stale(Topic::Errors);
                    live.stale(Topic::Pipeline);
                    announcer.say(format!("{} resolved", count(n)));
                    task.set(None);
                    // The row goes away, and with it the button that opened the dialog.
                    request_animation_frame(|| {
                        browser::focus("#console");
                    });
                }
                Err(problem) => {
                    let _ = failed.try_set(Some(problem));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    let single = matches!(chosen.selection, Selection::One(_));
    let button = move || match counted.get() {
        Some(Ok(preview)) if !single => format!("Resolve {}", count(preview.open)),
        _ => "Resolve".to_owned(),
    };
    let none = move || !matches!(counted.get(), Some(Ok(preview)) if preview.open > 0);
    view! {
        <form on:submit=submit>
            <p>"Marks " <b>{chosen.what}</b> " as dealt with. Nothing is run again."</p>
            {move || match counted.get() {
                None => Some(view! { <p class="loading">"Counting…"</p> }.into_any()),
                Some(Err(problem)) => Some(problem_line(problem)),
                Some(Ok(preview)) if preview.open == 0 => {
                    Some(view! { <p class="figure-line">"Nothing is open here any more."</p> }.into_any())
                }
                Some(Ok(_)) => None,
            }}
            <label class="field">
                <span>"Note (what was done about it)"</span>
                <textarea name="note" rows="3" node_ref=note maxlength="2000"></textarea>
            </label>
            {move || failed.get().map(problem_line)}
            <div class="row end">
                <button class="btn" type="button" on:click=move |_| task.set(None)>"Cancel"</button>
                <button class="btn primary" type="submit" disabled=move || busy.get() || none()>{button}</button>
            </div>
        </form>
    }
}
