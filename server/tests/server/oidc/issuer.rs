//! A small issuer that says what a test wants it to say, with keys made at run time: no real provider signs wrong tokens.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(super) struct Key {
    pub(super) id: &'static str,
    pair: EcdsaKeyPair,
}

impl Key {
    pub(super) fn new(id: &'static str) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        Self { id, pair }
    }

    fn public(&self) -> Value {
        // One byte says that the point is not compressed.
        let (x, y) = self.pair.public_key().as_ref()[1..].split_at(32);
        let text = |bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({ "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.id, "x": text(x), "y": text(y) })
    }

    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = BASE64_URL_SAFE_NO_PAD.encode(signature.unwrap());
        format!("{signed}.{signature}")
    }
}

#[derive(Clone)]
pub(super) struct Issuer {
    pub(super) url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    keys: Mutex<Vec<Value>>,
    asked_for_keys: AtomicUsize,
    /// Of the sign-in that is under way.
    challenge: Mutex<String>,
    answer: Mutex<Option<Response>>,
}

impl Issuer {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let issuer = Self {
            url,
            shared: Arc::default(),
        };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(issuer.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        issuer
    }

    pub(super) fn publish(&self, key: &Key) {
        self.shared.keys.lock().unwrap().push(key.public());
    }

    pub(super) fn asked_for_keys(&self) -> usize {
        self.shared.asked_for_keys.load(Ordering::SeqCst)
    }

    /// What the next code is exchanged for, if its verifier is the challenge's.
    pub(super) fn answer_next(&self, challenge: &str, answer: impl IntoResponse) {
        *self.shared.challenge.lock().unwrap() = challenge.to_owned();
        *self.shared.answer.lock().unwrap() = Some(answer.into_response());
    }
}

async fn describe(State(issuer): State<Issuer>) -> Json<Value> {
    let url = &issuer.url;
    Json(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "none"],
    }))
}

async fn keys(State(issuer): State<Issuer>) -> Json<Value> {
    issuer.shared.asked_for_keys.fetch_add(1, Ordering::SeqCst);
    Json(json!({ "keys": *issuer.shared.keys.lock().unwrap() }))
}

#[derive(Deserialize)]
struct Exchange {
    grant_type: String,
    code_verifier: String,
    redirect_uri: String,
}

async fn token(
    State(issuer): State<Issuer>,
    headers: HeaderMap,
    Form(form): Form<Exchange>,
) -> Response {
    // Both parts are encoded as a form is before they are put together.
    let expected = BASE64_STANDARD.encode("occ:a+secret+of+the+tests");
    let knows_secret = headers["authorization"] == format!("Basic {expected}");
    let hash = digest(&SHA256, form.code_verifier.as_bytes());
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(hash);
    let is_right = knows_secret
        && form.grant_type == "authorization_code"
        && form.redirect_uri == "http://127.0.0.1:9/sign-in/oidc/callback"
        && challenge == *issuer.shared.challenge.lock().unwrap();
    let answer = issuer.shared.answer.lock().unwrap().take();
    answer.filter(|_| is_right).unwrap_or_else(|| {
        (
            StatusCode::BAD_REQUEST,
            Json(json!({ "error": "invalid_grant" })),
        )
            .into_response()
    })
}
