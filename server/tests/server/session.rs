//! Where people are signed in, as they see it, and how they end it.

use domain::{model::session::SessionRow, role::Role};
use sqlx::PgPool;

use crate::app::{App, PASSWORD, Visitor, location};

const FIREFOX: &str =
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";

async fn sessions(visitor: &Visitor) -> Vec<SessionRow> {
    let answer = visitor.call("/api/fn/sessions", "{}").await;
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

/// Sends one of the page's forms, and returns where it leads.
async fn post(visitor: &Visitor, path: &str, form: &[(&str, &str)]) -> String {
    let answer = visitor
        .request("POST", path)
        .form(form)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 303, "{path}");
    location(&answer).to_owned()
}

async fn sign_in_with(app: &App, name: &str, agent: &str) -> Visitor {
    let visitor = app.visitor();
    let form = [("name", name), ("password", PASSWORD), ("next", "/")];
    let request = visitor
        .request("POST", "/session")
        .header("user-agent", agent);
    let answer = request.form(&form).send().await.unwrap();
    assert_eq!(location(&answer), "/");
    visitor
}

async fn is_signed_in(visitor: &Visitor) -> bool {
    visitor.visit("/account").await.status() == 200
}

#[sqlx::test(migrations = "../migrations")]
async fn people_see_where_they_are_signed_in_and_end_one_of_it(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let here = app.person(Role::Viewer).await;
    let there = sign_in_with(&app, "viewer", FIREFOX).await;
    let somebody = app.person(Role::Operator).await;

    let seen = sessions(&here).await;
    assert_eq!(seen.len(), 2, "nobody else's: {seen:?}");
    let (own, other) = (&seen[0], &seen[1]);
    assert_eq!((own.present, other.present), (true, false));
    assert_eq!(own.browser, None, "a program that does not say what it is");
    assert_eq!(other.browser.as_deref(), Some("Firefox on Windows"));
    for row in &seen {
        assert_eq!(row.address.as_deref(), Some("127.0.0.1"));
        assert!(row.created_at.is_some() && row.seen_at.is_some(), "{row:?}");
    }
    let page = here.visit("/account").await.text().await.unwrap();
    for text in ["Firefox on Windows", "this one", "Sign out everywhere else"] {
        assert!(page.contains(text), "{text}");
    }

    // The number of somebody else's session ends nothing.
    let theirs = sessions(&somebody).await[0].number.to_string();
    let end = "/account/sessions/end";
    assert_eq!(
        post(&here, end, &[("number", &theirs)]).await,
        "/account?ended=0"
    );
    assert!(is_signed_in(&somebody).await);

    let number = other.number.to_string();
    assert_eq!(
        post(&here, end, &[("number", &number)]).await,
        "/account?ended=1"
    );
    assert!(!is_signed_in(&there).await, "its cookie is worth nothing");
    assert!(is_signed_in(&here).await);
    assert_eq!(
        post(&here, end, &[("number", &number)]).await,
        "/account?ended=0"
    );
    let said = here.visit("/account?ended=1").await.text().await.unwrap();
    assert!(said.contains("You are signed out there."));

    let logged: Vec<(String, String, String, serde_json::Value)> = sqlx::query_as(
        "SELECT actor, target, origin, details FROM marketing.audit_log WHERE action = 'session.end'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let details = serde_json::json!({"of": "viewer", "browser": "Firefox on Windows", "address": "127.0.0.1"});
    assert_eq!(
        logged,
        [("viewer".into(), number, "127.0.0.1".into(), details)]
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn all_others_end_at_once_and_the_present_one_stays(pool: PgPool) {
    let app = App::start(pool).await;
    let here = app.person(Role::Viewer).await;
    let somebody = app.person(Role::Operator).await;
    let others = [
        sign_in_with(&app, "viewer", FIREFOX).await,
        sign_in_with(&app, "viewer", &"long ".repeat(200)).await,
    ];
    assert_eq!(sessions(&here).await.len(), 3);
    let path = post(&here, "/account/sessions/end-others", &[]).await;
    assert_eq!(path, "/account?ended=2");
    for other in &others {
        assert!(!is_signed_in(other).await);
    }
    assert!(is_signed_in(&here).await && is_signed_in(&somebody).await);
    let left = sessions(&here).await;
    assert!(left.len() == 1 && left[0].present, "{left:?}");
    let path = post(&here, "/account/sessions/end-others", &[]).await;
    assert_eq!(path, "/account?ended=0");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_from_before_tells_nothing_until_it_is_used(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let here = app.person(Role::Viewer).await;
    sqlx::query(
        "UPDATE app.sessions SET created_at = NULL, seen_at = NULL, agent = NULL, address = NULL,
         data = convert_to((convert_from(data, 'utf8')::jsonb - 'address' || '{\"seen\": 0}')::text, 'utf8')",
    )
    .execute(&pool)
    .await
    .unwrap();
    let old = &sessions(&here).await[0];
    assert!(old.present && old.created_at.is_none() && old.address.is_none());
    let again = &sessions(&here).await[0];
    assert!(again.seen_at.is_some() && again.created_at.is_none());
    assert!(is_signed_in(&here).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_zone_is_chosen_for_oneself_and_known_to_the_next_page(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let here = app.person(Role::Viewer).await;
    let somebody = app.person(Role::Operator).await;
    let choose = async |zone: &str| post(&here, "/account/time-zone", &[("zone", zone)]).await;
    assert_eq!(choose("Europe/Nowhere").await, "/account?problem=zone");
    assert_eq!(choose("Europe/Berlin").await, "/account?zone=chosen");
    // The value of the option that is marked.
    let chosen = |page: &str| {
        let choices = page.split("name=\"zone\"").nth(1).unwrap().to_owned();
        let before = choices.split(" selected").next().unwrap();
        let option = before.rsplit("<option").next().unwrap();
        option.split('"').nth(1).unwrap().to_owned()
    };
    let mine = here.visit("/account").await.text().await.unwrap();
    assert_eq!(chosen(&mine), "Europe/Berlin");
    let theirs = somebody.visit("/account").await.text().await.unwrap();
    assert_eq!(chosen(&theirs), "UTC");
    assert_eq!(choose("browser").await, "/account?zone=chosen");
    let logged: Vec<(String, serde_json::Value)> = sqlx::query_as(
        "SELECT target, after FROM marketing.audit_log WHERE action = 'user.time_zone' ORDER BY id",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let after = |zone: &str| ("viewer".to_owned(), serde_json::json!({"time_zone": zone}));
    assert_eq!(logged, [after("Europe/Berlin"), after("browser")]);
}
