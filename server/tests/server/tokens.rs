//! What a token opens: the permission matrix, and every way in which one is refused.

use app::api::{ACCESS, PEOPLE_ONLY};
use domain::{
    model::token::NewToken,
    role::{Actor, Role},
};
use reqwest::{
    Client, Response,
    header::{AUTHORIZATION, COOKIE, HeaderMap, ORIGIN},
    redirect,
};
use server::web::routes::Access;
use sqlx::PgPool;

use crate::{
    access::{Kind, rows},
    app::{App, PASSWORD, Visitor, header},
};

const UNKNOWN: &str = "occ_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// What no program has to do with goes by such names.
const OF_PEOPLE: [&str; 8] = [
    "user", "password", "session", "token", "role", "invit", "account", "webhook",
];

/// A token of a person, who is there already; its name says the role.
pub(crate) async fn token(app: &App, maker: &str, role: Role) -> String {
    let wanted = NewToken {
        name: format!("a program as {}", role.name()),
        role,
        days: 7,
    };
    let made = app
        .engine
        .create_api_token(&wanted, maker, &Actor::system())
        .await;
    made.unwrap_or_else(|error| panic!("{error}")).secret
}

/// A program: no cookies and no origin, only what it has for a token.
pub(crate) fn program(app: &App, token: &str) -> Visitor {
    let bearer = format!("Bearer {token}").parse().unwrap();
    let headers = HeaderMap::from_iter([(AUTHORIZATION, bearer)]);
    let client = Client::builder()
        .redirect(redirect::Policy::none())
        .default_headers(headers);
    Visitor {
        client: client.build().unwrap(),
        url: app.url.clone(),
    }
}

async fn admin(app: &App) {
    app.engine
        .put_user("admin", PASSWORD, Role::Admin, &Actor::system())
        .await
        .unwrap();
}

/// The status, and what the body says of it.
async fn told(answer: Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let body: serde_json::Value = answer.json().await.unwrap();
    let text = format!("{}: {} {}", body["kind"], body["title"], body["detail"]);
    (status, text)
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_opens_what_its_role_may_and_nothing_that_is_for_people(pool: PgPool) {
    let app = App::start(pool).await;
    admin(&app).await;
    let mut programs = Vec::new();
    for role in Role::ALL {
        programs.push((role, program(&app, &token(&app, "admin", role).await)));
    }
    let mut wrong = Vec::new();
    let health = ["/healthz", "/readyz"];
    for row in rows()
        .iter()
        .filter(|row| !health.contains(&row.path.as_str()))
    {
        let path = row.path.as_str();
        let is_open = match row.kind {
            Kind::Page => false,
            Kind::Function => !PEOPLE_ONLY.contains(&path),
            Kind::Route => {
                let is_file = path.starts_with("/export/")
                    && !OF_PEOPLE.iter().any(|word| path.contains(word));
                is_file || ["/upload", "/ws/events"].contains(&path)
            }
        };
        for (role, program) in &programs {
            let answer = match row.kind {
                Kind::Page => program.visit(path).await,
                Kind::Function => program.call(path, "{}").await,
                Kind::Route => program.request(row.method, path).send().await.unwrap(),
            };
            let status = answer.status().as_u16();
            let as_expected = match row.access {
                _ if !is_open => {
                    let (status, text) = told(answer).await;
                    status == 403 && text.contains("Not with a token")
                }
                Access::Needs(permission) if role.may(permission) => {
                    !matches!(status, 401 | 403 | 303 | 405)
                }
                Access::Needs(_) => status == 403,
                Access::Public => false,
            };
            if !as_expected {
                wrong.push(format!("{} {path} as {role:?}: {status}", row.method));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whoever adds a function that manages people, or where data goes, decides here that no program may call it.
#[test]
fn what_manages_people_is_closed_to_programs() {
    /// Who one is, which a program may ask of itself.
    const HARMLESS: [&str; 1] = ["/api/fn/current_user"];
    let functions = ACCESS.iter().map(|(path, _)| *path);
    let of_people: Vec<&str> = functions
        .filter(|path| OF_PEOPLE.iter().any(|word| path.contains(word)))
        .filter(|path| !HARMLESS.contains(path))
        .collect();
    for path in &of_people {
        assert!(PEOPLE_ONLY.contains(path), "{path} is open to programs");
    }
    for path in PEOPLE_ONLY {
        let known = ACCESS.iter().any(|(listed, _)| listed == path);
        assert!(known, "{path} is no server function");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_that_is_not_accepted_never_falls_back_to_the_cookie(pool: PgPool) {
    let app = App::start(pool).await;
    let admin = app.person(Role::Admin).await;
    let get = async |authorization: &str, path: &str| {
        let request = admin.request("GET", path);
        request
            .header(AUTHORIZATION, authorization)
            .send()
            .await
            .unwrap()
    };
    let long = format!("Bearer {}", "occ_".repeat(4_000));
    let unknown = format!("Bearer {UNKNOWN}");
    for authorization in ["Bearer", "bearer x", unknown.as_str(), long.as_str()] {
        for path in ["/export/errors.csv", "/", "/sign-in", "/no/such/page"] {
            let answer = get(authorization, path).await;
            assert_eq!(
                header(&answer, "www-authenticate"),
                "Bearer error=\"invalid_token\""
            );
            let (status, text) = told(answer).await;
            assert_eq!(status, 401, "{authorization:.40} {path}");
            assert!(
                text.contains("signed_out") && text.contains("no such token"),
                "{text}"
            );
        }
    }
    // A proxy in front of the app may ask for a password of its own.
    assert_eq!(get("Basic YTpi", "/export/errors.csv").await.status(), 200);
    // A token that is good counts, and not the cookie beside it.
    let viewer = format!("Bearer {}", token(&app, "admin", Role::Viewer).await);
    assert_eq!(get(&viewer, "/export/errors.csv").await.status(), 403);
    assert_eq!(get(&viewer, "/no/such/page").await.status(), 404);
    assert_eq!(admin.get("/export/errors.csv").await.status(), 200);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_that_has_ended_says_how(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    admin(&app).await;
    app.engine
        .put_user("eve", PASSWORD, Role::Admin, &Actor::system())
        .await
        .unwrap();
    let program = program(&app, &token(&app, "admin", Role::Operator).await);
    let ask = async || program.get("/export/errors.csv").await;
    assert_eq!(ask().await.status(), 200);

    let change = async |role| {
        let changed = app
            .engine
            .change_role("admin", role, &Actor::system())
            .await;
        changed.unwrap();
    };
    change(Role::Viewer).await;
    let (status, text) = told(ask().await).await;
    assert!(status == 403 && text.contains("export"), "{text}");
    change(Role::Admin).await;
    assert_eq!(ask().await.status(), 200);

    let ends = [
        (
            "UPDATE app.users SET disabled = TRUE WHERE name = 'admin'",
            "may not sign in any more",
        ),
        (
            "UPDATE app.users SET disabled = FALSE; UPDATE app.api_tokens SET created_at = now() - INTERVAL '9 days', expires_at = now()",
            "It expired on",
        ),
        (
            "UPDATE app.api_tokens SET revoked_at = now(), revoked_by = 'eve'",
            "It was revoked on",
        ),
        ("DELETE FROM app.api_tokens", "There is no such token"),
    ];
    for (statement, expected) in ends {
        sqlx::raw_sql(statement).execute(&pool).await.unwrap();
        let (status, text) = told(ask().await).await;
        assert!(
            status == 401 && text.contains(expected),
            "{expected}: {text}"
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn wrong_tokens_are_slowed_down_and_good_ones_are_not(pool: PgPool) {
    let app = App::start(pool).await;
    admin(&app).await;
    let good = program(&app, &token(&app, "admin", Role::Operator).await);
    let unused = program(&app, &token(&app, "admin", Role::Viewer).await);
    assert_eq!(good.get("/export/errors.csv").await.status(), 200);
    let wrong = program(&app, UNKNOWN);
    let mut seen = Vec::new();
    while seen.last() != Some(&429) && seen.len() < 40 {
        seen.push(wrong.get("/export/errors.csv").await.status().as_u16());
    }
    assert!(
        seen.len() > 20 && seen[..20].iter().all(|status| *status == 401),
        "{seen:?}"
    );
    let answer = unused.call("/api/fn/current_user", "{}").await;
    let (status, text) = told(answer).await;
    assert!(
        status == 429 && text.contains("Too many wrong tokens"),
        "{text}"
    );
    assert_eq!(
        good.get("/export/errors.csv").await.status(),
        200,
        "it is known"
    );
    // Nor are people kept out.
    app.person(Role::Admin).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn another_origin_is_refused_as_soon_as_there_is_a_cookie(pool: PgPool) {
    let app = App::start(pool).await;
    admin(&app).await;
    let program = program(&app, &token(&app, "admin", Role::Viewer).await);
    let post = || {
        program
            .request("POST", "/api/fn/current_user")
            .header("content-type", "application/json")
            .body("{}")
    };
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status();
    assert_eq!(status(post()).await, 200);
    assert_eq!(
        status(post().header(ORIGIN, "https://evil.example")).await,
        200
    );
    let upgrade = program
        .request("GET", "/ws/events")
        .header("upgrade", "websocket");
    assert_ne!(status(upgrade).await, 403);
    for cookie in ["", "a=b", "command_center_session=x"] {
        assert_eq!(
            status(post().header(COOKIE, cookie)).await,
            403,
            "{cookie:?}"
        );
        let evil = post()
            .header(COOKIE, cookie)
            .header(ORIGIN, "https://evil.example");
        assert_eq!(status(evil).await, 403);
        let ours = post().header(COOKIE, cookie).header(ORIGIN, &app.url);
        assert_eq!(status(ours).await, 200);
    }
}
