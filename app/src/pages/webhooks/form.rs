//! What a webhook is asked to be: the form that makes one, and the one that changes it.

use domain::model::{
    live::Topic,
    webhook::{LONGEST_NAME, LONGEST_URL, WebhookForm, WebhookRow, WebhookSecret},
};
use leptos::{ev, html, prelude::*, task::spawn_local};

use super::{MAKE, types};
use crate::{
    api::webhooks::{change_webhook, make_webhook},
    live::Live,
    parts::{
        dialog::form_end,
        notice::problem_line,
        toast::{Toast, Toasts},
        told::{Told, ToldOnce},
    },
    problem::Problem,
};

/// How the secret of a webhook is told.
pub(crate) fn once(made: WebhookSecret) -> ToldOnce {
    ToldOnce {
        title: format!("The secret of {}", made.name),
        advice: "It signs what is sent and is shown only this once: give it to the receiver now, so that it can tell our messages from those of others.",
        label: "The secret",
        secret: made.secret,
    }
}

#[derive(Clone, Copy)]
struct Fields {
    name: NodeRef<html::Input>,
    url: NodeRef<html::Input>,
    types: NodeRef<html::Input>,
}

impl Fields {
    fn new() -> Self {
        Self {
            name: NodeRef::new(),
            url: NodeRef::new(),
            types: NodeRef::new(),
        }
    }

    fn read(self) -> Option<WebhookForm> {
        Some(WebhookForm {
            name: self.name.get()?.value(),
            url: self.url.get()?.value(),
            event_types: self.types.get()?.value(),
        })
    }

    fn clear(self) {
        for field in [self.name, self.url, self.types] {
            if let Some(field) = field.get() {
                field.set_value("");
            }
        }
    }

    /// Of a webhook that there is, the address is asked for only if it is to be another: it may hold a secret.
    fn view(self, row: Option<&WebhookRow>) -> AnyView {
        let name = row.map(|row| row.name.clone());
        let chosen = row.filter(|row| row.event_types.is_some()).map(types);
        let (label, hint) = match row {
            None => (
                "Address",
                "https://n8n.example.com/webhook/events".to_owned(),
            ),
            Some(row) => ("Another address", format!("stays {}", row.url)),
        };
        view! {
            <label class="field">
                <span>"Name"</span>
                <input type="text" name="name" node_ref=self.name value=name required maxlength=LONGEST_NAME.to_string() autocomplete="off" />
            </label>
            <label class="field">
                <span>{label}</span>
                <input
                    type="url"
                    name="url"
                    node_ref=self.url
                    placeholder=hint
                    required=row.is_none()
                    maxlength=LONGEST_URL.to_string()
                    autocomplete="off"
                    spellcheck="false"
                />
            </label>
            <label class="field">
                <span>"Event types, none for all"</span>
                <input
                    type="text"
                    name="event_types"
                    node_ref=self.types
                    value=chosen
                    placeholder="company_validated, email_verified"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                />
            </label>
        }
        .into_any()
    }
}

#[component]
pub(super) fn Make(told: Told) -> impl IntoView {
    let live = Live::expect();
    let fields = Fields::new();
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<Problem>);
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(wanted) = fields.read() else { return };
        busy.set(true);
        failed.set(None);
        spawn_local(async move {
            match make_webhook(wanted).await {
                Ok(made) => {
                    fields.clear();
                    let _ = told.try_set(Some(once(made)));
                    live.stale(Topic::Settings);
                }
                Err(problem) => {
                    let _ = failed.try_set(Some(problem));
                }
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <form class="card filters new" method="post" action=MAKE on:submit=submit aria-labelledby="new">
            <h2 id="new">"Make a webhook"</h2>
            {fields.view(None)}
            <button class="btn primary" type="submit" disabled=busy>"Make a webhook"</button>
        </form>
        {move || failed.get().map(problem_line)}
    }
}

/// In a dialog, which `editing` holds open.
pub(super) fn change(row: WebhookRow, editing: RwSignal<Option<WebhookRow>>) -> AnyView {
    let (live, toasts) = (Live::expect(), Toasts::expect());
    let fields = Fields::new();
    let busy = RwSignal::new(false);
    let failed = RwSignal::new(None::<Problem>);
    let id = row.id;
    let submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(wanted) = fields.read() else { return };
        busy.set(true);
        spawn_local(async move {
            match change_webhook(id, wanted).await {
                Ok(()) => {
                    live.stale(Topic::Settings);
                    toasts.push(Toast::new("The webhook is changed"));
                    // Whoever has gone on to another dialog keeps it.
                    if busy.try_set(false).is_none() {
                        editing.set(None);
                    }
                }
                Err(problem) => drop(failed.try_set(Some(problem))),
            }
            let _ = busy.try_set(false);
        });
    };
    view! {
        <form on:submit=submit>
            {fields.view(Some(&row))}
            {form_end(editing, failed, busy.into(), "Change")}
        </form>
    }
    .into_any()
}
