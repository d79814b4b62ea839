//! `POST /users/…`, `/tokens/make` and `/webhooks/make`: the forms that make a secret, for browsers without JavaScript. The
//! answer is a page that tells it, once.

use app::FormAnswer;
use axum::{
    Extension, Form,
    body::Body,
    extract::{FromRequest, Request, State},
    http::StatusCode,
    response::Response,
};
use domain::{
    model::{token::NewToken, webhook::WebhookForm},
    role::{Actor, Role},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{App, pages, problem::Problem};

const USERS: &str = "/users";
const TOKENS: &str = "/tokens";
const WEBHOOKS: &str = "/webhooks";

#[derive(Deserialize)]
struct InviteForm {
    name: String,
    role: String,
}

/// Adds a person.
pub(crate) async fn invite(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    request: Request,
) -> Response {
    let made = async |form: InviteForm| {
        let role = role(&form.role)?;
        let invited = app.engine.invite_user(&form.name, role, &actor).await?;
        Ok(FormAnswer::Invited(invited))
    };
    answer(&app, USERS, request, made).await
}

#[derive(Deserialize)]
struct PasswordForm {
    name: String,
    /// Absent until the question was answered.
    sure: Option<String>,
}

/// Asks, and then gives a person a new password.
pub(crate) async fn renew(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    request: Request,
) -> Response {
    let made = async |form: PasswordForm| {
        if form.sure.is_none() {
            return Ok(FormAnswer::AsksBefore { name: form.name });
        }
        let renewed = app.engine.reset_password(&form.name, &actor).await?;
        Ok(FormAnswer::Invited(renewed))
    };
    answer(&app, USERS, request, made).await
}

#[derive(Deserialize)]
struct TokenForm {
    name: String,
    role: String,
    days: String,
}

/// Makes a token that acts on behalf of whoever asks.
pub(crate) async fn make_token(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    request: Request,
) -> Response {
    let made = async |form: TokenForm| {
        let wanted = NewToken {
            name: form.name,
            role: role(&form.role)?,
            // What is none of the choices is refused.
            days: form.days.parse().unwrap_or_default(),
        };
        let token = app
            .engine
            .create_api_token(&wanted, &actor.name, &actor)
            .await?;
        Ok(FormAnswer::MadeToken(token))
    };
    answer(&app, TOKENS, request, made).await
}

/// Makes a webhook.
pub(crate) async fn make_webhook(
    State(app): State<App>,
    Extension(actor): Extension<Actor>,
    request: Request,
) -> Response {
    let made = async |form: WebhookForm| {
        let webhook = app.engine.make_webhook(&form, &actor).await?;
        Ok(FormAnswer::MadeWebhook(webhook))
    };
    answer(&app, WEBHOOKS, request, made).await
}

fn role(name: &str) -> Result<Role, Problem> {
    Role::parse(name).ok_or_else(|| Problem::invalid("Choose a role: admin, operator or viewer"))
}

/// Reads the form and does what it asks for. The page that tells what came of it is rendered for the request without its
/// body.
async fn answer<T: DeserializeOwned>(
    app: &App,
    back: &'static str,
    request: Request,
    made: impl AsyncFnOnce(T) -> Result<FormAnswer, Problem>,
) -> Response {
    let (parts, body) = request.into_parts();
    let form = Form::<T>::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let made = match form {
        Ok(Form(form)) => made(form).await,
        Err(refused) => Err(Problem::invalid(refused.body_text())),
    };
    let (status, answer) = match made {
        Ok(answer) => (StatusCode::OK, answer),
        Err(problem) => {
            let refused = FormAnswer::Refused {
                title: problem.title.to_owned(),
                detail: problem.detail,
                back,
            };
            (problem.status, refused)
        }
    };
    let request = Request::from_parts(parts, Body::empty());
    pages::form_answer(app, answer, status, request).await
}
