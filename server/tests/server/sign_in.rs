//! Sign-in, sessions and their end.

use std::time::Duration;

use domain::role::{Actor, Role};
use sqlx::PgPool;

use crate::app::{App, PASSWORD, header, location, options};

#[sqlx::test(migrations = "../migrations")]
async fn a_right_password_opens_a_session_and_sign_out_ends_it(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    app.engine
        .put_user("Ada", PASSWORD, Role::Viewer, &Actor::system())
        .await
        .unwrap();
    let visitor = app.visitor();
    let answer = visitor.sign_in(" ADA ", PASSWORD, "/companies?q=x").await;
    assert_eq!(
        (answer.status().as_u16(), location(&answer)),
        (303, "/companies?q=x")
    );
    let cookie = header(&answer, "set-cookie").to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43"] {
        assert!(cookie.contains(part), "{part} is missing in {cookie}");
    }
    assert!(
        !cookie.contains("Secure"),
        "plain http on this machine: {cookie}"
    );
    assert_eq!(visitor.visit("/companies").await.status(), 200);
    assert_eq!(
        location(&visitor.visit("/sign-in").await),
        "/",
        "whoever is signed in goes on"
    );

    // The cookie's value is not in the table, so that a backup of it opens no session.
    let id = cookie.split(['=', ';']).nth(1).unwrap();
    let stored: Vec<(String,)> = sqlx::query_as("SELECT id FROM app.sessions")
        .fetch_all(&pool)
        .await
        .unwrap();
    assert_eq!(stored.len(), 1);
    assert_ne!(stored[0].0, id);

    assert_eq!(
        location(
            &visitor
                .request("POST", "/session/end")
                .send()
                .await
                .unwrap()
        ),
        "/sign-in"
    );
    let stolen = app.visitor();
    let pair = cookie.split(';').next().unwrap();
    let answer = stolen
        .request("GET", "/export/errors.csv")
        .header("cookie", pair)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 401);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_id_known_before_sign_in_is_worth_nothing(pool: PgPool) {
    let app = App::start(pool).await;
    app.engine
        .put_user("ada", PASSWORD, Role::Viewer, &Actor::system())
        .await
        .unwrap();
    let first = app.visitor();
    let first_cookie = header(&first.sign_in("ada", PASSWORD, "/").await, "set-cookie").to_owned();
    let second_cookie = header(&first.sign_in("ada", PASSWORD, "/").await, "set-cookie").to_owned();
    let id = |cookie: &str| cookie.split(';').next().unwrap().to_owned();
    assert_ne!(id(&first_cookie), id(&second_cookie));
    let old = app
        .visitor()
        .request("GET", "/ws/events")
        .header("cookie", id(&first_cookie))
        .send()
        .await
        .unwrap();
    assert_eq!(old.status(), 401);
}

#[sqlx::test(migrations = "../migrations")]
async fn wrong_passwords_lead_back_and_are_slowed_down(pool: PgPool) {
    let app = App::start(pool).await;
    app.engine
        .put_user("ada", PASSWORD, Role::Viewer, &Actor::system())
        .await
        .unwrap();
    let visitor = app.visitor();
    for name in ["ada", "nobody", "nul\0"] {
        let answer = visitor.sign_in(name, "wrong password", "/companies").await;
        assert_eq!(
            location(&answer),
            "/sign-in?problem=credentials&next=%2Fcompanies",
            "{name:?}"
        );
        assert_eq!(header(&answer, "set-cookie"), "", "no session for {name:?}");
    }
    for _ in 0..4 {
        visitor.sign_in("ada", "wrong password", "/").await;
    }
    let answer = visitor.sign_in("ada", PASSWORD, "/").await;
    assert_eq!(
        location(&answer),
        "/sign-in?problem=throttled&next=%2F",
        "even the right one waits"
    );
    let other = visitor.sign_in("grace", "wrong password", "/").await;
    assert!(
        location(&other).contains("credentials"),
        "others do not wait"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn sign_in_leads_to_no_other_site(pool: PgPool) {
    let app = App::start(pool).await;
    app.engine
        .put_user("ada", PASSWORD, Role::Viewer, &Actor::system())
        .await
        .unwrap();
    for next in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\t/evil.example",
    ] {
        assert_eq!(
            location(&app.visitor().sign_in("ada", PASSWORD, next).await),
            "/",
            "{next:?}"
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_ends_after_a_time_without_requests(pool: PgPool) {
    let mut options = options();
    options.limits.session_idle = Duration::from_secs(1);
    let app = App::start_with(pool.clone(), options).await;
    let viewer = app.person(Role::Viewer).await;
    tokio::time::sleep(Duration::from_millis(2100)).await;
    // The cookie is sent in any case: what counts is the server's clock.
    let cookie: (i64,) =
        sqlx::query_as("SELECT count(*) FROM app.sessions WHERE expires_at > now()")
            .fetch_one(&pool)
            .await
            .unwrap();
    assert_eq!(cookie.0, 0);
    assert!(location(&viewer.visit("/").await).starts_with("/sign-in"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_lives_on_while_it_is_used(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let viewer = app.person(Role::Viewer).await;
    // As if the last request was hours ago.
    sqlx::query(
        "UPDATE app.sessions SET expires_at = now() + interval '1 hour',
         data = convert_to(jsonb_set(convert_from(data, 'utf8')::jsonb, '{seen}', '0')::text, 'utf8')",
    )
    .execute(&pool)
    .await
    .unwrap();
    let answer = viewer.visit("/").await;
    assert!(
        header(&answer, "set-cookie").contains("Max-Age=43"),
        "the cookie is renewed"
    );
    let (hours,): (f64,) = sqlx::query_as(
        "SELECT (extract(epoch FROM expires_at - now()) / 3600)::float8 FROM app.sessions",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(hours > 11.9, "{hours}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_disabled_person_is_out_at_once(pool: PgPool) {
    let mut options = options();
    options.limits.actor_memory = Duration::ZERO;
    let app = App::start_with(pool.clone(), options).await;
    let viewer = app.person(Role::Viewer).await;
    sqlx::query("UPDATE app.users SET disabled = TRUE")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(viewer.get("/ws/events").await.status(), 401);
    let again = viewer.sign_in("viewer", PASSWORD, "/").await;
    assert!(location(&again).contains("problem=credentials"));
    let (sessions,): (i64,) = sqlx::query_as("SELECT count(*) FROM app.sessions")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(sessions, 0, "the session is gone, too");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_password_and_a_disabled_name_end_what_is_open(pool: PgPool) {
    let app = App::start(pool).await;
    let bystander = app.person(Role::Viewer).await;
    let operator = app.person(Role::Operator).await;
    app.engine
        .put_user(
            "operator",
            "another long password",
            Role::Operator,
            &Actor::system(),
        )
        .await
        .unwrap();
    assert_eq!(operator.get("/export/errors.csv").await.status(), 401);
    operator
        .sign_in("operator", "another long password", "/")
        .await;
    assert_eq!(operator.get("/export/errors.csv").await.status(), 200);
    app.engine
        .disable_user(" Operator ", &Actor::system())
        .await
        .unwrap();
    assert_eq!(operator.get("/export/errors.csv").await.status(), 401);
    assert_eq!(bystander.visit("/companies").await.status(), 200);
    assert!(
        app.engine
            .disable_user("nobody", &Actor::system())
            .await
            .is_err()
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn over_https_the_cookie_is_secure(pool: PgPool) {
    let app = App::start_with(
        pool,
        server::web::WebOptions {
            secure: true,
            ..options()
        },
    )
    .await;
    app.engine
        .put_user("ada", PASSWORD, Role::Viewer, &Actor::system())
        .await
        .unwrap();
    let answer = app.visitor().sign_in("ada", PASSWORD, "/").await;
    assert!(header(&answer, "set-cookie").contains("Secure"));
    assert!(header(&answer, "strict-transport-security").starts_with("max-age="));
}

#[sqlx::test(migrations = "../migrations")]
async fn short_passwords_and_empty_names_are_refused(pool: PgPool) {
    let app = App::start(pool).await;
    for (name, password) in [("ada", "too short"), ("  ", PASSWORD), ("a\nb", PASSWORD)] {
        assert!(
            app.engine
                .put_user(name, password, Role::Viewer, &Actor::system())
                .await
                .is_err(),
            "{name:?}"
        );
    }
}
