//! People in the hands of an admin.

use domain::{
    model::user::{Invitation, UserRow},
    role::Role,
};
use sqlx::PgPool;

use crate::app::{App, Visitor, location};

async fn made(admin: &Visitor, path: &str, arguments: &str) -> Invitation {
    let answer = admin.call(path, arguments).await;
    assert_eq!(answer.status(), 200, "{path} {arguments}");
    answer.json().await.unwrap()
}

async fn refused(admin: &Visitor, path: &str, arguments: &str) -> String {
    let answer = admin.call(path, arguments).await;
    assert!(answer.status().is_client_error(), "{path} {arguments}");
    let body: serde_json::Value = answer.json().await.unwrap();
    body["detail"].as_str().unwrap().to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn people_are_invited_promoted_and_shut_out(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let admin = app.person(Role::Admin).await;
    let invited = made(
        &admin,
        "/api/fn/invite_user",
        r#"{"name":" Ada ","role":"viewer"}"#,
    )
    .await;
    assert_eq!((invited.name.as_str(), invited.role), ("ada", Role::Viewer));
    let ada = app.visitor();
    assert_eq!(
        location(&ada.sign_in("ada", &invited.password, "/").await),
        "/"
    );
    assert_eq!(ada.visit("/users").await.status(), 403);
    let why = refused(
        &admin,
        "/api/fn/invite_user",
        r#"{"name":"ADA","role":"admin"}"#,
    )
    .await;
    assert!(why.contains("somebody called ada already"), "{why}");

    let listed: Vec<UserRow> = admin
        .call("/api/fn/users", "{}")
        .await
        .json()
        .await
        .unwrap();
    let names: Vec<(&str, i64)> = listed
        .iter()
        .map(|row| (row.name.as_str(), row.sessions))
        .collect();
    assert_eq!(names, [("ada", 1), ("admin", 1)]);
    assert_eq!(admin.visit("/users").await.status(), 200);

    // Nobody would be left to make an admin.
    for (path, arguments) in [
        ("/api/fn/change_role", r#"{"name":"admin","role":"viewer"}"#),
        ("/api/fn/disable_user", r#"{"name":"admin"}"#),
    ] {
        let why = refused(&admin, path, arguments).await;
        assert!(why.contains("admin is the last admin"), "{why}");
    }
    let answer = admin
        .call("/api/fn/change_role", r#"{"name":"ada","role":"admin"}"#)
        .await;
    assert_eq!(answer.status(), 200);
    let role: String = sqlx::query_scalar("SELECT role FROM app.users WHERE name = 'ada'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(role, "admin");

    let renewed = made(&admin, "/api/fn/reset_password", r#"{"name":"ada"}"#).await;
    assert_eq!(renewed.role, Role::Admin);
    assert_ne!(renewed.password, invited.password);
    assert_eq!(
        location(&ada.visit("/users").await),
        "/sign-in?next=%2Fusers",
        "signed out"
    );
    assert_eq!(
        location(&ada.sign_in("ada", &renewed.password, "/").await),
        "/"
    );

    let answer = admin
        .call("/api/fn/disable_user", r#"{"name":"ada"}"#)
        .await;
    assert_eq!(answer.status(), 200);
    assert!(location(&ada.sign_in("ada", &renewed.password, "/").await).contains("problem="));
    let again = made(&admin, "/api/fn/reset_password", r#"{"name":"ada"}"#).await;
    assert_eq!(
        location(&ada.sign_in("ada", &again.password, "/").await),
        "/"
    );
    refused(&admin, "/api/fn/reset_password", r#"{"name":"nobody"}"#).await;

    let logged: Vec<String> = sqlx::query_scalar(
        "SELECT action FROM marketing.audit_log WHERE target = 'ada' AND actor = 'admin' ORDER BY id",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    assert_eq!(
        logged,
        [
            "user.add",
            "user.role",
            "user.set",
            "user.disable",
            "user.set"
        ]
    );
    let told: bool = sqlx::query_scalar(
        "SELECT bool_or(a::TEXT LIKE '%' || $1 || '%') FROM marketing.audit_log a",
    )
    .bind(&invited.password)
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(!told, "no password is on record");
}
