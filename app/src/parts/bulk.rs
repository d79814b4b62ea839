//! Bulk actions on events: what would be touched, then the action with its progress, its end and its undo.

mod endings;

use std::time::Duration;

use domain::{
    format::count,
    model::{
        bulk::{
            ActionState, BulkAction, BulkPreview, BulkRequest, EventAct, EventSelection,
            PayloadEdit, SampleEvent,
        },
        live::Topic,
    },
};
use endings::Endings;
use leptos::{ev, html, prelude::*, task::spawn_local};

use crate::{
    api::bulk::{self, cancel_action, preview_action, start_action, undo_action},
    browser,
    chunk::lazy_view,
    live::Live,
    parts::{announce::Announcer, badge, dialog::Dialog, notice::problem_line},
    problem::{Problem, ProblemKind},
    query::{carry, use_query},
    session,
};

/// While an action runs, its state is asked for so often.
const POLL: Duration = Duration::from_millis(700);

/// What is to be done, and with which events.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BulkTarget {
    pub(crate) act: EventAct,
    pub(crate) selection: EventSelection,
    /// The selection in words: "event 12", "the 3 chosen events".
    pub(crate) what: String,
}

#[derive(Clone, Copy)]
pub(crate) struct Bulk {
    open: RwSignal<Option<BulkTarget>>,
    started: RwSignal<u64>,
    endings: Endings,
}

impl Bulk {
    /// Needs [`crate::parts::toast::Toasts`].
    pub(crate) fn provide() {
        provide_context(Self {
            open: RwSignal::new(None),
            started: RwSignal::new(0),
            endings: Endings::new(),
        });
    }

    pub(crate) fn expect() -> Self {
        expect_context()
    }

    pub(crate) fn ask(self, target: BulkTarget) {
        self.open.set(Some(target));
    }

    /// Says the end of an action that was started in another dialog, as soon as none is open.
    pub(crate) fn tell_end_of(self, id: i64) {
        self.endings.wait_for(id);
        self.started.update(|n| *n += 1);
    }

    /// Rises with every action that is started from here.
    pub(crate) fn started(self) -> u64 {
        self.started.get()
    }
}

/// A button for those who may; it asks first.
pub(crate) fn act_button(target: BulkTarget) -> Option<AnyView> {
    let bulk = Bulk::expect();
    let text = format!("{}…", target.act.kind().title());
    let label = format!("{}: {}", target.act.kind().title(), target.what);
    session::may(target.act.permission()).then(|| {
        view! {
            <button class="btn small" aria-label=label on:click=move |_| bulk.ask(target.clone())>{text}</button>
        }
        .into_any()
    })
}

#[component]
pub(crate) fn BulkDialog() -> impl IntoView {
    let bulk = Bulk::expect();
    bulk.endings.follow(move || bulk.open.with(Option::is_some));
    view! {
        <Dialog
            open=bulk.open
            title=|target: &BulkTarget| target.act.kind().title().to_owned()
            children=move |target| lazy_view!(bulk, (target: BulkTarget, bulk: Bulk) body(target, bulk))
        />
    }
}

fn body(target: BulkTarget, bulk: Bulk) -> AnyView {
    let open = bulk.open;
    let preview = RwSignal::new(None::<Result<BulkPreview, Problem>>);
    let started = RwSignal::new(None::<Result<BulkAction, Problem>>);
    let busy = RwSignal::new(false);
    let (live, announcer) = (Live::expect(), Announcer::expect());
    let reason = NodeRef::<html::Input>::new();
    let payload = NodeRef::<html::Textarea>::new();
    let request = BulkRequest {
        act: target.act.clone(),
        selection: target.selection.clone(),
        reason: None,
        up_to: None,
    };
    spawn_local({
        let request = request.clone();
        async move {
            let answer = preview_action(request).await;
            let _ = preview.try_set(Some(answer));
        }
    });
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let mut request = request.clone();
        let why = reason.get().map(|field| field.value()).unwrap_or_default();
        request.reason = Some(why).filter(|why| !why.trim().is_empty());
        request.up_to =
            preview.with_untracked(|preview| Some(preview.as_ref()?.as_ref().ok()?.up_to));
        if let Some(field) = payload.get() {
            match serde_json::from_str(&field.value()) {
                Ok(map) => request.act = EventAct::Requeue(PayloadEdit::Replace(map)),
                Err(error) => return started.set(Some(Err(no_object(&error)))),
            }
        }
        busy.set(true);
        spawn_local(async move {
            let answer = start_action(request).await;
            if let Ok(action) = &answer {
                announcer.say(format!("{}: started", action.title));
                bulk.started.update(|n| *n += 1);
                if action.state == ActionState::Running {
                    bulk.endings.wait_for(action.id);
                }
                live.stale(Topic::Pipeline);
                // The form goes away, and with it what had the focus.
                request_animation_frame(|| {
                    browser::focus("dialog[open] .after-start");
                });
            }
            let _ = busy.try_set(false);
            // Closed before the answer came: it is told elsewhere.
            if let Some(Some(Ok(action))) = started.try_set(Some(answer))
                && action.state != ActionState::Running
            {
                bulk.endings.tell(action);
            }
        });
    };
    let act = target.act.clone();
    let none = move || !matches!(preview.get(), Some(Ok(preview)) if preview.count > 0);
    let confirm = move || match preview.get() {
        _ if busy.get() => "Starting…".to_owned(),
        Some(Ok(preview)) if preview.count > 1 => {
            format!("{}: {} events", preview.kind.title(), count(preview.count))
        }
        _ => act.kind().title().to_owned(),
    };
    let act = StoredValue::new(target.act.clone());
    let needs_reason = target.act.needs_reason();
    let edit = payload_field(&target.act, payload);
    let form = view! {
        <form on:submit=submit hidden=move || matches!(started.get(), Some(Ok(_)))>
            <p>"For " <b>{target.what}</b> "."</p>
            {move || match preview.get() {
                None => view! { <p class="loading">"Counting…"</p> }.into_any(),
                Some(Err(problem)) => problem_line(problem),
                Some(Ok(preview)) => act.with_value(|act| touched(act, preview)),
            }}
            {edit}
            <label class="field">
                <span>{if needs_reason { "Reason" } else { "Reason, if there is one to remember" }}</span>
                <input type="text" name="reason" node_ref=reason required=needs_reason maxlength="500" autocomplete="off" />
            </label>
            {move || started.get().and_then(Result::err).map(problem_line)}
            <div class="row end">
                <button class="btn" type="button" on:click=move |_| open.set(None)>"Close"</button>
                <button class="btn primary" type="submit" disabled=move || busy.get() || none()>{confirm}</button>
            </div>
        </form>
    };
    view! {
        {form}
        {move || {
            started
                .get()
                .and_then(Result::ok)
                .map(|action| {
                    view! {
                        <BulkProgress action=action />
                        <div class="row end">
                            <button class="btn after-start" on:click=move |_| open.set(None)>"Close"</button>
                        </div>
                    }
                })
        }}
    }
    .into_any()
}

fn no_object(error: &serde_json::Error) -> Problem {
    Problem::new(
        ProblemKind::Invalid,
        "This is no payload",
        format!("A payload is a JSON object: {error}."),
    )
}

/// The payload to be changed, where the action makes a new event.
fn payload_field(act: &EventAct, node: NodeRef<html::Textarea>) -> Option<AnyView> {
    let EventAct::Requeue(PayloadEdit::Replace(payload)) = act else {
        return None;
    };
    let text = serde_json::to_string_pretty(payload).unwrap_or_default();
    Some(
        view! {
            <label class="field">
                <span>"Payload of the new event; the old one is kept"</span>
                <textarea class="mono" name="payload" rows="12" spellcheck="false" node_ref=node>{text}</textarea>
            </label>
        }
        .into_any(),
    )
}

fn touched(act: &EventAct, preview: BulkPreview) -> AnyView {
    if preview.count == 0 && preview.withheld == 0 {
        let text = format!("Nothing to do: it takes {}.", act.takes());
        return view! { <p class="figure-line">{text}</p> }.into_any();
    }
    let figure = match preview.count {
        0 => "No event would be touched.".to_owned(),
        1 => "1 event would be touched.".to_owned(),
        n => format!("{} events would be touched.", count(n)),
    };
    let undo = match (preview.count, preview.undoable) {
        (0, _) => "",
        (_, true) => " It can be undone as long as the events have not moved on.",
        (_, false) => " It cannot be undone.",
    };
    let withheld = (preview.withheld > 0).then(|| {
        let text = format!(
            "Left out: {}, of which nobody knows whether their call to the provider happened. Decide on each among the dead letters.",
            count(preview.withheld)
        );
        view! { <p class="problem">{text}</p> }
    });
    let more = preview.count - preview.sample.len() as i64;
    view! {
        <p class="figure-line">{figure} {undo}</p>
        {withheld}
        <ul class="samples-of">
            {preview.sample.into_iter().map(sample).collect_view()}
            {(more > 0).then(|| view! { <li class="muted">"and " {count(more)} " more"</li> })}
        </ul>
    }
    .into_any()
}

fn sample(event: SampleEvent) -> AnyView {
    let who = event.company_name.or(event.record_id);
    view! {
        <li>
            <span class="mono">{event.id} " " {event.event_type}</span>
            " "
            {who}
            " "
            {badge::outcome(&event.status)}
        </li>
    }
    .into_any()
}

/// How far an action is, with a way to stop it and one to take it back.
#[component]
pub(crate) fn BulkProgress(action: BulkAction) -> impl IntoView {
    let state = RwSignal::new(action);
    let problem = RwSignal::new(None::<Problem>);
    let busy = StoredValue::new(false);
    let (live, announcer) = (Live::expect(), Announcer::expect());
    let endings = Bulk::expect().endings;
    let present = use_query();
    let show = move |answer: Result<BulkAction, Problem>| match answer {
        Ok(next) => {
            let (id, ended) = (next.id, next.state != ActionState::Running);
            let said = summary(&next);
            // Unless it is not on the page any more: then nobody sees the end here.
            if state.try_set(next).is_none() && ended {
                endings.seen(id);
                announcer.say(said);
                live.stale(Topic::Pipeline);
                live.stale(Topic::Errors);
            }
        }
        Err(error) => drop(problem.try_set(Some(error))),
    };
    let read = move || {
        if busy.get_value() || state.with_untracked(|state| state.state != ActionState::Running) {
            return;
        }
        busy.set_value(true);
        let id = state.with_untracked(|state| state.id);
        spawn_local(async move {
            // A question that fails is asked again.
            if let Ok(next) = bulk::action(id).await {
                show(Ok(next));
            }
            let _ = busy.try_set_value(false);
        });
    };
    // In the browser only: the server renders this, too.
    Effect::new(move || {
        if let Ok(timer) = set_interval_with_handle(read, POLL) {
            on_cleanup(move || timer.clear());
        }
    });
    let stop = move |_| {
        let id = state.with_untracked(|state| state.id);
        spawn_local(async move { show(cancel_action(id).await) });
    };
    let undo = move |_| {
        let id = state.with_untracked(|state| state.id);
        spawn_local(async move { show(undo_action(id).await) });
    };
    let may = session::may(domain::role::Permission::Retry);
    let running = move || state.with(|state| state.state == ActionState::Running);
    let undoable = move || state.with(BulkAction::undoable);
    let href = move || {
        carry(
            &state.with(|state| format!("/actions/{}", state.id)),
            &present.read(),
        )
    };
    view! {
        <div class="progress" data-action=move || state.with(|state| state.state.name())>
            <progress
                class="bar"
                aria-label=move || state.with(|state| state.title.clone())
                max=move || state.with(|state| state.total.max(1))
                value=move || state.with(|state| if state.total == 0 { 1 } else { state.done + state.skipped })
            ></progress>
            <p><b>{move || state.with(|state| state.title.clone())}</b> ". " {move || state.with(summary)}</p>
            {move || state.with(|state| state.error.clone()).map(|error| view! { <p class="problem">{error}</p> })}
            {move || problem.get().map(problem_line)}
            <div class="row">
                {move || {
                    (may && running()).then(|| view! { <button class="btn small" type="button" on:click=stop>"Stop"</button> })
                }}
                {move || {
                    (may && undoable()).then(|| view! { <button class="btn small" type="button" on:click=undo>"Undo"</button> })
                }}
                <a class="btn small" href=href>"Show the action"</a>
            </div>
        </div>
    }
}

pub(crate) fn summary(action: &BulkAction) -> String {
    let skipped = match action.skipped {
        0 => String::new(),
        n => format!(", {} had moved on", count(n)),
    };
    let state = match action.state {
        ActionState::Running if action.cancel_requested_by.is_some() => "Stopping",
        ActionState::Running => "Running",
        ActionState::Done => "Done",
        ActionState::Cancelled => "Stopped",
        ActionState::Failed => "Failed",
    };
    format!(
        "{state}: {} of {}{skipped}",
        count(action.done),
        count(action.total)
    )
}
