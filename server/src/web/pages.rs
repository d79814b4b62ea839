//! The pages and server functions of `app`: which there are, who may see them, and what they find around them.

use app::{
    FormAnswer,
    api::ACCESS,
    mode::{Demo, ProviderLabel, Refused, StyleGuide},
    routes::{PAGES, PROVIDER_ANSWER},
};
use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header::CONTENT_SECURITY_POLICY, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::{AxumRouteListing, ResponseOptions, generate_route_list_with_exclusions};

use super::{
    App,
    access::Access,
    headers::page_policy,
    problem::{Problem, wants_page},
    visitor::Credential,
};

pub(crate) const SIGN_IN: &str = app::routes::SIGN_IN;

/// Every page's path, as the router writes it, and who may see it.
pub(crate) fn pages() -> Vec<(String, Access)> {
    let closed = PAGES
        .iter()
        .map(|page| (router_path(page.path), Access::Needs(page.permission)));
    closed
        .chain([(SIGN_IN.to_owned(), Access::Public)])
        .collect()
}

/// `/companies/:key` is `/companies/{key}` to the router.
fn router_path(path: &str) -> String {
    let segments = path
        .split('/')
        .map(|segment| match segment.strip_prefix(':') {
            Some(name) => format!("{{{name}}}"),
            None => segment.to_owned(),
        });
    segments.collect::<Vec<_>>().join("/")
}

/// Every server function's path and who may call it; one that is missing here stays closed.
pub(crate) fn server_functions() -> Vec<(String, Access)> {
    ACCESS
        .iter()
        .map(|(path, permission)| ((*path).to_owned(), Access::Needs(*permission)))
        .collect()
}

/// Without the page of refused sign-ins: a route of ours answers there.
pub(crate) fn listings() -> Vec<AxumRouteListing> {
    generate_route_list_with_exclusions(app::App, Some(vec![PROVIDER_ANSWER.to_owned()]))
}

/// What pages and server functions find: the engine, what the process knows of itself, whether there is a style guide and
/// a provider to sign in at; the caller is in the request's extensions.
pub(crate) fn context(app: &App) -> impl Fn() + Clone + Send + Sync + 'static {
    let engine = app.engine.clone();
    let installation = app.installation.clone();
    let style_guide = app.options.style_guide;
    let label = app.provider.as_ref().map(|provider| provider.label.clone());
    move || {
        provide_context(engine.clone());
        provide_context(installation.clone());
        if engine.config().demo {
            provide_context(Demo);
        }
        if style_guide {
            provide_context(StyleGuide);
        }
        if let Some(label) = &label {
            provide_context(ProviderLabel(label.clone()));
        }
        if let Some(policy) = policy() {
            expect_context::<ResponseOptions>().insert_header(CONTENT_SECURITY_POLICY, policy);
        }
    }
}

/// Only a page has a nonce; a server function runs no scripts.
fn policy() -> Option<HeaderValue> {
    page_policy(&use_nonce()?, &use_context::<Parts>()?.headers)
}

pub(crate) fn shell(app: &App) -> impl Fn() -> AnyView + Clone + Send + Sync + 'static {
    let options = app.site.options().clone();
    let build = app.site.build().map(str::to_owned);
    move || app::shell(options.clone(), build.clone()).into_any()
}

/// Within the app for whoever is signed in there; others learn nothing more than that there is nothing.
pub(crate) async fn not_found(State(app): State<App>, request: Request) -> Response {
    let is_page = request.method() == Method::GET && wants_page(request.headers());
    let credential = request.extensions().get::<Credential>();
    if !is_page || !matches!(credential, Some(Credential::Session(_))) {
        return Problem::not_found("This page").for_reader(request.headers());
    }
    render(&app, request, StatusCode::NOT_FOUND, || {}).await
}

/// At the address that the provider sends browsers back to: why the sign-in came to nothing.
pub(crate) async fn refused(app: &App, problem: Problem, request: Request) -> Response {
    if !wants_page(request.headers()) {
        return problem.into_response();
    }
    let refused = Refused {
        title: problem.title.to_owned(),
        detail: problem.detail,
    };
    let tell = move || provide_context(refused.clone());
    render(app, request, problem.status, tell).await
}

/// What a form without JavaScript came to, on a page without code.
pub(crate) async fn form_answer(
    app: &App,
    answer: FormAnswer,
    status: StatusCode,
    request: Request,
) -> Response {
    let options = app.site.options().clone();
    let page = move || app::form_answer(&options, answer.clone());
    let context = with_status(app, status, || {});
    leptos_axum::render_app_async_with_context(context, page)(request).await
}

/// The page of the app at the request's address, with a status of its own.
async fn render(
    app: &App,
    request: Request,
    status: StatusCode,
    tell: impl Fn() + Clone + Send + Sync + 'static,
) -> Response {
    let context = with_status(app, status, tell);
    leptos_axum::render_app_async_with_context(context, shell(app))(request).await
}

fn with_status(
    app: &App,
    status: StatusCode,
    tell: impl Fn() + Clone + Send + Sync + 'static,
) -> impl Fn() + Clone + Send + Sync + 'static {
    let around = context(app);
    move || {
        around();
        tell();
        expect_context::<ResponseOptions>().set_status(status);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_of_the_app_has_an_access_rule_and_every_rule_a_page() {
        // What is left out is listed, too, and marked so; its rule is that of our route.
        let ours = PROVIDER_ANSWER.to_owned();
        let mut ruled: Vec<_> = pages().into_iter().map(|(path, _)| path).collect();
        ruled.push(ours);
        let mut listed: Vec<_> = listings()
            .iter()
            .map(|listing| listing.path().to_owned())
            .collect();
        ruled.sort();
        listed.sort();
        assert_eq!(ruled, listed);
    }
}
