//! The permission matrix: every page, server function and route × every role × signed out, from the code's own lists.

use std::collections::BTreeSet;

use app::{api::ACCESS, routes::PAGES};
use domain::role::{Permission, Role};
use server::web::{
    WebOptions,
    routes::{Access, ROUTES},
};
use sqlx::PgPool;

use crate::{
    app::{App, Visitor, location, options},
    oidc::provider::settings,
};

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Page,
    Function,
    Route,
}

pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) access: Access,
}

pub(crate) fn rows() -> Vec<Row> {
    let row = |kind, method, path: &str, access| Row {
        kind,
        method,
        path: fill(path),
        access,
    };
    let pages = PAGES
        .iter()
        .map(|page| row(Kind::Page, "GET", page.path, Access::Needs(page.permission)));
    let functions = ACCESS
        .iter()
        .map(|(path, needed)| row(Kind::Function, "POST", path, Access::Needs(*needed)));
    let routes = ROUTES
        .iter()
        .map(|route| row(Kind::Route, route.method, route.path, route.access));
    pages
        .chain(functions)
        .chain(routes)
        .chain([row(Kind::Page, "GET", "/sign-in", Access::Public)])
        .collect()
}

/// Something for the parts of a path that vary.
fn fill(path: &str) -> String {
    let segments = path.split('/').map(|part| {
        if part.starts_with([':', '{']) {
            "none.csv"
        } else {
            part
        }
    });
    segments.collect::<Vec<_>>().join("/")
}

#[sqlx::test(migrations = "../migrations")]
async fn everybody_gets_what_their_role_allows_and_nothing_else(pool: PgPool) {
    // A provider that is not there will do: without one, its routes would not be there.
    let options = WebOptions {
        oidc: Some(settings("http://127.0.0.1:1", "", "viewer")),
        ..options()
    };
    let app = App::start_with(pool, options).await;
    let mut people: Vec<(Option<Role>, Visitor)> = vec![(None, app.visitor())];
    for role in Role::ALL {
        people.push((Some(role), app.person(role).await));
    }
    let mut wrong = Vec::new();
    // Ending a session comes last: it would sign the others out.
    let mut rows = rows();
    rows.sort_by_key(|row| row.path == "/session/end");
    for row in &rows {
        for (role, visitor) in &people {
            let answer = match row.kind {
                Kind::Page => visitor.visit(&row.path).await,
                Kind::Function => visitor.call(&row.path, "{}").await,
                Kind::Route => visitor.request(row.method, &row.path).send().await.unwrap(),
            };
            let status = answer.status().as_u16();
            let to_sign_in = status == 303 && location(&answer).starts_with("/sign-in?next=");
            let as_expected = match (row.access, role) {
                (Access::Public, _) => !matches!(status, 401 | 403 | 404 | 405) && !to_sign_in,
                (Access::Needs(_), None) if row.kind == Kind::Page => to_sign_in,
                (Access::Needs(_), None) => status == 401,
                (Access::Needs(permission), Some(role)) if role.may(permission) => {
                    !matches!(status, 401 | 403 | 405) && !to_sign_in
                }
                (Access::Needs(_), Some(_)) => status == 403,
            };
            if !as_expected {
                wrong.push(format!(
                    "{} {} as {:?}: {status} {}",
                    row.method,
                    row.path,
                    role,
                    location(&answer)
                ));
            }
        }
    }
    assert!(rows.len() > 30, "the lists are empty");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_purge_needs_more_than_other_actions(pool: PgPool) {
    let app = App::start(pool).await;
    let body = |act: &str| {
        format!(
            r#"{{"request":{{"act":"{act}","selection":{{"ids":[1]}},"reason":null,"up_to":null}}}}"#
        )
    };
    for (role, act, expected) in [
        (Role::Viewer, "retry", 403),
        (Role::Operator, "retry", 422),
        (Role::Operator, "purge", 403),
        (Role::Admin, "purge", 422),
    ] {
        let person = app.person(role).await;
        let answer = person.call("/api/fn/start_action", &body(act)).await;
        assert_eq!(
            answer.status().as_u16(),
            expected,
            "{act} as {}",
            role.name()
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_act_is_logged_with_the_address_it_came_from(pool: PgPool) {
    let app = App::start(pool).await;
    let admin = app.person(Role::Admin).await;
    let answer = admin
        .call(
            "/api/fn/pause_stage",
            r#"{"stage":"slots","reason":"a test"}"#,
        )
        .await;
    assert_eq!(answer.status(), 200);
    let csv = admin.get("/export/audit.csv?action=stage.pause").await;
    let csv = csv.text().await.unwrap();
    assert_eq!(csv.lines().count(), 3, "{csv}");
    assert!(
        csv.contains(",admin,") && csv.contains(",127.0.0.1,"),
        "{csv}"
    );
}

#[test]
fn every_registered_server_function_has_a_row() {
    let registered: BTreeSet<&str> = server_fn::axum::server_fn_paths()
        .map(|(path, _)| path)
        .collect();
    let listed: BTreeSet<&str> = ACCESS.iter().map(|(path, _)| *path).collect();
    assert_eq!(registered, listed);
    assert_eq!(listed.len(), ACCESS.len(), "a path stands twice");
}

#[sqlx::test(migrations = "../migrations")]
async fn refusals_say_what_to_do(pool: PgPool) {
    let app = App::start(pool).await;
    let viewer = app.person(Role::Viewer).await;
    let body: serde_json::Value = app
        .visitor()
        .get("/export/errors.csv")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(body["kind"], "signed_out");
    let body: serde_json::Value = viewer.get("/export/errors.csv").await.json().await.unwrap();
    assert_eq!(body["kind"], "forbidden");
    assert!(
        body["detail"]
            .as_str()
            .unwrap()
            .contains(Permission::Export.name()),
        "{body}"
    );
    let answer = app.visitor().visit("/companies?q=a%26b").await;
    assert_eq!(
        location(&answer),
        "/sign-in?next=%2Fcompanies%3Fq%3Da%2526b"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn unknown_addresses_are_not_found(pool: PgPool) {
    let app = App::start(pool).await;
    let viewer = app.person(Role::Viewer).await;
    for visitor in [&app.visitor(), &viewer] {
        assert_eq!(visitor.visit("/no/such/page").await.status(), 404);
        assert_eq!(visitor.get("/pkg/none.js").await.status(), 404);
        assert_eq!(visitor.get("/pkg/../../Cargo.toml").await.status(), 404);
        assert!(
            !visitor
                .call("/api/fn/none", "{}")
                .await
                .status()
                .is_success()
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn the_style_guide_is_where_the_server_has_one(pool: PgPool) {
    for style_guide in [true, false] {
        let options = WebOptions {
            style_guide,
            ..options()
        };
        let app = App::start_with(pool.clone(), options).await;
        let viewer = app.person(Role::Viewer).await;
        let answer = viewer.visit("/styleguide").await;
        assert_eq!(answer.status(), if style_guide { 200 } else { 404 });
        let page = answer.text().await.unwrap();
        assert_eq!(page.contains("Every component in every state"), style_guide);
        assert_eq!(page.contains("Page not found"), !style_guide);
        let overview = viewer.visit("/").await.text().await.unwrap();
        assert_eq!(overview.contains("\"/styleguide\""), style_guide);
        let stranger = app.visitor().visit("/styleguide").await.status();
        assert_eq!(stranger, if style_guide { 303 } else { 404 });
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn health_needs_no_session(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    assert_eq!(app.visitor().get("/healthz").await.status(), 200);
    assert_eq!(app.visitor().get("/readyz").await.status(), 200);
    pool.close().await;
    assert_eq!(app.visitor().get("/healthz").await.status(), 200);
    assert_eq!(app.visitor().get("/readyz").await.status(), 503);
}
