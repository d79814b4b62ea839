//! Running failed events once more: says what will run, asks, and follows it.

use domain::{
    format::count,
    model::{action::ActionProgress, error::ErrorPreview, live::Topic},
};
use leptos::{prelude::*, task::spawn_local};

use super::{Chosen, Task, preview};
use crate::{
    api::errors::{Selection, retry_errors},
    live::Live,
    parts::{bulk::Bulk, notice::problem_line, progress::Progress},
    problem::Problem,
};

#[component]
pub(super) fn Retry(chosen: Chosen, task: RwSignal<Option<Task>>) -> impl IntoView {
    let counted = preview(&chosen.selection);
    let started = RwSignal::new(None::<Result<ActionProgress, Problem>>);
    let busy = RwSignal::new(false);
    let (live, bulk) = (Live::expect(), Bulk::expect());
    let selection = StoredValue::new(chosen.selection.clone());
    let confirm = move |_| {
        let Some(Ok(preview)) = counted.get_untracked() else {
            return;
        };
        busy.set(true);
        spawn_local(async move {
            let answer = retry_errors(selection.get_value().up_to(preview.up_to)).await;
            if let Ok(action) = &answer {
                bulk.tell_end_of(action.id);
                live.stale(Topic::Errors);
            }
            let _ = busy.try_set(false);
            let _ = started.try_set(Some(answer));
        });
    };
    let none = move || !matches!(counted.get(), Some(Ok(preview)) if preview.retryable > 0);
    view! {
        {question(&chosen)}
        {move || match counted.get() {
            None => Some(view! { <p class="loading">"Counting…"</p> }.into_any()),
            Some(Err(problem)) => Some(problem_line(problem)),
            Some(Ok(preview)) => how_many(preview, &chosen.selection),
        }}
        {move || match started.get() {
            Some(Ok(action)) => {
                view! {
                    <Progress action=action />
                    <div class="row end">
                        <button class="btn" on:click=move |_| task.set(None)>"Close"</button>
                    </div>
                }
                    .into_any()
            }
            other => {
                let problem = other.and_then(Result::err).map(problem_line);
                view! {
                    {problem}
                    <div class="row end">
                        <button class="btn" on:click=move |_| task.set(None)>"Cancel"</button>
                        <button class="btn primary" disabled=move || busy.get() || none() on:click=confirm>
                            {move || match counted.get() {
                                _ if busy.get() => "Starting…".to_owned(),
                                Some(Ok(preview)) if preview.retryable > 1 => format!("Retry {}", count(preview.retryable)),
                                _ => "Retry".to_owned(),
                            }}
                        </button>
                    </div>
                }
                    .into_any()
            }
        }}
    }
}

fn question(chosen: &Chosen) -> AnyView {
    let workflow = chosen
        .workflow
        .clone()
        .unwrap_or_else(|| "the workflow of each event".to_owned());
    view! { <p>"Runs " <b>{workflow}</b> " once more for " <b>{chosen.what.clone()}</b> "."</p> }
        .into_any()
}

fn how_many(preview: ErrorPreview, selection: &Selection) -> Option<AnyView> {
    let text = match (preview.retryable, selection) {
        (1, Selection::One(_)) => return None,
        (0, Selection::One(_)) => {
            "Its event is already queued again, has no stage to run, or no longer exists."
                .to_owned()
        }
        (0, _) => "None of them has a failed event to run again.".to_owned(),
        (n, _) => format!(
            "{} of {} have a failed event and will be queued again.",
            count(n),
            count(preview.open)
        ),
    };
    Some(view! { <p class="figure-line">{text}</p> }.into_any())
}
