//! Tokens that prove nothing, and keys that change.

use axum::{Json, http::StatusCode, response::Redirect};
use serde_json::{Value, json};
use sqlx::PgPool;
use url::Url;

use super::{
    issuer::{Issuer, Key},
    provider::{begin, settings},
};
use crate::app::{App, Visitor, location, options};

const ROLES: &str = "outreach-team=operator";

async fn app(pool: PgPool, issuer: &Issuer) -> App {
    let options = server::web::WebOptions {
        oidc: Some(settings(&issuer.url, ROLES, "")),
        ..options()
    };
    App::start_with(pool, options).await
}

/// What the app asked for, as the provider sees it.
struct Asked {
    state: String,
    nonce: String,
    challenge: String,
}

async fn ask(visitor: &Visitor) -> Asked {
    let url = Url::parse(&begin(visitor, "/companies").await).unwrap();
    let value = |name: &str| {
        let pair = url.query_pairs().find(|(key, _)| key == name);
        pair.unwrap().1.into_owned()
    };
    assert_eq!(value("code_challenge_method"), "S256");
    Asked {
        state: value("state"),
        nonce: value("nonce"),
        challenge: value("code_challenge"),
    }
}

/// A token that is in order.
fn good(issuer: &Issuer, asked: &Asked, key: &Key) -> (Value, Value) {
    let now = chrono::Utc::now().timestamp();
    let header = json!({ "alg": "ES256", "kid": key.id, "typ": "JWT" });
    let claims = json!({
        "iss": issuer.url, "sub": "4711", "aud": "occ", "iat": now, "exp": now + 300, "nonce": asked.nonce,
        "email": "ida@corp.example", "email_verified": "true", "groups": ["outreach-team"],
    });
    (header, claims)
}

fn tokens(id_token: &str) -> Json<Value> {
    Json(
        json!({ "access_token": "at-0123", "token_type": "Bearer", "expires_in": 60, "id_token": id_token }),
    )
}

async fn come_back(visitor: &Visitor, asked: &Asked) -> reqwest::Response {
    let path = format!("/sign-in/oidc/callback?code=c0de&state={}", asked.state);
    visitor.visit(&path).await
}

#[sqlx::test(migrations = "../migrations")]
async fn only_a_token_that_proves_everything_lets_in(pool: PgPool) {
    let issuer = Issuer::start().await;
    let (known, stranger) = (Key::new("known"), Key::new("stranger"));
    issuer.publish(&known);
    let app = app(pool.clone(), &issuer).await;
    type Spoil = fn(&mut Value, &mut Value);
    let table: [(&str, Spoil, &Key); 11] = [
        (
            "another nonce",
            |_, claims| claims["nonce"] = "x".into(),
            &known,
        ),
        (
            "no nonce",
            |_, claims| drop(claims.as_object_mut().unwrap().remove("nonce")),
            &known,
        ),
        (
            "for another app",
            |_, claims| claims["aud"] = "other".into(),
            &known,
        ),
        (
            "for others, too",
            |_, claims| claims["aud"] = json!(["occ", "other"]),
            &known,
        ),
        (
            "of another issuer",
            |_, claims| claims["iss"] = "https://other.example".into(),
            &known,
        ),
        (
            "expired",
            |_, claims| claims["exp"] = 1_700_000_000.into(),
            &known,
        ),
        (
            "without a subject",
            |_, claims| drop(claims.as_object_mut().unwrap().remove("sub")),
            &known,
        ),
        (
            "of an unknown key",
            |header, _| header["kid"] = "stranger".into(),
            &stranger,
        ),
        ("signed by another key", |_, _| {}, &stranger),
        (
            "said to be unsigned",
            |header, _| header["alg"] = "none".into(),
            &known,
        ),
        (
            "signed with the secret",
            |header, _| header["alg"] = "HS256".into(),
            &known,
        ),
    ];
    for (what, spoil, key) in table {
        let visitor = app.visitor();
        let asked = ask(&visitor).await;
        let (mut header, mut claims) = good(&issuer, &asked, &known);
        spoil(&mut header, &mut claims);
        let token = key.sign(&header, &claims);
        issuer.answer_next(&asked.challenge, tokens(&token));
        let answer = come_back(&visitor, &asked).await;
        assert_eq!(answer.status(), 400, "{what}");
        let page = answer.text().await.unwrap();
        assert!(page.contains("answer was not accepted"), "{what}: {page}");
        for secret in [&*token, "at-0123", "a secret of the tests"] {
            assert!(!page.contains(secret), "{what}");
        }
        assert_eq!(
            visitor.get("/export/errors.csv").await.status(),
            401,
            "{what}"
        );
    }
    // The third part is missing altogether.
    let visitor = app.visitor();
    let asked = ask(&visitor).await;
    let (mut header, claims) = good(&issuer, &asked, &known);
    header["alg"] = "none".into();
    let token = known.sign(&header, &claims);
    let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
    issuer.answer_next(&asked.challenge, tokens(&unsigned));
    assert_eq!(come_back(&visitor, &asked).await.status(), 400);
    let people: i64 = sqlx::query_scalar("SELECT count(*) FROM app.users")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(people, 0, "nobody was made");

    let asked = ask(&visitor).await;
    let (header, claims) = good(&issuer, &asked, &known);
    issuer.answer_next(&asked.challenge, tokens(&known.sign(&header, &claims)));
    let answer = come_back(&visitor, &asked).await;
    assert_eq!(
        (answer.status().as_u16(), location(&answer)),
        (303, "/companies")
    );
    assert_eq!(visitor.get("/export/errors.csv").await.status(), 200);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_key_is_asked_for_when_it_is_needed_and_once(pool: PgPool) {
    let issuer = Issuer::start().await;
    let (old, new) = (Key::new("old"), Key::new("new"));
    issuer.publish(&old);
    let app = app(pool, &issuer).await;
    for (key, asked_for_keys) in [(&old, 1), (&old, 1), (&new, 2), (&new, 2), (&old, 2)] {
        let visitor = app.visitor();
        let asked = ask(&visitor).await;
        if key.id == "new" && issuer.asked_for_keys() == 1 {
            issuer.publish(&new);
        }
        let (header, claims) = good(&issuer, &asked, key);
        issuer.answer_next(&asked.challenge, tokens(&key.sign(&header, &claims)));
        assert_eq!(location(&come_back(&visitor, &asked).await), "/companies");
        assert_eq!(issuer.asked_for_keys(), asked_for_keys, "{}", key.id);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_code_without_tokens_is_no_sign_in(pool: PgPool) {
    let issuer = Issuer::start().await;
    issuer.publish(&Key::new("known"));
    let app = app(pool, &issuer).await;
    let visitor = app.visitor();
    let asked = ask(&visitor).await;
    issuer.answer_next("another challenge", tokens("x"));
    assert_eq!(come_back(&visitor, &asked).await.status(), 400, "refused");
    let asked = ask(&visitor).await;
    issuer.answer_next(&asked.challenge, tokens("x"));
    assert_eq!(come_back(&visitor, &asked).await.status(), 400, "no token");
    // The secret goes nowhere else.
    let asked = ask(&visitor).await;
    issuer.answer_next(
        &asked.challenge,
        Redirect::temporary("http://127.0.0.1:1/token"),
    );
    assert_eq!(
        location(&come_back(&visitor, &asked).await),
        "/sign-in?problem=provider&next=%2Fcompanies"
    );
    let asked = ask(&visitor).await;
    issuer.answer_next(&asked.challenge, (StatusCode::BAD_GATEWAY, "<html>"));
    assert_eq!(come_back(&visitor, &asked).await.status(), 400);
}
