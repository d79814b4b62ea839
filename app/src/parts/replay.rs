//! Running a record again from a stage on: the dry run first, word for word, then the replay and its progress.

use domain::{
    model::{
        bulk::BulkAction,
        live::Topic,
        replay::{Fate, PlannedEvent, ReplayEffect, ReplayPlan, ReplayTarget},
    },
    role::Permission,
    stage::StageName,
};
use leptos::{ev, html, prelude::*, task::spawn_local};

use crate::{
    api::replay::{replay, replay_preview},
    chunk::lazy_view,
    live::Live,
    parts::{
        badge::{Tone, badge},
        bulk::BulkProgress,
        dialog::Dialog,
        notice::problem_line,
        table::table,
    },
    problem::Problem,
    session,
};

/// What may be replayed, and from where.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ReplayOffer {
    pub(crate) target: ReplayTarget,
    /// The record as people know it.
    pub(crate) what: String,
    /// The first one is proposed.
    pub(crate) stages: Vec<StageName>,
}

#[derive(Clone, Copy)]
pub(crate) struct Replaying(RwSignal<Option<ReplayOffer>>);

impl Replaying {
    pub(crate) fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }
}

/// A button for those who may; it asks first.
pub(crate) fn replay_button(offer: ReplayOffer) -> Option<AnyView> {
    let Replaying(open) = expect_context();
    let label = format!("Replay {}", offer.what);
    session::may(Permission::Retry).then(|| {
        view! {
            <button class="btn small" aria-label=label on:click=move |_| open.set(Some(offer.clone()))>
                "Replay…"
            </button>
        }
        .into_any()
    })
}

#[component]
pub(crate) fn ReplayDialog() -> impl IntoView {
    let Replaying(open) = expect_context();
    view! {
        <Dialog
            open=open
            title=|offer: &ReplayOffer| format!("Replay {}", offer.what)
            children=move |offer| lazy_view!(replay, (offer: ReplayOffer, open: RwSignal<Option<ReplayOffer>>) body(offer, open))
        />
    }
}

fn body(offer: ReplayOffer, open: RwSignal<Option<ReplayOffer>>) -> AnyView {
    let from = RwSignal::new(offer.stages.first().copied().unwrap_or(StageName::Validate));
    let plan = RwSignal::new(None::<Result<ReplayPlan, Problem>>);
    let started = RwSignal::new(None::<Result<BulkAction, Problem>>);
    let busy = RwSignal::new(false);
    let reason = NodeRef::<html::Input>::new();
    let live = Live::expect();
    let target = StoredValue::new(offer.target);
    let look = move || {
        let stage = from.get_untracked();
        plan.set(None);
        spawn_local(async move {
            let Some(target) = target.try_get_value() else {
                return;
            };
            let answer = replay_preview(target, stage).await;
            // The plan of a stage that was chosen before is none.
            if from.try_get_untracked() == Some(stage) {
                let _ = plan.try_set(Some(answer));
            }
        });
    };
    look();
    let choose = move |event: ev::Event| {
        if let Some(stage) = StageName::parse(&event_target_value(&event)) {
            from.set(stage);
            look();
        }
    };
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let why = reason.get().map(|field| field.value()).unwrap_or_default();
        busy.set(true);
        spawn_local(async move {
            let answer = replay(target.get_value(), from.get_untracked(), why).await;
            if answer.is_ok() {
                live.stale(Topic::Pipeline);
            }
            let _ = busy.try_set(false);
            let _ = started.try_set(Some(answer));
        });
    };
    let ready = move || matches!(plan.get(), Some(Ok(plan)) if plan.blocked_by.is_empty());
    let stages = offer
        .stages
        .into_iter()
        .map(|stage| view! { <option value=stage.name()>{stage.title()}</option> })
        .collect_view();
    view! {
        <form on:submit=submit hidden=move || matches!(started.get(), Some(Ok(_)))>
            <label class="select">
                <span>"Again from"</span>
                <select on:change=choose>{stages}</select>
            </label>
            {move || match plan.get() {
                None => view! { <p class="loading">"Working out what would happen…"</p> }.into_any(),
                Some(Err(problem)) => problem_line(problem),
                Some(Ok(plan)) => shown(plan),
            }}
            <label class="field">
                <span>"Reason"</span>
                <input type="text" name="reason" node_ref=reason maxlength="500" autocomplete="off" />
            </label>
            {move || started.get().and_then(Result::err).map(problem_line)}
            <div class="row end">
                <button class="btn" type="button" on:click=move |_| open.set(None)>"Cancel"</button>
                <button class="btn primary" type="submit" disabled=move || busy.get() || !ready()>"Replay"</button>
            </div>
        </form>
        {move || {
            started
                .get()
                .and_then(Result::ok)
                .map(|action| {
                    view! {
                        <BulkProgress action=action />
                        <div class="row end">
                            <button class="btn" on:click=move |_| open.set(None)>"Close"</button>
                        </div>
                    }
                })
        }}
    }
    .into_any()
}

fn shown(plan: ReplayPlan) -> AnyView {
    if !plan.blocked_by.is_empty() {
        let events: Vec<String> = plan.blocked_by.iter().map(ToString::to_string).collect();
        let text = format!(
            "It cannot begin while events of the record are open: {}. Two runs would cross.",
            events.join(", ")
        );
        return view! { <p class="problem">{text}</p> }.into_any();
    }
    let event = |event: PlannedEvent| {
        let repeats = event
            .repeats_id
            .map(|id| format!(", again after event {id}"));
        view! { <li><span class="mono">{event.event_type}</span> " for " {event.record_id} {repeats}</li> }
    };
    let follows: Vec<&str> = plan.follows.iter().map(|stage| stage.title()).collect();
    let follows = (!follows.is_empty())
        .then(|| format!("Then, one after the other: {}.", follows.join(", ")));
    view! {
        <p class="figure-line">{plan.title}</p>
        <h3>"Events that are made at once"</h3>
        <ul>{plan.events.into_iter().map(event).collect_view()}</ul>
        <p>{follows}</p>
        {effects(plan.effects)}
    }
    .into_any()
}

fn effects(effects: Vec<ReplayEffect>) -> Option<AnyView> {
    let line = |effect: ReplayEffect| {
        let tone = match effect.fate {
            Fate::Kept => Tone::Quiet,
            Fate::Added => Tone::Good,
            Fate::Reset | Fate::Overwritten => Tone::Warning,
        };
        view! {
            <tr>
                <td data-label="What">{badge(tone, effect.fate.name())}</td>
                <td data-label="Table" class="mono">{effect.table}</td>
                <td data-label="Rows" class="message">{effect.rows}</td>
                <td data-label="Why" class="message">{effect.note}</td>
            </tr>
        }
    };
    (!effects.is_empty()).then(|| {
        let body = effects.into_iter().map(line).collect_view().into_any();
        let headings = vec![("What", ""), ("Table", ""), ("Rows", ""), ("Why", "")];
        table("What becomes of its rows", headings, body)
    })
}
