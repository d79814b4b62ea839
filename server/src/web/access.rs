//! Who may ask for what: one table of pages, server functions and routes, and the layer that obeys it.

use std::collections::HashMap;

use app::{api::PEOPLE_ONLY, routes::STYLE_GUIDE};
use axum::{
    extract::{MatchedPath, Request, State},
    http::StatusCode,
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use domain::role::{Actor, Permission};

use super::{
    App, pages, problem::Problem, routes::ROUTES, sign_in::encode_next, token, visitor::Credential,
};

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Public,
    /// A signed-in person whose role includes this, or a program with a token of such a role.
    Needs(Permission),
}

#[derive(Clone, Copy, Debug)]
struct Rule {
    access: Access,
    /// A person goes there with a browser: without a session they are sent to sign in.
    is_page: bool,
    /// A token opens it, too.
    for_programs: bool,
}

/// Files that hold what [`PEOPLE_ONLY`] functions list.
const FILES_FOR_PEOPLE: [&str; 5] = [
    "/export/sessions.csv",
    "/export/tokens.csv",
    "/export/users.csv",
    "/export/webhook-deliveries.csv",
    "/export/webhooks.csv",
];

/// Routes that a token opens. What is new stays closed until it stands here.
fn is_for_programs(route: &str) -> bool {
    let is_file = route.starts_with("/export/") && !FILES_FOR_PEOPLE.contains(&route);
    is_file || matches!(route, "/upload" | "/ws/events")
}

/// Every path that may be matched, as the router writes it.
pub(crate) struct AccessTable(HashMap<String, Rule>);

impl AccessTable {
    pub(crate) fn gather() -> Self {
        let routes = ROUTES.iter().map(|route| {
            (
                route.path.to_owned(),
                Rule {
                    access: route.access,
                    is_page: false,
                    for_programs: is_for_programs(route.path),
                },
            )
        });
        let pages = pages::pages().into_iter().map(|(path, access)| {
            (
                path,
                Rule {
                    access,
                    is_page: true,
                    for_programs: false,
                },
            )
        });
        let functions = pages::server_functions().into_iter().map(|(path, access)| {
            let for_programs = !PEOPLE_ONLY.contains(&path.as_str());
            (
                path,
                Rule {
                    access,
                    is_page: false,
                    for_programs,
                },
            )
        });
        Self(routes.chain(pages).chain(functions).collect())
    }
}

/// Refuses whoever may not pass; a path without a rule is closed to everybody.
pub(crate) async fn enforce(
    State(app): State<App>,
    matched: MatchedPath,
    request: Request,
    next: Next,
) -> Response {
    let Some(rule) = app.access.0.get(matched.as_str()) else {
        tracing::error!(
            path = matched.as_str(),
            "a route has no access rule and stays closed"
        );
        return Problem::forbidden("access").into_response();
    };
    let credential = request.extensions().get::<Credential>();
    if matches!(credential, Some(Credential::Token(_))) && !rule.for_programs {
        return token::for_people().into_response();
    }
    if matched.as_str() == STYLE_GUIDE && !app.options.style_guide {
        return pages::not_found(State(app), request).await;
    }
    let actor = request.extensions().get::<Actor>();
    match (rule.access, actor) {
        // Whoever is signed in has no business on the sign-in page.
        (Access::Public, Some(_)) if rule.is_page && matched.as_str() == pages::SIGN_IN => {
            Redirect::to("/").into_response()
        }
        (Access::Public, _) => next.run(request).await,
        (Access::Needs(_), None) if rule.is_page => {
            let here = request
                .uri()
                .path_and_query()
                .map_or("/", |path| path.as_str());
            let target = format!("{}?next={}", pages::SIGN_IN, encode_next(here));
            // 303: also whoever comes with a form goes there with GET.
            (StatusCode::SEE_OTHER, [("location", target)]).into_response()
        }
        (Access::Needs(_), None) => Problem::signed_out().into_response(),
        (Access::Needs(permission), Some(actor)) if actor.role.may(permission) => {
            next.run(request).await
        }
        (Access::Needs(permission), Some(_)) => {
            let problem = Problem::forbidden(permission.name());
            if rule.is_page {
                problem.for_reader(request.headers())
            } else {
                problem.into_response()
            }
        }
    }
}
