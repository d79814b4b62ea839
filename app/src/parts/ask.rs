//! A question before something is done: what it touches, a reason where whoever finds it will ask for one, then the act.

use std::{pin::Pin, sync::Arc};

use domain::{model::live::Topic, role::Permission};
use leptos::{ev, html, prelude::*, task::spawn_local};

use crate::{
    chunk::lazy_view,
    live::Live,
    parts::{
        dialog::{Dialog, form_end},
        toast::{Toast, Toasts},
    },
    problem::Problem,
    session,
};

type Answer = Pin<Box<dyn Future<Output = Result<String, Problem>> + Send>>;

#[derive(Clone)]
pub(crate) struct Question {
    title: String,
    /// What will happen, and to what.
    text: String,
    confirm: &'static str,
    asks_why: bool,
    /// Takes the reason; returns what is announced.
    act: Arc<dyn Fn(String) -> Answer + Send + Sync>,
}

impl Question {
    pub(crate) fn new<F>(
        title: impl Into<String>,
        text: impl Into<String>,
        confirm: &'static str,
        act: impl Fn(String) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<String, Problem>> + Send + 'static,
    {
        Self {
            title: title.into(),
            text: text.into(),
            confirm,
            asks_why: false,
            act: Arc::new(move |reason| Box::pin(act(reason))),
        }
    }

    /// Asks for a reason, too.
    pub(crate) fn why(self) -> Self {
        Self {
            asks_why: true,
            ..self
        }
    }
}

/// The question that is open, if any.
#[derive(Clone, Copy)]
pub(crate) struct Asking(RwSignal<Option<Question>>);

impl Asking {
    pub(crate) fn provide() {
        provide_context(Self(RwSignal::new(None)));
    }

    pub(crate) fn expect() -> Self {
        expect_context()
    }

    pub(crate) fn ask(self, question: Question) {
        self.0.set(Some(question));
    }
}

/// A button that asks; only for those who may. `label` says more than `text` to those who do not see its place.
pub(crate) fn ask_button(
    text: &'static str,
    label: String,
    permission: Permission,
    question: Question,
) -> Option<AnyView> {
    let Asking(open) = expect_context();
    session::may(permission).then(|| {
        view! {
            <button class="btn small" aria-label=label on:click=move |_| open.set(Some(question.clone()))>
                {text}
            </button>
        }
        .into_any()
    })
}

/// The same, as a form that asks the server where there is no JavaScript: its address, and the one field that it sends.
pub(crate) fn ask_form(
    text: &'static str,
    label: String,
    permission: Permission,
    question: Question,
    (action, name, value): (&'static str, &'static str, String),
) -> Option<AnyView> {
    let Asking(open) = expect_context();
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        open.set(Some(question.clone()));
    };
    session::may(permission).then(|| {
        view! {
            <form class="asks" method="post" action=action on:submit=submit>
                <input type="hidden" name=name value=value />
                <button class="btn small" type="submit" aria-label=label>{text}</button>
            </form>
        }
        .into_any()
    })
}

#[component]
pub(crate) fn AskDialog() -> impl IntoView {
    let Asking(open) = expect_context();
    view! {
        <Dialog
            open=open
            title=|question: &Question| question.title.clone()
            children=move |question| lazy_view!(ask, (question: Question, open: RwSignal<Option<Question>>) body(question, open))
        />
    }
}

fn body(question: Question, open: RwSignal<Option<Question>>) -> AnyView {
    let reason = NodeRef::<html::Input>::new();
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<Problem>);
    let (live, toasts) = (Live::expect(), Toasts::expect());
    let act = question.act;
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let why = reason
            .get()
            .map(|reason| reason.value())
            .unwrap_or_default();
        let answer = act(why);
        busy.set(true);
        spawn_local(async move {
            match answer.await {
                Ok(done) => {
                    for topic in Topic::ALL {
                        live.stale(topic);
                    }
                    toasts.push(Toast::new(done));
                    // Whoever has gone on to another question keeps it.
                    if busy.try_set(false).is_none() {
                        open.set(None);
                    }
                }
                Err(problem) => {
                    let _ = failed.try_set(Some(problem));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <form on:submit=submit>
            <p>{question.text}</p>
            {question
                .asks_why
                .then(|| {
                    view! {
                        <label class="field">
                            <span>"Reason"</span>
                            <input type="text" name="reason" node_ref=reason required maxlength="500" autocomplete="off" />
                        </label>
                    }
                })}
            {form_end(open, failed, busy.into(), question.confirm)}
        </form>
    }
    .into_any()
}
