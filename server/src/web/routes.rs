//! Everything that this server answers by itself, on one screen; pages and server functions stand in `app`.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    middleware::{from_fn, from_fn_with_state},
    routing::{MethodRouter, get, post},
};
use domain::role::Permission;
use leptos_axum::LeptosRoutes;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, limit::RequestBodyLimitLayer,
    timeout::TimeoutLayer,
};

pub use super::access::Access;
use super::export::{
    Actions, Audit, Companies, Contacts, DeadLetters, Deliveries, ErrorGroups, Errors, Events,
    Health as WorkflowHealth, Imports, Phases, Queue, Runs, ScheduleRuns, Schedules, Settings,
    Snipers, Stages, TableSizes, Throughput, Tokens, Users, Webhooks, Workers, export,
    import_report, sessions,
};
use super::{
    App, access, account, events, headers, health, observe, oidc, origin, pages,
    problem::panicked,
    sign_in, site, told, upload,
    visitor::{load_actor, session_layer},
    zone,
};
use Kind::{Health, Lasting, Quick};
pub use app::routes::{PROVIDER_ANSWER, SIGN_IN, SIGN_IN_BY_PROVIDER};

/// What the router is made from: what has no row, and so no access rule, is not there.
pub struct Route {
    pub method: &'static str,
    /// As the router writes it, with `{names}` for what varies.
    pub path: &'static str,
    pub access: Access,
    kind: Kind,
    handler: fn() -> MethodRouter<App>,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Asked every few seconds: no session, no database but for the question itself.
    Health,
    /// Answers soon or is cut off.
    Quick,
    /// Lasts as long as it lasts, and has limits of its own.
    Lasting,
}

const fn route(
    method: &'static str,
    path: &'static str,
    access: Access,
    kind: Kind,
    handler: fn() -> MethodRouter<App>,
) -> Route {
    Route {
        method,
        path,
        access,
        kind,
        handler,
    }
}

const PUBLIC: Access = Access::Public;
const VIEW: Access = Access::Needs(Permission::View);
const IMPORT: Access = Access::Needs(Permission::Import);
const EXPORT: Access = Access::Needs(Permission::Export);
const EDIT: Access = Access::Needs(Permission::Edit);

#[rustfmt::skip] // a table, one route a line
pub const ROUTES: &[Route] = &[
    route("GET", "/healthz", PUBLIC, Health, || get(health::healthz)),
    route("GET", "/readyz", PUBLIC, Health, || get(health::readyz)),
    route("POST", "/session", PUBLIC, Quick, || post(sign_in::sign_in)),
    route("POST", "/session/end", PUBLIC, Quick, || post(sign_in::sign_out)),
    route("GET", SIGN_IN_BY_PROVIDER, PUBLIC, Quick, || get(oidc::begin)),
    route("GET", PROVIDER_ANSWER, PUBLIC, Quick, || get(oidc::finish)),
    route("POST", "/account/password", VIEW, Quick, || post(account::change_password)),
    route("POST", "/account/sessions/end", VIEW, Quick, || post(account::end_session)),
    route("POST", "/account/sessions/end-others", VIEW, Quick, || post(account::end_other_sessions)),
    route("POST", "/account/notifications", VIEW, Quick, || post(account::choose_news)),
    route("POST", "/account/time-zone", VIEW, Quick, || post(zone::choose)),
    route("POST", "/users/invite", EDIT, Quick, || post(told::invite)),
    route("POST", "/users/password", EDIT, Quick, || post(told::renew)),
    route("POST", "/tokens/make", EDIT, Quick, || post(told::make_token)),
    route("POST", "/webhooks/make", EDIT, Quick, || post(told::make_webhook)),
    route("GET", "/ws/events", VIEW, Lasting, || get(events::events)),
    route("POST", "/upload", IMPORT, Lasting, || post(upload::upload)),
    route("GET", "/export/actions.csv", EXPORT, Quick, || get(export::<Actions>)),
    route("GET", "/export/audit.csv", EDIT, Quick, || get(export::<Audit>)),
    route("GET", "/export/companies.csv", EXPORT, Quick, || get(export::<Companies>)),
    route("GET", "/export/contacts.csv", EXPORT, Quick, || get(export::<Contacts>)),
    route("GET", "/export/dead-letters.csv", EXPORT, Quick, || get(export::<DeadLetters>)),
    route("GET", "/export/error-groups.csv", EXPORT, Quick, || get(export::<ErrorGroups>)),
    route("GET", "/export/errors.csv", EXPORT, Quick, || get(export::<Errors>)),
    route("GET", "/export/event-queue.csv", EXPORT, Quick, || get(export::<Queue>)),
    route("GET", "/export/events.csv", EXPORT, Quick, || get(export::<Events>)),
    route("GET", "/export/imports.csv", EXPORT, Quick, || get(export::<Imports>)),
    route("GET", "/export/phase-stats.csv", EXPORT, Quick, || get(export::<Phases>)),
    route("GET", "/export/runs.csv", EXPORT, Quick, || get(export::<Runs>)),
    route("GET", "/export/schedule-runs.csv", EXPORT, Quick, || get(export::<ScheduleRuns>)),
    route("GET", "/export/schedules.csv", EXPORT, Quick, || get(export::<Schedules>)),
    route("GET", "/export/sessions.csv", VIEW, Quick, || get(sessions)),
    route("GET", "/export/settings.csv", EDIT, Quick, || get(export::<Settings>)),
    route("GET", "/export/sniper-targets.csv", EXPORT, Quick, || get(export::<Snipers>)),
    route("GET", "/export/stages.csv", EXPORT, Quick, || get(export::<Stages>)),
    route("GET", "/export/table-sizes.csv", EDIT, Quick, || get(export::<TableSizes>)),
    route("GET", "/export/throughput.csv", EXPORT, Quick, || get(export::<Throughput>)),
    route("GET", "/export/tokens.csv", EDIT, Quick, || get(export::<Tokens>)),
    route("GET", "/export/users.csv", EDIT, Quick, || get(export::<Users>)),
    route("GET", "/export/webhook-deliveries.csv", EDIT, Quick, || get(export::<Deliveries>)),
    route("GET", "/export/webhooks.csv", EDIT, Quick, || get(export::<Webhooks>)),
    route("GET", "/export/workers.csv", EXPORT, Quick, || get(export::<Workers>)),
    route("GET", "/export/workflow-health.csv", EXPORT, Quick, || get(export::<WorkflowHealth>)),
    route("GET", "/export/import/{file}", EXPORT, Quick, || get(import_report)),
];

fn routes(kind: Kind) -> Router<App> {
    ROUTES
        .iter()
        .filter(|route| route.kind == kind)
        .fold(Router::new(), |router, route| {
            router.route(route.path, (route.handler)())
        })
}

/// Arguments of server functions and the sign-in form; files go to `/upload`.
const BODY_BYTES: usize = 1 << 20;

pub(crate) fn router(app: App) -> Router {
    let limits = &app.options.limits;
    let quick = routes(Quick)
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
    let lasting = routes(Lasting).layer(DefaultBodyLimit::disable());
    let known = quick
        .merge(lasting)
        .route_layer(from_fn_with_state(app.clone(), access::enforce))
        .route_layer(from_fn_with_state(app.clone(), load_actor))
        .route_layer(session_layer(&app))
        .route_layer(CompressionLayer::new());
    let not_found = Router::new()
        .fallback(pages::not_found)
        .layer(from_fn_with_state(app.clone(), load_actor))
        .layer(session_layer(&app))
        .with_state(app.clone());
    let files = Router::new()
        .fallback_service(app.site.files().fallback(not_found))
        .layer(from_fn(site::cache));
    known
        .merge(routes(Health))
        .fallback_service(files)
        // The last one here sees a request first.
        .layer(from_fn_with_state(app.clone(), origin::check))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(app.clone(), headers::add))
        .layer(from_fn(observe::observe))
        .with_state(app)
}
