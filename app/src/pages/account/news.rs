//! What a person is told of while they look at something else: a plain form, and a switch for this browser.

use domain::model::news::NewsKind;
use leptos::prelude::*;

use crate::{api::news::news_choices, browser::notices, parts::loaded::Loaded};

#[component]
pub(super) fn NewsForm() -> impl IntoView {
    let told = Resource::new(|| (), |()| news_choices());
    view! {
        <form class="card account-form" method="post" action="/account/notifications">
            <h2>"Notifications"</h2>
            <p class="muted">"What you are told of while you look at something else, as a message in the corner of every page."</p>
            <Loaded resource=told view=kinds />
            <button class="btn primary" type="submit">"Tell me of these"</button>
            <Desktop />
        </form>
    }
}

fn kinds(told: Vec<NewsKind>) -> AnyView {
    let kind = |kind: NewsKind| {
        let checked = told.contains(&kind);
        view! {
            <label class="check">
                <input type="checkbox" name=kind.name() checked=checked />
                {kind.title()}
            </label>
        }
    };
    NewsKind::ALL.map(kind).collect_view().into_any()
}

/// Whether this browser shows them, too, while the page is in the background; without JavaScript there is nothing to show.
#[component]
fn Desktop() -> impl IntoView {
    let state = RwSignal::new(None::<notices::State>);
    Effect::new(move || state.set(Some(notices::state())));
    let switch = move |_| {
        notices::switch(move |now| {
            let _ = state.try_set(Some(now));
        })
    };
    move || {
        let (text, button) = match state.get()? {
            notices::State::Missing => return None,
            notices::State::Refused => (
                "This browser does not allow this page to show notifications; its settings can change that.",
                None,
            ),
            notices::State::Off => (
                "While this page is in the background you see none of them.",
                Some("Show them on this desktop, too"),
            ),
            notices::State::On => (
                "While this page is in the background this browser shows them on the desktop.",
                Some("Stop showing them on the desktop"),
            ),
        };
        let button = button.map(
            |text| view! { <button class="btn" type="button" on:click=switch>{text}</button> },
        );
        Some(view! {
            <p class="muted">{text}</p>
            {button}
        })
    }
}
