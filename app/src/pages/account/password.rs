//! The password, in the hands of whoever keeps it.

use domain::{model::user::SignInWay, role::MIN_PASSWORD_CHARS};
use leptos::prelude::*;

use crate::{api::session::own_sign_in, parts::loaded::Loaded, session};

#[component]
pub(super) fn Password() -> impl IntoView {
    let way = Resource::new(|| (), |()| own_sign_in());
    view! {
        <section class="card account-form" aria-labelledby="password">
            <h2 id="password">"Password"</h2>
            <Loaded resource=way view=show />
        </section>
    }
}

fn show(way: SignInWay) -> AnyView {
    match way {
        SignInWay::Password => form(),
        SignInWay::Provider(issuer) => view! {
            <p>
                "You sign in by OpenID Connect. Your password is kept by " <span class="mono">{issuer}</span>
                ", where you change it; your groups there decide your role here."
            </p>
        }
        .into_any(),
    }
}

fn form() -> AnyView {
    let (name, _) = session::name_and_role();
    view! {
        <form class="account-form" method="post" action="/account/password">
            <p class="muted">{format!("At least {MIN_PASSWORD_CHARS} characters. You are then signed out everywhere but here.")}</p>
            <input type="text" name="name" value=name autocomplete="username" hidden readonly />
            {field("Present password", "present", "current-password", 1)}
            {field("New password", "new", "new-password", MIN_PASSWORD_CHARS)}
            {field("New password again", "again", "new-password", MIN_PASSWORD_CHARS)}
            <button class="btn primary" type="submit">"Change the password"</button>
        </form>
    }
    .into_any()
}

fn field(label: &'static str, name: &'static str, complete: &'static str, least: usize) -> AnyView {
    view! {
        <label class="field">
            <span>{label}</span>
            <input type="password" name=name autocomplete=complete minlength=least.to_string() required />
        </label>
    }
    .into_any()
}
