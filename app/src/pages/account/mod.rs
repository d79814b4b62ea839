//! A person's own account: plain forms that work without JavaScript.

mod news;
mod password;
mod sessions;
mod zone;

use domain::role::MIN_PASSWORD_CHARS;
use leptos::prelude::*;

use crate::{
    parts::header::PageHeader,
    query::{Params, use_query},
    session,
};
use {news::NewsForm, password::Password, sessions::Sessions, zone::ZoneForm};

#[component]
pub(crate) fn AccountPage() -> impl IntoView {
    let params = use_query();
    let (name, role) = session::name_and_role();
    let said = move || {
        let params = params.read();
        if let Some(text) = done(&params) {
            return Some(view! { <p class="banner" role="status">{text}</p> }.into_any());
        }
        let text = explain(params.get_str("problem")?);
        Some(view! { <p class="problem" role="alert">{text}</p> }.into_any())
    };
    view! {
        <PageHeader title="Account" subtitle="Who you are here" />
        <main id="main" class="narrow">
            {said}
            <section class="card" aria-labelledby="who">
                <h2 id="who">"You"</h2>
                <dl class="facts">
                    <div>
                        <dt>"Name"</dt>
                        <dd>{name}</dd>
                    </div>
                    <div>
                        <dt>"Role"</dt>
                        <dd>{role}</dd>
                    </div>
                </dl>
            </section>
            <Sessions />
            <ZoneForm />
            <NewsForm />
            <Password />
        </main>
    }
}

/// What the form did that led here.
fn done(params: &Params) -> Option<String> {
    if params.get_str("changed").is_some() {
        return Some("The password is changed. You are signed out everywhere but here.".to_owned());
    }
    if params.get_str("zone").is_some() {
        return Some("Times are shown as you chose.".to_owned());
    }
    if params.get_str("news").is_some() {
        return Some("You are told of what you chose.".to_owned());
    }
    params.get_str("ended").and_then(sessions::ended)
}

fn explain(problem: &str) -> String {
    match problem {
        "differ" => "The two new passwords are not the same. Nothing was changed.".to_owned(),
        "present" => "The present password is wrong. Nothing was changed.".to_owned(),
        "zone" => "There is no time zone of this name. Nothing was changed.".to_owned(),
        "throttled" => "Too many attempts. Wait a minute, then try again.".to_owned(),
        _ => format!(
            "The new password needs at least {MIN_PASSWORD_CHARS} characters. Nothing was changed."
        ),
    }
}
