//! n8n's answers, from a server that answers as n8n's public API is documented to.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod support;

use engine::{Engine, EngineConfig, EngineError, integrations::n8n::N8nConfig};
use serde_json::json;
use sqlx::PgPool;
use support::config;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{header, method, path, query_param},
};

const KEY: &str = "n8n_api_0123";

fn engine(pool: &PgPool, n8n: &MockServer) -> Engine {
    let n8n = N8nConfig {
        base_url: n8n.uri().parse().unwrap(),
        api_key: KEY.into(),
    };
    Engine::with_pool(
        pool.clone(),
        EngineConfig {
            n8n: Some(n8n),
            ..config()
        },
    )
}

async fn answer(n8n: &MockServer, what: &str, body: serde_json::Value) {
    Mock::given(method("GET"))
        .and(path(format!("/api/v1/{what}")))
        .and(header("X-N8N-API-KEY", KEY))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .expect(1)
        .mount(n8n)
        .await;
}

#[sqlx::test(migrations = "../migrations")]
async fn failed_executions_are_named_and_asked_for_once(pool: PgPool) {
    let n8n = MockServer::start().await;
    answer(
        &n8n,
        "workflows",
        json!({ "data": [{ "id": "wf1", "name": "Enrich contacts", "active": true }], "nextCursor": null }),
    )
    .await;
    Mock::given(path("/api/v1/executions"))
        .and(query_param("status", "error"))
        .and(header("X-N8N-API-KEY", KEY))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({
            "data": [
                { "id": 1000, "finished": false, "mode": "webhook", "status": "error", "workflowId": "wf1",
                  "startedAt": "2026-11-20T10:00:00.000Z", "stoppedAt": "2026-11-20T10:00:03.000Z" },
                { "id": "999", "mode": "trigger", "workflowId": 17, "startedAt": "2026-11-20T09:00:00.000Z", "stoppedAt": null },
            ],
            "nextCursor": "more"
        })))
        .expect(1)
        .mount(&n8n)
        .await;
    let engine = engine(&pool, &n8n);
    let (first, second) = tokio::join!(
        engine.n8n_failed_executions(),
        engine.n8n_failed_executions()
    );
    let found = first.unwrap().unwrap();
    assert_eq!(Some(&found), second.unwrap().as_ref());
    let named: Vec<_> = found
        .rows
        .iter()
        .map(|row| (row.id.as_str(), row.workflow.as_str(), row.mode.as_str()))
        .collect();
    assert_eq!(
        named,
        [
            ("1000", "Enrich contacts", "webhook"),
            ("999", "17", "trigger")
        ]
    );
    assert_eq!(
        found.rows[0].url,
        format!("{}/workflow/wf1/executions/1000", n8n.uri())
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn what_n8n_refuses_is_told_with_what_to_do(pool: PgPool) {
    for (answer, advice) in [
        (ResponseTemplate::new(401), "N8N_API_KEY"),
        (ResponseTemplate::new(404), "status 404"),
        (
            ResponseTemplate::new(200).set_body_string("<html>a sign-in page</html>"),
            "not its API",
        ),
        (
            ResponseTemplate::new(302).insert_header("location", "https://elsewhere.example/"),
            "status 302",
        ),
    ] {
        let n8n = MockServer::start().await;
        Mock::given(method("GET"))
            .respond_with(answer)
            .mount(&n8n)
            .await;
        let error = engine(&pool, &n8n)
            .n8n_failed_executions()
            .await
            .unwrap_err();
        assert!(matches!(error, EngineError::N8n(_)), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(advice) && !text.contains(KEY), "{text}");
    }
    let gone = MockServer::start().await;
    let engine = engine(&pool, &gone);
    drop(gone);
    let text = engine
        .n8n_failed_executions()
        .await
        .unwrap_err()
        .to_string();
    assert!(text.contains("N8N_BASE_URL"), "{text}");
    let without = support::engine(&pool);
    assert_eq!(without.n8n_failed_executions().await.unwrap(), None);
}
