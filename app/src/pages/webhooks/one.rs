//! One webhook: what it is, what can be done with it, and its deliveries.

use domain::{
    format::count,
    model::{
        live::Topic,
        webhook::{TestAnswer, WebhookRow, WebhookState},
    },
    role::Permission,
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::hooks::{use_navigate, use_params_map};

use super::{
    PATH, day,
    deliveries::Deliveries,
    form::{change, once},
    state, types,
};
use crate::{
    api::webhooks::{delete_webhook, rotate_webhook_secret, switch_webhook, test_webhook, webhook},
    live::Live,
    parts::{
        ask::{Question, ask_button},
        badge::{Tone, badge},
        dialog::Dialog,
        header::PageHeader,
        loaded::Loaded,
        notice::problem_line,
        table::fact,
        time,
        told::{Told, told_once},
    },
    problem::Problem,
    query::{carry, use_query},
};

/// What the acts of the page leave on it.
#[derive(Clone, Copy)]
struct Acts {
    told: Told,
    editing: RwSignal<Option<WebhookRow>>,
    tested: RwSignal<Option<Result<TestAnswer, Problem>>>,
    testing: RwSignal<bool>,
    deleted: RwSignal<bool>,
}

#[component]
pub(crate) fn WebhookPage() -> impl IntoView {
    let live = Live::expect();
    let (params, present) = (use_params_map(), use_query());
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let acts = Acts {
        told: RwSignal::new(None),
        editing: RwSignal::new(None),
        tested: RwSignal::new(None),
        testing: RwSignal::new(false),
        deleted: RwSignal::new(false),
    };
    let row = live.resource(
        &[Topic::Settings],
        move || (id.get(), live.tick()),
        async |(id, _): (String, u64)| match id.parse() {
            Ok(id) => webhook(id).await,
            Err(_) => Err(Problem::not_found("webhook", &id)),
        },
    );
    let navigate = use_navigate();
    Effect::new(move || {
        if acts.deleted.get() {
            navigate(&carry(PATH, &present.read_untracked()), Default::default());
        }
    });
    view! {
        <PageHeader title="Webhook" subtitle="What is sent to it, and what came of it" />
        <main id="main">
            <nav class="crumbs" aria-label="Path"><a href=move || carry(PATH, &present.read())>"Webhooks"</a></nav>
            {told_once(acts.told)}
            <Loaded resource=row view=move |row| whole(row, acts) />
            <div role="status">{move || acts.tested.get().map(told)}</div>
            <Deliveries id=id />
        </main>
        <Dialog
            open=acts.editing
            title=|row: &WebhookRow| format!("Change {}", row.name)
            children=move |row| change(row, acts.editing)
        />
    }
}

fn whole(row: WebhookRow, acts: Acts) -> AnyView {
    let failed = row
        .last_failure_at
        .zip(row.last_error.clone())
        .map(|(at, error)| view! { {time::stamp(at)} ": " {error} });
    view! {
        <Title text=row.name.clone() />
        <section class="card" aria-labelledby="webhook-title">
            <div class="company-head">
                <h2 id="webhook-title">{row.name.clone()}</h2>
                <span class="grow"></span>
                <span class="row">{buttons(&row, acts)}</span>
            </div>
            <dl class="facts">
                {fact("State", Some(state(&row)))}
                {fact("Sends to", Some(view! { <span class="mono">{row.url.clone()}</span> }))}
                {fact("Events", Some(types(&row)))}
                {fact("Last 24 hours", Some(day(&row)))}
                {fact("Last success", row.last_success_at.map(time::stamp))}
                {fact("Last error", failed)}
                {fact("Made", Some(view! { {time::stamp(row.created_at)} " by " {row.created_by.clone()} }))}
                {fact("Secret made", Some(time::stamp(row.secret_at)))}
            </dl>
        </section>
    }
    .into_any()
}

fn buttons(row: &WebhookRow, acts: Acts) -> AnyView {
    let id = row.id;
    let live = Live::expect();
    let test = move |_| {
        acts.testing.set(true);
        acts.tested.set(None);
        spawn_local(async move {
            let answer = test_webhook(id).await;
            live.stale(Topic::Settings);
            let _ = acts.tested.try_set(Some(answer));
            let _ = acts.testing.try_set(false);
        });
    };
    let edited = row.clone();
    view! {
        <button class="btn small" disabled=acts.testing on:click=test>
            {move || if acts.testing.get() { "Sending…" } else { "Send a test event" }}
        </button>
        <button class="btn small" on:click=move |_| acts.editing.set(Some(edited.clone()))>"Change…"</button>
        {switch(row)}
        {rotate(row, acts)}
        {delete(row, acts)}
    }
    .into_any()
}

fn switch(row: &WebhookRow) -> Option<AnyView> {
    let (id, name) = (row.id, row.name.clone());
    let (text, title, what, confirm, on) = match row.state {
        WebhookState::On => (
            "Switch off…",
            format!("Switch {name} off"),
            "Nothing is sent to it any more, and what happens meanwhile is not kept for it. What waits now waits until it is switched on again.",
            "Switch off",
            false,
        ),
        WebhookState::Paused => (
            "Resume…",
            format!("Resume {name}"),
            "What waits is sent. What was given up is not, unless you have it delivered again.",
            "Resume",
            true,
        ),
        WebhookState::Off => (
            "Switch on…",
            format!("Switch {name} on"),
            "What waits is sent, and what happens from now on. What happened while it was off is not.",
            "Switch on",
            true,
        ),
    };
    let question = Question::new(title.clone(), what, confirm, move |_| async move {
        let name = switch_webhook(id, on).await?;
        Ok(format!("{name} is {} now", if on { "on" } else { "off" }))
    });
    ask_button(text, title, Permission::Edit, question)
}

fn rotate(row: &WebhookRow, acts: Acts) -> Option<AnyView> {
    let id = row.id;
    let title = format!("New secret for {}", row.name);
    let question = Question::new(
        title.clone(),
        "A secret is made and shown here once. All that is sent from then on is signed with it, so that a receiver that knows only the present one refuses it.",
        "Make a secret",
        move |_| async move {
            let made = rotate_webhook_secret(id).await?;
            let said = format!("{} has a new secret", made.name);
            acts.told.set(Some(once(made)));
            Ok(said)
        },
    );
    ask_button("New secret…", title, Permission::Edit, question)
}

fn delete(row: &WebhookRow, acts: Acts) -> Option<AnyView> {
    let id = row.id;
    let title = format!("Delete {}", row.name);
    let question = Question::new(
        title.clone(),
        format!(
            "{} goes, with its secret, the record of its deliveries, and what still waits to be sent to {}. Events stay.",
            row.name, row.url
        ),
        "Delete",
        move |_| async move {
            let name = delete_webhook(id).await?;
            acts.deleted.set(true);
            Ok(format!("{name} is deleted"))
        },
    );
    ask_button("Delete…", title, Permission::Edit, question)
}

/// What came back of a test.
fn told(tested: Result<TestAnswer, Problem>) -> AnyView {
    let answer = match tested {
        Ok(answer) => answer,
        Err(problem) => return problem_line(problem),
    };
    let took = format!("{} ms", count(answer.duration_ms));
    let (tone, word) = match (answer.status, &answer.error) {
        (Some(status), None) => (Tone::Good, status.to_string()),
        (Some(status), Some(_)) => (Tone::Bad, status.to_string()),
        (None, _) => (Tone::Bad, "no answer".to_owned()),
    };
    let body = answer.answer.map(|text| {
        view! { <pre class="json" tabindex="0" role="region" aria-label="Answer">{text}</pre> }
    });
    view! {
        <div class="notice">
            <p class="notice-title">"The test event: " {badge(tone, word)} " after " {took}</p>
            {answer.error.map(|error| view! { <p>{error}</p> })}
            {body}
        </div>
    }
    .into_any()
}
