//! A secret that is told only once: shown until whoever made it has put it away.

use leptos::{html, prelude::*};

use crate::browser;

/// What was made and is to be put away.
#[derive(Clone)]
pub(crate) struct ToldOnce {
    /// What it is, and of whom.
    pub(crate) title: String,
    /// What to do with it.
    pub(crate) advice: &'static str,
    /// Names the field.
    pub(crate) label: &'static str,
    pub(crate) secret: String,
}

/// The secret that was made last, until it is dismissed.
pub(crate) type Told = RwSignal<Option<ToldOnce>>;

/// Where it appears; a screen reader says so.
pub(crate) fn told_once(told: Told) -> AnyView {
    view! { <div role="status">{move || told.get().map(|once| notice(once, told))}</div> }
        .into_any()
}

fn notice(once: ToldOnce, told: Told) -> AnyView {
    let field = NodeRef::<html::Input>::new();
    let copied = RwSignal::new(None::<bool>);
    let copy = move |_| copied.set(field.get().map(|field| browser::copy(&field)));
    let outcome = move || {
        copied.get().map(|copied| match copied {
            true => "It is on the clipboard.",
            false => "The browser did not copy it: it is selected, press Ctrl C (or Cmd C).",
        })
    };
    view! {
        <div class="notice">
            <p class="notice-title">{once.title}</p>
            <p>{once.advice}</p>
            <div class="row token">
                <input type="text" class="mono" readonly node_ref=field value=once.secret aria-label=once.label />
                <button class="btn" on:click=copy>"Copy"</button>
                <button class="btn" on:click=move |_| told.set(None)>"I have it"</button>
            </div>
            <p>{outcome}</p>
        </div>
    }
    .into_any()
}
