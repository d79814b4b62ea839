//! Everything that this server answers by itself, on one screen; pages and server functions stand in `app`.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use domain::role::Permission;
use leptos_axum::LeptosRoutes;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, limit::RequestBodyLimitLayer,
    timeout::TimeoutLayer,
};

pub use super::access::Access;
use super::{
    App, access, events, export, headers, health, observe, origin, pages,
    problem::panicked,
    sign_in, site, upload,
    visitor::{load_actor, session_layer},
};

pub struct Route {
    pub method: &'static str,
    /// As the router writes it, with `{names}` for what varies.
    pub path: &'static str,
    pub access: Access,
}

const fn route(method: &'static str, path: &'static str, access: Access) -> Route {
    Route {
        method,
        path,
        access,
    }
}

pub const ROUTES: &[Route] = &[
    route("GET", "/healthz", Access::Public),
    route("GET", "/readyz", Access::Public),
    route("POST", "/session", Access::Public),
    route("POST", "/session/end", Access::Public),
    route("GET", "/ws/events", Access::Needs(Permission::View)),
    route("POST", "/upload", Access::Needs(Permission::Import)),
    route(
        "GET",
        "/export/phase-stats.csv",
        Access::Needs(Permission::Export),
    ),
    route(
        "GET",
        "/export/errors.csv",
        Access::Needs(Permission::Export),
    ),
    route("GET", "/export/audit.csv", Access::Needs(Permission::Edit)),
    route(
        "GET",
        "/export/import/{file}",
        Access::Needs(Permission::Export),
    ),
];

/// Arguments of server functions and the sign-in form; files go to `/upload`.
const BODY_BYTES: usize = 1 << 20;

pub(crate) fn router(app: App) -> Router {
    let limits = &app.options.limits;
    let quick = Router::new()
        .route("/session", post(sign_in::sign_in))
        .route("/session/end", post(sign_in::sign_out))
        .route("/export/phase-stats.csv", get(export::phase_stats))
        .route("/export/errors.csv", get(export::errors))
        .route("/export/audit.csv", get(export::audit))
        .route("/export/import/{file}", get(export::import_report))
        .leptos_routes_with_context(
            &app,
            pages::listings(),
            pages::context(&app),
            pages::shell(&app),
        )
        .route_layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            limits.request,
        ))
        .route_layer(RequestBodyLimitLayer::new(BODY_BYTES));
    // A live feed and an upload last as long as they last, and have limits of their own.
    let lasting = Router::new()
        .route("/ws/events", get(events::events))
        .route("/upload", post(upload::upload))
        .layer(DefaultBodyLimit::disable());
    let known = quick
        .merge(lasting)
        .route_layer(from_fn_with_state(app.clone(), access::enforce))
        .route_layer(from_fn_with_state(app.clone(), load_actor))
        .route_layer(session_layer(&app))
        .route_layer(CompressionLayer::new());
    // Asked every few seconds: no session, no database but for the question itself.
    let health = Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz));
    let not_found = Router::new()
        .fallback(pages::not_found)
        .layer(from_fn_with_state(app.clone(), load_actor))
        .layer(session_layer(&app))
        .with_state(app.clone());
    let files = Router::new()
        .fallback_service(app.site.files().fallback(not_found))
        .layer(from_fn(site::cache));
    known
        .merge(health)
        .fallback_service(files)
        // The last one here sees a request first.
        .layer(from_fn_with_state(app.clone(), origin::check))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), headers::add))
        .layer(from_fn(observe::observe))
        .with_state(app)
}
