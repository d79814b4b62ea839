//! People in the hands of an admin.

use domain::{
    model::user::{Invitation, UserRow},
    role::Role,
};
use sqlx::PgPool;

use crate::app::{App, Visitor, header, location};

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

async fn listed(admin: &Visitor, filter: &str) -> Vec<UserRow> {
    let arguments = format!(r#"{{"filter":{filter}}}"#);
    let answer = admin.call("/api/fn/users", &arguments).await;
    assert_eq!(answer.status(), 200, "{filter}");
    answer.json().await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn people_are_found_and_taken_away_without_what_is_secret(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let admin = app.person(Role::Admin).await;
    app.person(Role::Operator).await;
    for (name, role) in [("ada", "viewer"), ("ada_2", "operator"), ("grace", "admin")] {
        let arguments = format!(r#"{{"name":"{name}","role":"{role}"}}"#);
        made(&admin, "/api/fn/invite_user", &arguments).await;
    }
    let answer = admin
        .call("/api/fn/disable_user", r#"{"name":"grace"}"#)
        .await;
    assert_eq!(answer.status(), 200);
    let all = "admin,operator,ada,ada_2,grace";
    let table = [
        ("{}", "", all),
        (r#"{"search":"ADA"}"#, "q=ADA", "ada,ada_2"),
        (r#"{"search":"_"}"#, "q=_", "ada_2"),
        (r#"{"role":"admin"}"#, "role=admin", "admin,grace"),
        (r#"{"state":"disabled"}"#, "state=disabled", "grace"),
        (
            r#"{"role":"operator","state":"active"}"#,
            "role=operator&state=active",
            "operator,ada_2",
        ),
        (r#"{"search":"nobody"}"#, "q=nobody", ""),
    ];
    for (filter, query, expected) in table {
        let mut expected: Vec<&str> = expected
            .split(',')
            .filter(|name| !name.is_empty())
            .collect();
        expected.sort_unstable();
        let found = listed(&admin, filter).await;
        let found: Vec<&str> = found.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(found, expected, "{filter}");
        let answer = admin.get(&format!("/export/users.csv?{query}")).await;
        let text = answer.text().await.unwrap();
        let lines = text.lines().skip(2);
        let named: Vec<&str> = lines.filter_map(|line| line.split(',').next()).collect();
        assert_eq!(named, expected, "{query}");
    }
    let answer = admin.get("/export/users.csv?role=admin&e_q=x").await;
    let name = header(&answer, "content-disposition").to_owned();
    assert!(name.contains("users_role-admin_20"), "{name}");
    let text = answer.text().await.unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with(": filter role=admin"), "{text}");
    assert_eq!(
        lines[1],
        "name,role,state,issuer,last_sign_in_at,sessions,created_at"
    );
    assert!(lines[3].starts_with("grace,admin,disabled,,,0,"), "{text}");
    let hashes: Vec<String> = sqlx::query_scalar("SELECT password_hash FROM app.users")
        .fetch_all(&pool)
        .await
        .unwrap();
    let whole = admin.get("/export/users.csv").await.text().await.unwrap();
    assert!(hashes.iter().all(|hash| !whole.contains(hash)), "{whole}");
    assert_eq!(admin.get("/export/users.csv?role=boss").await.status(), 422);
    let page = admin.visit("/users?q=ada&role=viewer").await;
    let page = page.text().await.unwrap();
    assert!(
        page.contains("1 person") && !page.contains(">grace<"),
        "{page}"
    );
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

    let listed = listed(&admin, "{}").await;
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
