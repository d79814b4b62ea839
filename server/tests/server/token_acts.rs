//! What programs do with their tokens, and what admins do with the programs'.

use std::time::Duration;

use domain::{
    model::{
        Page,
        import::Preview,
        token::{CreatedToken, TokenRow, TokenState},
    },
    role::{Actor, Role},
};
use futures::StreamExt;
use sqlx::PgPool;
use tokio::time::timeout;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};

use crate::{
    app::{App, PASSWORD, Visitor, options},
    terminal::server,
    tokens::{program, token},
};

async fn made(admin: &Visitor, arguments: &str) -> CreatedToken {
    let answer = admin.call("/api/fn/create_api_token", arguments).await;
    assert_eq!(answer.status(), 200, "{arguments}");
    answer.json().await.unwrap()
}

async fn listed(admin: &Visitor) -> Vec<TokenRow> {
    let arguments = r#"{"query":{"state":null,"cursor":null}}"#;
    let answer = admin.call("/api/fn/api_tokens", arguments).await;
    answer.json::<Page<TokenRow>>().await.unwrap().rows
}

#[sqlx::test(migrations = "../migrations")]
async fn an_admin_makes_a_token_and_revokes_it(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let admin = app.person(Role::Admin).await;
    let arguments = r#"{"wanted":{"name":"n8n","role":"operator","days":90}}"#;
    let token = made(&admin, arguments).await;
    let answer = admin.call("/api/fn/create_api_token", arguments).await;
    assert_eq!(answer.status(), 422, "the name is taken");
    let answer = admin
        .call(
            "/api/fn/create_api_token",
            r#"{"wanted":{"name":"x","role":"viewer","days":12}}"#,
        )
        .await;
    assert_eq!(answer.status(), 422, "twelve days are not offered");

    let n8n = program(&app, &token.secret);
    let who: Actor = n8n
        .call("/api/fn/current_user", "{}")
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(
        (who.name.as_str(), who.role),
        ("admin via n8n", Role::Operator)
    );
    let rows = listed(&admin).await;
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].last_used.as_ref().unwrap().from, "127.0.0.1");
    let page = admin.visit("/tokens").await.text().await.unwrap();
    assert!(page.contains("n8n") && page.contains(&rows[0].prefix));
    assert!(!page.contains(&token.secret), "the page tells no secret");

    let revoke = format!(r#"{{"id":{}}}"#, rows[0].id);
    assert_eq!(
        n8n.call("/api/fn/revoke_api_token", &revoke).await.status(),
        403
    );
    let name: String = admin
        .call("/api/fn/revoke_api_token", &revoke)
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(name, "n8n");
    assert_eq!(n8n.call("/api/fn/current_user", "{}").await.status(), 401);
    assert_eq!(
        admin
            .call("/api/fn/revoke_api_token", &revoke)
            .await
            .status(),
        422
    );
    assert_eq!(listed(&admin).await[0].state, TokenState::Revoked);
}

/// The calls of README.md.
#[sqlx::test(migrations = "../migrations")]
async fn a_program_reads_acts_uploads_and_takes_away_and_is_on_record(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let admin = app.person(Role::Admin).await;
    let n8n = program(&app, &token(&app, "admin", Role::Operator).await);
    let name = "admin via a program as operator";

    let groups = r#"{"query":{"states":"to_do","sort":"last_seen"}}"#;
    let answer = n8n.call("/api/fn/error_groups", groups).await;
    assert_eq!(answer.status(), 200);
    let answer: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(answer["count"]["n"], 0);
    let csv = n8n.get("/export/errors.csv?e_severity=critical").await;
    assert_eq!(csv.status(), 200);
    let csv = csv.text().await.unwrap();
    assert!(csv.contains("e_severity=critical"), "{csv}");

    let upload = n8n
        .request("POST", "/upload?name=companies.csv")
        .body("company,website\nAcme,https://acme.example\n");
    let preview: Preview = upload.send().await.unwrap().json().await.unwrap();
    assert_eq!(preview.rows, [["Acme", "https://acme.example"]]);
    let importer: String = sqlx::query_scalar("SELECT importer FROM intake.import_batches")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(importer, name);

    let pause = r#"{"stage":"slots","reason":"a test"}"#;
    assert_eq!(n8n.call("/api/fn/pause_stage", pause).await.status(), 200);
    let logged: (String, String, bool) = sqlx::query_as(
        "SELECT a.actor, a.origin, u.name = 'admin' FROM marketing.audit_log a JOIN app.users u ON u.id = a.actor_id
         WHERE a.action = 'stage.pause'",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(logged, (name.into(), "127.0.0.1".into(), true));
    let log = admin
        .call(
            "/api/fn/audit_log",
            &format!(r#"{{"query":{{"filter":{{"actor":"{name}"}}}}}}"#),
        )
        .await;
    let log: serde_json::Value = log.json().await.unwrap();
    assert_eq!(log["count"]["n"], 1, "{log}");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_live_feed_ends_with_its_token(pool: PgPool) {
    let mut options = options();
    options.limits.socket_recheck = Duration::from_millis(200);
    let app = App::start_with(pool.clone(), options).await;
    app.engine
        .put_user("admin", PASSWORD, Role::Admin, &Actor::system())
        .await
        .unwrap();
    let token = token(&app, "admin", Role::Viewer).await;
    let url = format!("{}/ws/events", app.url.replace("http://", "ws://"));
    let mut request = url.into_client_request().unwrap();
    let bearer = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert("authorization", bearer);
    let (mut socket, _) = connect_async(request).await.unwrap();
    let first = timeout(Duration::from_secs(10), socket.next())
        .await
        .unwrap();
    assert!(matches!(first, Some(Ok(Message::Text(_)))), "{first:?}");

    let revoke = "UPDATE app.api_tokens SET revoked_at = now(), revoked_by = 'admin'";
    sqlx::query(revoke).execute(&pool).await.unwrap();
    let code = timeout(Duration::from_secs(10), async {
        while let Some(message) = socket.next().await {
            if let Message::Close(frame) = message.unwrap() {
                return frame.map(|frame| frame.code);
            }
        }
        None
    });
    assert_eq!(code.await.unwrap(), Some(CloseCode::Policy));
}

#[sqlx::test(migrations = "../migrations")]
async fn tokens_are_made_and_revoked_in_a_terminal(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    app.engine
        .put_user("ada", PASSWORD, Role::Operator, &Actor::system())
        .await
        .unwrap();
    let create = |role| {
        [
            "token", "create", "n8n", "--user", "Ada", "--days", "30", "--role", role,
        ]
    };
    let (output, text) = server(&pool, &create("admin")).await;
    assert!(
        !output.status.success() && text.contains("ada is operator"),
        "{text}"
    );
    let (output, text) = server(&pool, &create("operator")).await;
    assert!(output.status.success(), "{text}");
    assert!(text.contains("n8n works as operator until 20"), "{text}");
    let secret = text
        .split_whitespace()
        .find(|word| word.starts_with("occ_"))
        .unwrap()
        .to_owned();
    let n8n = program(&app, &secret);
    assert_eq!(n8n.get("/export/errors.csv").await.status(), 200);

    let (_, text) = server(&pool, &["token", "list"]).await;
    for words in [
        "n8n",
        &secret[..12],
        "operator",
        "ada",
        "live",
        "from 127.0.0.1",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains(&secret), "{text}");
    let (output, text) = server(&pool, &["token", "revoke", "N8N"]).await;
    assert!(
        output.status.success() && text.contains("n8n does not work any more"),
        "{text}"
    );
    assert_eq!(n8n.get("/export/errors.csv").await.status(), 401);
    let (output, text) = server(&pool, &["token", "revoke", "n8n"]).await;
    assert!(
        !output.status.success() && text.contains("was not found"),
        "{text}"
    );
    let (_, text) = server(&pool, &["token", "list", "--state", "live"]).await;
    assert!(!text.contains("n8n"), "{text}");
    let (_, text) = server(&pool, &["audit", "--action", "token."]).await;
    assert!(
        text.contains("token.create") && text.contains("token.revoke"),
        "{text}"
    );
    assert!(!text.contains(&secret), "{text}");
}
