//! `POST /users/…` and `POST /tokens/make`: the forms that make a secret, for browsers without JavaScript. The answer is a page
//! that tells it, once.

use app::FormAnswer;
use axum::{
    Extension, Form,
    body::Body,
    extract::{FromRequest, Request, State},
    http::StatusCode,
    response::Response,
};
use domain::{
    model::token::NewToken,
    role::{Actor, Role},
};
use serde::Deserialize;

use super::{App, pages, problem::Problem};

const USERS: &str = "/users";
const TOKENS: &str = "/tokens";

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
    let (form, request) = taken::<InviteForm>(request).await;
    let made = async {
        let form = form?;
        let role = role(&form.role)?;
        Ok(app.engine.invite_user(&form.name, role, &actor).await?)
    };
    let made = made.await.map(FormAnswer::Invited);
    answer(&app, made, USERS, request).await
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
    let (form, request) = taken::<PasswordForm>(request).await;
    let made = async {
        let form = form?;
        if form.sure.is_none() {
            return Ok(FormAnswer::AsksBefore { name: form.name });
        }
        let made = app.engine.reset_password(&form.name, &actor).await?;
        Ok(FormAnswer::Invited(made))
    };
    let made = made.await;
    answer(&app, made, USERS, request).await
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
    let (form, request) = taken::<TokenForm>(request).await;
    let made = async {
        let form = form?;
        let wanted = NewToken {
            name: form.name,
            role: role(&form.role)?,
            // What is none of the choices is refused.
            days: form.days.parse().unwrap_or_default(),
        };
        let made = app
            .engine
            .create_api_token(&wanted, &actor.name, &actor)
            .await?;
        Ok(FormAnswer::Made(made))
    };
    let made = made.await;
    answer(&app, made, TOKENS, request).await
}

/// The form, and the request without its body, which the page is rendered for.
async fn taken<T: serde::de::DeserializeOwned>(request: Request) -> (Result<T, Problem>, Request) {
    let (parts, body) = request.into_parts();
    let form = Form::<T>::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let form = form.map(|Form(form)| form);
    let form = form.map_err(|refused| Problem::invalid(refused.body_text()));
    (form, Request::from_parts(parts, Body::empty()))
}

fn role(name: &str) -> Result<Role, Problem> {
    Role::parse(name).ok_or_else(|| Problem::invalid("Choose a role: admin, operator or viewer"))
}

async fn answer(
    app: &App,
    made: Result<FormAnswer, Problem>,
    back: &'static str,
    request: Request,
) -> Response {
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
    pages::form_answer(app, answer, status, request).await
}
