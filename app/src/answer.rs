//! What a form of the pages answers where there is no JavaScript: a page of its own, which loads no code. A secret in it is
//! nowhere else, neither in an address nor in what a page hands to its code.

use domain::model::{token::CreatedToken, user::Invitation, webhook::WebhookSecret};
use leptos::prelude::*;

use crate::{
    document::document,
    pages::{tokens, users, webhooks},
    parts::told::ToldOnce,
};

/// What such a form can come to.
#[derive(Clone)]
pub enum FormAnswer {
    /// Somebody may sign in with a password that was made up.
    Invited(Invitation),
    /// A program may come with a token.
    MadeToken(CreatedToken),
    /// A program gets the events.
    MadeWebhook(WebhookSecret),
    /// Asks before a password of this person ends.
    AsksBefore { name: String },
    /// Signed out here, and on the way to the provider that does the same.
    Leaves { to: String },
    /// Nothing was done.
    Refused {
        title: String,
        detail: String,
        /// Where the form is.
        back: &'static str,
    },
}

/// The whole page.
pub fn form_answer(options: &LeptosOptions, answer: FormAnswer) -> AnyView {
    let on = match &answer {
        FormAnswer::Leaves { to } => Some(to.clone()),
        _ => None,
    };
    let (title, body) = match answer {
        FormAnswer::Invited(invitation) => told(users::once(invitation), users::PATH),
        FormAnswer::MadeToken(made) => told(tokens::once(made), tokens::PATH),
        FormAnswer::MadeWebhook(made) => told(webhooks::once(made), webhooks::PATH),
        FormAnswer::AsksBefore { name } => asks(name),
        FormAnswer::Leaves { to } => leaves(to),
        FormAnswer::Refused {
            title,
            detail,
            back,
        } => refused(title, detail, back),
    };
    let body =
        view! { <main id="main" class="alone"><div class="card sign-in">{body}</div></main> };
    document(options, title, on, body.into_any())
}

fn told(once: ToldOnce, back: &'static str) -> (String, AnyView) {
    let body = view! {
        <h1>{once.title.clone()}</h1>
        <p>{once.advice}</p>
        <label class="field">
            <span>{once.label}</span>
            <input type="text" class="mono" readonly value=once.secret autocomplete="off" />
        </label>
        <a class="btn primary" href=back>"I have it"</a>
    };
    (once.title, body.into_any())
}

fn asks(name: String) -> (String, AnyView) {
    let title = format!("New password for {name}");
    let body = view! {
        <h1>{title.clone()}</h1>
        <p>
            {format!(
                "A password is made up and shown once. {name} is signed out everywhere, the present password no longer works, and \
                 whoever came by OpenID Connect comes with the password from then on.",
            )}
        </p>
        <form method="post" action=users::NEW_PASSWORD>
            <input type="hidden" name="name" value=name />
            <input type="hidden" name="sure" value="yes" />
            <button class="btn primary" type="submit">"Make a password"</button>
        </form>
        <a class="btn" href=users::PATH>"Cancel"</a>
    };
    (title, body.into_any())
}

/// For a browser that does not go on by itself.
fn leaves(to: String) -> (String, AnyView) {
    let body = view! {
        <h1>"Signed out here"</h1>
        <p>"The provider that you came by is asked to sign you out, too."</p>
        <a class="btn primary" href=to>"Go on to the provider"</a>
    };
    ("Signed out".to_owned(), body.into_any())
}

fn refused(title: String, detail: String, back: &'static str) -> (String, AnyView) {
    let body = view! {
        <h1>{title.clone()}</h1>
        <p role="alert">{detail}</p>
        <a class="btn primary" href=back>"Back to the form"</a>
    };
    (title, body.into_any())
}
