//! The pages and server functions of `app`: which there are, who may see them, and what they find around them.

use axum::{
    extract::{Request, State},
    response::Response,
};
use leptos::prelude::*;
use leptos_axum::AxumRouteListing;

use super::{App, access::Access, problem::Problem};

pub(crate) const SIGN_IN: &str = "/sign-in";

/// Every page's path, as the router writes it, and who may see it.
pub(crate) fn pages() -> Vec<(String, Access)> {
    Vec::new()
}

/// Every registered server function's path and who may call it.
pub(crate) fn server_functions() -> Vec<(String, Access)> {
    Vec::new()
}

pub(crate) fn listings() -> Vec<AxumRouteListing> {
    Vec::new()
}

pub(crate) fn context(app: &App) -> impl Fn() + Clone + Send + Sync + 'static {
    let app = app.clone();
    move || provide_context(app.engine.clone())
}

pub(crate) fn shell(app: &App) -> impl Fn() -> &'static str + Clone + Send + Sync + 'static {
    let _ = app;
    || ""
}

pub(crate) async fn not_found(State(app): State<App>, request: Request) -> Response {
    let _ = app;
    Problem::not_found("This page").for_reader(request.headers())
}
