//! "Process now": says what would be touched, asks, and follows what was started.

use domain::{
    format::count,
    model::action::{ActionPreview, ActionProgress, Scope},
    role::Permission,
    stage::StageName,
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    api::actions::{preview_process_now, process_now},
    chunk::lazy_view,
    parts::{bulk::Bulk, dialog::Dialog, notice::problem_line, progress::Progress},
    problem::Problem,
    session,
};

/// The one dialog of the page; any button may open it.
#[derive(Clone, Copy)]
pub(crate) struct ProcessNow(RwSignal<Option<ProcessTarget>>);

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ProcessTarget {
    pub(crate) stage: StageName,
    pub(crate) scope: Scope,
    /// For people: "everything that waits", "batch …", "Acme Inc".
    pub(crate) what: String,
}

impl ProcessNow {
    pub(crate) fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }
}

/// A button for those who may; the ellipsis says that it asks first.
#[component]
pub(crate) fn ProcessNowButton(
    stage: StageName,
    scope: Scope,
    #[prop(into)] what: String,
    #[prop(into)] text: String,
) -> impl IntoView {
    let ProcessNow(open) = expect_context();
    let target = ProcessTarget { stage, scope, what };
    let label = format!("{text} ({}, {})", stage.title(), target.what);
    session::may(Permission::Retry).then(|| {
        view! {
            <button class="btn small" aria-label=label on:click=move |_| open.set(Some(target.clone()))>
                {text}
            </button>
        }
    })
}

#[component]
pub(crate) fn ProcessNowDialog() -> impl IntoView {
    let ProcessNow(open) = expect_context();
    view! {
        <Dialog
            open=open
            title=|target: &ProcessTarget| format!("Process now: {}", target.stage.title())
            children=move |target| lazy_view!(process, (target: ProcessTarget, open: RwSignal<Option<ProcessTarget>>) view! { <Body target=target open=open /> })
        />
    }
}

#[component]
fn Body(target: ProcessTarget, open: RwSignal<Option<ProcessTarget>>) -> impl IntoView {
    let preview = RwSignal::new(None::<Result<ActionPreview, Problem>>);
    let started = RwSignal::new(None::<Result<ActionProgress, Problem>>);
    let busy = RwSignal::new(false);
    let bulk = Bulk::expect();
    let (stage, scope) = (target.stage, target.scope.clone());
    spawn_local({
        let scope = scope.clone();
        async move {
            let answer = preview_process_now(stage, scope).await;
            let _ = preview.try_set(Some(answer));
        }
    });
    let confirm = move |_| {
        let scope = scope.clone();
        let up_to = preview.with_untracked(|preview| preview.as_ref()?.as_ref().ok()?.up_to);
        busy.set(true);
        spawn_local(async move {
            let answer = process_now(stage, scope, up_to).await;
            if let Ok(action) = &answer {
                bulk.tell_end_of(action.id);
            }
            let _ = busy.try_set(false);
            let _ = started.try_set(Some(answer));
        });
    };
    let record = matches!(target.scope, Scope::Record(_));
    let confirm = StoredValue::new_local(confirm);
    view! {
        <p>
            "Runs " <b>{stage.workflow()}</b> " for " <b>{target.what}</b> " ahead of everything else in the queue."
        </p>
        {move || match preview.get() {
            None => view! { <p class="loading">"Counting…"</p> }.into_any(),
            Some(Err(problem)) => problem_line(problem),
            Some(Ok(preview)) => touched(&preview, record),
        }}
        {move || match started.get() {
            Some(Ok(action)) => {
                view! {
                    <Progress action=action />
                    <div class="row end">
                        <button class="btn" on:click=move |_| open.set(None)>"Close"</button>
                    </div>
                }
                    .into_any()
            }
            other => {
                let problem = other.and_then(Result::err).map(problem_line);
                view! {
                    {problem}
                    <div class="row end">
                        <button class="btn" on:click=move |_| open.set(None)>"Cancel"</button>
                        <button
                            class="btn primary"
                            disabled=move || busy.get() || !preview.with(|preview| ready(preview.as_ref(), record))
                            on:click=move |event| confirm.with_value(|confirm| confirm(event))
                        >
                            {move || if busy.get() { "Starting…" } else { "Process now" }}
                        </button>
                    </div>
                }
                    .into_any()
            }
        }}
    }
}

/// A single record can always be run; a batch or a stage needs something that waits or has failed.
fn ready(preview: Option<&Result<ActionPreview, Problem>>, record: bool) -> bool {
    matches!(preview, Some(Ok(preview)) if record || preview.waiting + preview.failed > 0)
}

fn touched(preview: &ActionPreview, record: bool) -> AnyView {
    let events = |n: i64| if n == 1 { "event" } else { "events" };
    let text = match (preview.waiting, preview.failed) {
        (0, 0) if record => "Nothing waits for it; it will be run once more.".to_owned(),
        (0, 0) => "Nothing waits and nothing has failed here.".to_owned(),
        (waiting, 0) => format!("{} {} waiting.", count(waiting), events(waiting)),
        (0, failed) => format!(
            "{} failed {} to be tried again.",
            count(failed),
            events(failed)
        ),
        (waiting, failed) => format!(
            "{} {} waiting, and {} failed to be tried again.",
            count(waiting),
            events(waiting),
            count(failed)
        ),
    };
    view! { <p class="figure-line">{text}</p> }.into_any()
}
