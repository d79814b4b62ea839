//! People replace their own password.

use domain::role::{Actor, Role};
use sqlx::PgPool;

use crate::app::{App, PASSWORD, Visitor, location};

const NEW: &str = "a staple of another battery";

async fn change(visitor: &Visitor, present: &str, new: &str, again: &str) -> String {
    let form = [("present", present), ("new", new), ("again", again)];
    let request = visitor.request("POST", "/account/password").form(&form);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 303);
    location(&answer).to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_password_is_replaced_by_its_owner_who_stays_signed_in_here_only(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let here = app.person(Role::Viewer).await;
    let elsewhere = app.visitor();
    elsewhere.sign_in("viewer", PASSWORD, "/").await;
    assert_eq!(elsewhere.visit("/account").await.status(), 200);

    for (present, new, again, expected) in [
        (PASSWORD, NEW, "something else", "differ"),
        ("wrong password", NEW, NEW, "present"),
        (PASSWORD, "short", "short", "short"),
    ] {
        let path = change(&here, present, new, again).await;
        assert_eq!(path, format!("/account?problem={expected}"));
    }
    assert_eq!(
        elsewhere.visit("/account").await.status(),
        200,
        "nothing was changed"
    );

    assert_eq!(
        change(&here, PASSWORD, NEW, NEW).await,
        "/account?changed=yes"
    );
    assert_eq!(here.visit("/account").await.status(), 200);
    assert_eq!(
        location(&elsewhere.visit("/account").await),
        "/sign-in?next=%2Faccount"
    );
    let again = app.visitor();
    assert!(
        location(&again.sign_in("viewer", PASSWORD, "/").await).contains("problem=credentials")
    );
    assert_eq!(location(&again.sign_in("viewer", NEW, "/").await), "/");
    let logged: (String, String, String) = sqlx::query_as(
        "SELECT actor, target, origin FROM marketing.audit_log WHERE action = 'user.password'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(
        logged,
        ("viewer".into(), "viewer".into(), "127.0.0.1".into())
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn guessing_at_the_present_password_is_slowed_down(pool: PgPool) {
    let app = App::start(pool).await;
    let here = app.person(Role::Viewer).await;
    let mut answers = Vec::new();
    for _ in 0..8 {
        answers.push(change(&here, "wrong password", NEW, NEW).await);
    }
    assert_eq!(answers[0], "/account?problem=present");
    assert_eq!(answers[7], "/account?problem=throttled");
    let kept = app.engine.sign_in("viewer", PASSWORD).await.unwrap();
    assert_eq!(kept.map(|actor: Actor| actor.role), Some(Role::Viewer));
}
