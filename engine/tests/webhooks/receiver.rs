//! A receiver of webhooks, as n8n or somebody's own program is one.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    http::{HeaderMap, StatusCode, Uri},
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;
use tokio::{net::TcpListener, task::JoinHandle};

/// A message that came.
#[derive(Clone, Debug)]
pub(super) struct Got {
    pub(super) event: i64,
    pub(super) path: String,
    pub(super) body: Value,
    text: String,
    headers: HeaderMap,
}

impl Got {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// As the README tells receivers to check it.
    pub(super) fn is_signed_with(&self, secret: &str) -> bool {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{}.{}", self.header("x-timestamp"), self.text).as_bytes());
        let signature = self.header("x-signature");
        let bytes: Vec<u8> = (0..signature.len() / 2)
            .map(|n| u8::from_str_radix(&signature[2 * n..2 * n + 2], 16).unwrap())
            .collect();
        mac.verify_slice(&bytes).is_ok()
    }
}

/// What it answers.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) header: Option<(&'static str, &'static str)>,
    pub(super) body: String,
    pub(super) after: Duration,
}

impl From<u16> for Reply {
    fn from(status: u16) -> Self {
        Self {
            status,
            header: None,
            body: String::new(),
            after: Duration::ZERO,
        }
    }
}

pub(super) struct Receiver {
    pub(super) url: String,
    got: Arc<Mutex<Vec<Got>>>,
    reply: Arc<Mutex<Reply>>,
    server: JoinHandle<()>,
}

impl Receiver {
    pub(super) async fn start(reply: impl Into<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let got: Arc<Mutex<Vec<Got>>> = Arc::default();
        let reply = Arc::new(Mutex::new(reply.into()));
        let (list, answer) = (got.clone(), reply.clone());
        let router =
            Router::new().fallback(async move |uri: Uri, headers: HeaderMap, body: Bytes| {
                let body_text = String::from_utf8(body.to_vec()).unwrap();
                let json: Value = serde_json::from_str(&body_text).unwrap();
                list.lock().unwrap().push(Got {
                    event: json["event_id"].as_i64().unwrap(),
                    path: uri.path().to_owned(),
                    body: json,
                    text: body_text,
                    headers,
                });
                let reply = answer.lock().unwrap().clone();
                tokio::time::sleep(reply.after).await;
                let header = reply.header.unwrap_or(("x-none", "none"));
                let status = StatusCode::from_u16(reply.status).unwrap();
                (status, [header], reply.body)
            });
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self {
            url,
            got,
            reply,
            server,
        }
    }

    /// From now on.
    pub(super) fn answer(&self, reply: impl Into<Reply>) {
        *self.reply.lock().unwrap() = reply.into();
    }

    pub(super) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    /// The ids of the events that came, in the order in which they came.
    pub(super) fn events(&self) -> Vec<i64> {
        self.got().iter().map(|got| got.event).collect()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}
