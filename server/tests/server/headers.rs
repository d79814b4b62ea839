//! Origins and the headers that protect pages.

use domain::role::Role;
use reqwest::header::ORIGIN;
use sqlx::PgPool;

use crate::app::{App, header};

#[sqlx::test(migrations = "../migrations")]
async fn pages_carry_a_policy_with_a_nonce_of_their_own(pool: PgPool) {
    let app = App::start(pool).await;
    let viewer = app.person(Role::Viewer).await;
    let mut nonces = Vec::new();
    for path in ["/", "/companies", "/sign-in", "/no/such/page"] {
        // The sign-in page is for those who are not signed in.
        let visitor = if path == "/sign-in" {
            &app.visitor()
        } else {
            &viewer
        };
        let answer = visitor.visit(path).await;
        let policy = header(&answer, "content-security-policy").to_owned();
        for part in [
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "object-src 'none'",
            "form-action 'self'",
            "'wasm-unsafe-eval'",
        ] {
            assert!(
                policy.contains(part),
                "{path}: {part} is missing in {policy}"
            );
        }
        assert!(
            policy.contains(&format!("ws://{}", app.url.trim_start_matches("http://"))),
            "{policy}"
        );
        assert_eq!(header(&answer, "cache-control"), "no-store", "{path}");
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .and_then(|rest| rest.split('\'').next())
            .unwrap()
            .to_owned();
        let body = answer.text().await.unwrap();
        for script in body.split("<script").skip(1) {
            let tag = script.split('>').next().unwrap();
            assert!(
                tag.contains(&format!("nonce=\"{nonce}\"")),
                "{path}: <script{tag}>"
            );
        }
        nonces.push(nonce);
    }
    nonces.sort();
    nonces.dedup();
    assert_eq!(nonces.len(), 4, "a nonce is used once");
}

#[sqlx::test(migrations = "../migrations")]
async fn every_answer_has_the_protective_headers(pool: PgPool) {
    let app = App::start(pool).await;
    let visitor = app.visitor();
    for path in [
        "/healthz",
        "/sign-in",
        "/",
        "/export/errors.csv",
        "/none.js",
    ] {
        let answer = visitor.visit(path).await;
        assert_eq!(
            header(&answer, "x-content-type-options"),
            "nosniff",
            "{path}"
        );
        assert_eq!(header(&answer, "referrer-policy"), "same-origin", "{path}");
        assert_eq!(
            header(&answer, "cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
        assert!(
            header(&answer, "content-security-policy").contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(
            header(&answer, "permissions-policy").contains("camera=()"),
            "{path}"
        );
        assert_eq!(
            header(&answer, "strict-transport-security"),
            "",
            "not over plain http: {path}"
        );
        assert_eq!(header(&answer, "x-request-id").len(), 32, "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn changes_come_from_our_own_pages_only(pool: PgPool) {
    let app = App::start(pool).await;
    let operator = app.person(Role::Operator).await;
    let call = |request: reqwest::RequestBuilder| async move {
        request.send().await.unwrap().status().as_u16()
    };
    let evil = "https://evil.example";

    // Of several values of a header the last one set counts, so that the visitor's own origin is replaced.
    let from = |origin: &'static str| {
        operator
            .request("POST", "/session/end")
            .header(ORIGIN, origin)
    };
    assert_eq!(call(from(evil)).await, 403);
    assert_eq!(call(from("null")).await, 403);
    let site = |value: &'static str| {
        operator
            .request("POST", "/session/end")
            .header("sec-fetch-site", value)
    };
    assert_eq!(call(site("cross-site")).await, 403);
    assert_eq!(call(site("same-site")).await, 403);
    let upgrade = operator
        .request("GET", "/ws/events")
        .header("upgrade", "websocket")
        .header(ORIGIN, evil);
    assert_eq!(call(upgrade).await, 403);
    let bare = reqwest::Client::new()
        .post(format!("{}/session", app.url))
        .form(&[("name", "a"), ("password", "b")]);
    assert_eq!(call(bare).await, 403);

    assert_eq!(
        operator.visit("/").await.status(),
        200,
        "the session survived all of this"
    );
    assert_eq!(call(site("same-origin")).await, 303);
}
