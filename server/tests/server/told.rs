//! The forms that make a secret, where there is no JavaScript.

use domain::role::Role;
use reqwest::Response;
use sqlx::PgPool;

use crate::app::{App, PASSWORD, Visitor, header, location};

async fn post(visitor: &Visitor, path: &str, form: &[(&str, &str)]) -> Response {
    let request = visitor.request("POST", path).header("accept", "text/html");
    request.form(form).send().await.unwrap()
}

/// A page that has no code, is kept nowhere, and may send its own forms.
async fn page(answer: Response, status: u16) -> String {
    assert_eq!(answer.status(), status);
    assert_eq!(header(&answer, "cache-control"), "no-store");
    let policy = header(&answer, "content-security-policy");
    assert!(policy.contains("form-action 'self'"), "{policy}");
    let page = answer.text().await.unwrap();
    assert!(!page.contains("modulepreload"), "{page}");
    page
}

/// The one place of the page at which the secret stands.
fn secret(page: &str) -> String {
    let (_, field) = page.split_once("readonly").unwrap();
    let (_, value) = field.split_once("value=\"").unwrap();
    let (secret, _) = value.split_once('"').unwrap();
    assert!(secret.len() > 12, "{page}");
    assert_eq!(page.matches(secret).count(), 1, "{page}");
    secret.to_owned()
}

async fn enters(app: &App, name: &str, password: &str) -> bool {
    let visitor = app.visitor();
    location(&visitor.sign_in(name, password, "/").await) == "/"
}

#[sqlx::test(migrations = "../migrations")]
async fn a_password_is_told_once_on_the_page_that_answers(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let admin = app.person(Role::Admin).await;
    let users = admin.visit("/users").await.text().await.unwrap();
    for action in ["/users/invite", "/users/password"] {
        assert!(users.contains(&format!("action=\"{action}\"")), "{action}");
    }
    let invited = post(
        &admin,
        "/users/invite",
        &[("name", " Ada "), ("role", "operator")],
    )
    .await;
    let invited = page(invited, 200).await;
    assert!(invited.contains("ada may sign in as operator"), "{invited}");
    let first = secret(&invited);
    assert!(enters(&app, "ada", &first).await);

    for (form, says) in [
        (
            vec![("name", "ada"), ("role", "viewer")],
            "somebody called ada already",
        ),
        (vec![("name", "eve"), ("role", "boss")], "Choose a role"),
        (vec![("name", "eve")], "role"),
        (vec![("name", "a\tb"), ("role", "viewer")], "role=\"alert\""),
    ] {
        let refused = page(post(&admin, "/users/invite", &form).await, 422).await;
        assert!(
            refused.contains(says) && refused.contains("href=\"/users\""),
            "{refused}"
        );
    }

    let asked = page(
        post(&admin, "/users/password", &[("name", "<b>")]).await,
        200,
    )
    .await;
    assert!(
        asked.contains("for &lt;b") && !asked.contains("<b>"),
        "{asked}"
    );
    let asked = page(
        post(&admin, "/users/password", &[("name", "ada")]).await,
        200,
    )
    .await;
    assert!(asked.contains("New password for ada"), "{asked}");
    assert!(enters(&app, "ada", &first).await, "nothing was done yet");
    let sure = [("name", "ada"), ("sure", "yes")];
    let renewed = page(post(&admin, "/users/password", &sure).await, 200).await;
    let second = secret(&renewed);
    assert!(!enters(&app, "ada", &first).await);
    assert!(enters(&app, "ada", &second).await);
    let nobody = [("name", "nobody"), ("sure", "yes")];
    page(post(&admin, "/users/password", &nobody).await, 404).await;

    let told: bool = sqlx::query_scalar(
        "SELECT bool_or(a::TEXT LIKE '%' || $1 || '%' OR a::TEXT LIKE '%' || $2 || '%') FROM marketing.audit_log a",
    )
    .bind(&first)
    .bind(&second)
    .fetch_one(&pool)
    .await
    .unwrap();
    assert!(!told, "no password is on record");
    let operator = app.person(Role::Operator).await;
    assert_eq!(
        post(&operator, "/users/password", &sure).await.status(),
        403
    );
    assert!(enters(&app, "ada", &second).await);
    // Nobody is led to do it by another site.
    let forged = admin.request("POST", "/users/password").form(&sure);
    let forged = forged.header("origin", "https://evil.example").send().await;
    assert_eq!(forged.unwrap().status(), 403);
    assert!(enters(&app, "admin", PASSWORD).await);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_is_told_once_on_the_page_that_answers(pool: PgPool) {
    let app = App::start(pool).await;
    let admin = app.person(Role::Admin).await;
    let tokens = admin.visit("/tokens").await.text().await.unwrap();
    assert!(tokens.contains("action=\"/tokens/make\""), "{tokens}");
    let form = |days| [("name", "n8n"), ("role", "operator"), ("days", days)];
    for days in ["", "31"] {
        let refused = page(post(&admin, "/tokens/make", &form(days)).await, 422).await;
        assert!(refused.contains("7, 30, 90 or 365 days"), "{refused}");
    }
    let made = page(post(&admin, "/tokens/make", &form("30")).await, 200).await;
    assert!(made.contains("n8n works as operator until"), "{made}");
    let token = secret(&made);
    let answer = app
        .visitor()
        .request("GET", "/export/errors.csv")
        .bearer_auth(&token)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
}
