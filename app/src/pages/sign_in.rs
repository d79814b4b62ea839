//! The sign-in page: a plain form that works without JavaScript.

use leptos::prelude::*;

use leptos_meta::Title;

use crate::{
    PRODUCT, mode,
    query::{provider_path, use_query},
};

#[component]
pub(crate) fn SignInPage() -> impl IntoView {
    let params = use_query();
    let next = move || params.read().get("next").unwrap_or_else(|| "/".to_owned());
    let problem = move || params.read().get_str("problem").map(explain);
    // The way there is the server's, which the router knows nothing of.
    let provider = mode::provider_label().map(|label| {
        view! { <a class="btn" href=move || provider_path(&next()) rel="external">{label}</a> }
    });
    view! {
        <Title text="Sign in" />
        <main id="main" class="alone">
            <form class="card sign-in" method="post" action="/session">
                <h1>{PRODUCT}</h1>
                <p class="muted">"Sign in to watch and steer the pipeline."</p>
                {move || problem().map(|text| view! { <p class="problem" role="alert">{text}</p> })}
                <input type="hidden" name="next" value=next />
                <label class="field">
                    <span>"Name"</span>
                    <input type="text" name="name" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus />
                </label>
                <label class="field">
                    <span>"Password"</span>
                    <input type="password" name="password" autocomplete="current-password" required />
                </label>
                <button class="btn primary" type="submit">"Sign in"</button>
                {provider}
                <p class="muted small-text">
                    "First time here? The server prints the first name and its password when it starts on an empty database. More people: "
                    <code>"server user add"</code>
                </p>
            </form>
        </main>
    }
}

fn explain(problem: &str) -> &'static str {
    match problem {
        "throttled" => "Too many attempts. Wait a minute, then try again.",
        "provider" => {
            "The sign-in provider cannot be reached at the moment. Try again soon, or sign in with a password."
        }
        _ => "Name or password is wrong. Check both and try again.",
    }
}
