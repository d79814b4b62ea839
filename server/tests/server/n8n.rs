//! n8n's answers, from a server that answers as n8n's public API is documented to.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use engine::{Engine, EngineConfig, EngineError, integrations::n8n::N8nConfig};
use serde_json::{Value, json};
use sqlx::PgPool;
use tokio::net::TcpListener;

const KEY: &str = "n8n_api_0123";

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

fn engine(pool: &PgPool, n8n: Option<&str>) -> Engine {
    let n8n = n8n.map(|url| N8nConfig {
        base_url: url.parse().unwrap(),
        api_key: KEY.into(),
    });
    let config = EngineConfig {
        database_url: String::new(),
        direct_url: String::new(),
        pooler: false,
        pool_size: 5,
        upload_dir: PathBuf::new(),
        demo: true,
        n8n,
        webhooks: Default::default(),
    };
    Engine::with_pool(pool.clone(), config)
}

fn knows_key(headers: &HeaderMap) -> bool {
    headers.get("x-n8n-api-key").is_some_and(|key| key == KEY)
}

async fn executions(
    State(asked): State<Arc<AtomicU32>>,
    Query(query): Query<Value>,
    headers: HeaderMap,
) -> Json<Value> {
    assert!(knows_key(&headers) && query["status"] == "error");
    asked.fetch_add(1, Ordering::SeqCst);
    Json(json!({
        "data": [
            { "id": 1000, "finished": false, "mode": "webhook", "status": "error", "workflowId": "wf1",
              "startedAt": "2026-11-20T10:00:00.000Z", "stoppedAt": "2026-11-20T10:00:03.000Z" },
            { "id": "999", "mode": "trigger", "workflowId": 17, "startedAt": "2026-11-20T09:00:00.000Z", "stoppedAt": null },
        ],
        "nextCursor": "more"
    }))
}

async fn workflows(headers: HeaderMap) -> Json<Value> {
    assert!(knows_key(&headers));
    Json(
        json!({ "data": [{ "id": "wf1", "name": "Enrich contacts", "active": true }], "nextCursor": null }),
    )
}

#[sqlx::test(migrations = "../migrations")]
async fn failed_executions_are_named_and_asked_for_once(pool: PgPool) {
    let asked = Arc::new(AtomicU32::new(0));
    let api = Router::new()
        .route("/n8n/api/v1/executions", get(executions))
        .route("/n8n/api/v1/workflows", get(workflows))
        .with_state(asked.clone());
    let url = format!("{}/n8n/", serve(api).await);
    let engine = engine(&pool, Some(&url));
    let (first, second) = tokio::join!(
        engine.n8n_failed_executions(),
        engine.n8n_failed_executions()
    );
    let found = first.unwrap().unwrap();
    assert_eq!(Some(&found), second.unwrap().as_ref());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
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
        format!("{url}workflow/wf1/executions/1000")
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn what_n8n_refuses_is_told_with_what_to_do(pool: PgPool) {
    type Answer = fn() -> Response;
    let table: [(Answer, &str); 4] = [
        (|| StatusCode::UNAUTHORIZED.into_response(), "N8N_API_KEY"),
        (|| StatusCode::NOT_FOUND.into_response(), "status 404"),
        (
            || "<html>a sign-in page</html>".into_response(),
            "not its API",
        ),
        (
            || {
                (
                    StatusCode::FOUND,
                    [("location", "https://elsewhere.example/")],
                )
                    .into_response()
            },
            "status 302",
        ),
    ];
    for (answer, advice) in table {
        let url = serve(Router::new().fallback(move || async move { answer() })).await;
        let refused = engine(&pool, Some(&url)).n8n_failed_executions().await;
        let error = refused.unwrap_err();
        assert!(matches!(error, EngineError::N8n(_)), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(advice) && !text.contains(KEY), "{text}");
    }
    let gone = engine(&pool, Some("http://127.0.0.1:1"));
    let text = gone.n8n_failed_executions().await.unwrap_err().to_string();
    assert!(text.contains("N8N_BASE_URL"), "{text}");
    let without = engine(&pool, None).n8n_failed_executions().await.unwrap();
    assert_eq!(without, None);
}
