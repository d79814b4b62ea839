//! What opens over the page. Nothing here changes anything: what is asked about does not exist.

use domain::{
    model::{
        action::Scope,
        bulk::{EventAct, EventSelection},
    },
    role::Permission,
    stage::StageName,
};
use leptos::prelude::*;

use super::{states, wide};
use crate::{
    parts::{
        announce::Announcer,
        ask::{Question, ask_button},
        bulk::{BulkTarget, act_button},
        dialog::Dialog,
        process_now::ProcessNowButton,
    },
    problem::Problem,
};

/// What the plain dialog is opened with.
#[derive(Clone)]
struct Example;

pub(super) fn dialogs() -> AnyView {
    view! {
        {states("A dialog", view! { <Plain /> })}
        {states("Questions before something is done", questions())}
        {states("Actions on events, for those who may", acts())}
        {states("A menu", menu())}
        {wide("An announcement", view! { <Announcement /> })}
    }
    .into_any()
}

#[component]
fn Plain() -> impl IntoView {
    let open = RwSignal::new(None::<Example>);
    let body = move |_: Example| {
        view! {
            <p>"It closes with Escape, with a click beside it and with its buttons; the focus then goes back to what opened it."</p>
            <div class="row end">
                <button class="btn" type="button" on:click=move |_| open.set(None)>"Cancel"</button>
                <button class="btn primary" type="button" on:click=move |_| open.set(None)>"Understood"</button>
            </div>
        }
        .into_any()
    };
    view! {
        <button class="btn" type="button" on:click=move |_| open.set(Some(Example))>"Open a dialog…"</button>
        <Dialog open=open title=|_| "A dialog".to_owned() children=body />
    }
}

fn questions() -> AnyView {
    let plain = Question::new(
        "Resume the example",
        "Workers go on with what waits for it.",
        "Resume",
        |_| async { Ok("The example goes on".to_owned()) },
    );
    let why = Question::new(
        "Pause the example",
        "No worker takes another batch of it until somebody resumes it.",
        "Pause",
        |reason| async move { Ok(format!("The example is paused: {reason}")) },
    );
    let failing = Question::new(
        "Try the impossible",
        "The server will not be able to do this, and will say so here.",
        "Try",
        |_| async { Err(Problem::failed()) },
    );
    let button = |text: &'static str, question: Question| {
        ask_button(
            text,
            format!("{text} of the example"),
            Permission::View,
            question,
        )
    };
    view! {
        {button("A question…", plain)}
        {button("A question with its reason…", why.why())}
        {button("A question that fails…", failing)}
    }
    .into_any()
}

fn acts() -> AnyView {
    let target = BulkTarget {
        act: EventAct::Retry,
        selection: EventSelection::Ids(vec![-1, -2]),
        what: "2 events that are not there".to_owned(),
    };
    let scope = Scope::Batch("example-1".to_owned());
    view! {
        {act_button(target)}
        <ProcessNowButton stage=StageName::Enrich scope=scope what="a batch that is not there" text="Process now…" />
    }
    .into_any()
}

fn menu() -> AnyView {
    view! {
        <button class="btn" type="button" popovertarget="example-menu">"Open a menu"</button>
        <div class="menu" id="example-menu" popover="auto">
            <p><b>"ada"</b></p>
            <p class="muted">"Role: operator"</p>
            <p><a href="#dialogs" rel="external">"An entry"</a></p>
        </div>
    }
    .into_any()
}

#[component]
fn Announcement() -> impl IntoView {
    let announcer = Announcer::expect();
    let say = move |_| announcer.say("This was announced by the style guide");
    view! {
        <p class="muted">"Read out, and not shown: for what happens without a change that everybody sees."</p>
        <p><button class="btn" type="button" on:click=say>"Announce something"</button></p>
    }
}
