//! How the provider is spoken to: with the one HTTP client that the process has.

use std::{future::Future, pin::Pin, time::Duration};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, http::Response};
use reqwest::Client;
use url::{Host, Url};

/// For one answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Descriptions, keys and tokens are a few kilobytes.
const ANSWER_BYTES: usize = 1 << 20;

pub(super) struct Http(Client);

/// Why there is no answer. Without the address: what it holds may be meant for nobody else.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct HttpError(String);

impl Http {
    pub(super) fn new() -> Result<Self, HttpError> {
        let client = Client::builder()
            .timeout(PATIENCE)
            // A redirect would take the secret elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .build();
        client.map(Self).map_err(lost)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let request = reqwest::Request::try_from(request).map_err(lost)?;
        if !is_safe(request.url()) {
            return Err(HttpError("it names an address without https".into()));
        }
        let mut answer = self.0.execute(request).await.map_err(lost)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(lost)? {
            body.extend_from_slice(&chunk);
            if body.len() > ANSWER_BYTES {
                return Err(HttpError("it answered with more than 1 MiB".into()));
            }
        }
        let mut response = Response::new(body);
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// Whether a secret may go there: encrypted, or not further than this machine.
pub fn is_safe(url: &Url) -> bool {
    let local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && local)
}

fn lost(error: reqwest::Error) -> HttpError {
    HttpError(if error.is_timeout() {
        format!("no answer within {PATIENCE:?}")
    } else if error.is_connect() {
        "no connection".into()
    } else {
        error.without_url().to_string()
    })
}
