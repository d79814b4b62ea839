//! One message to a receiver, and what came back.

use std::{
    error::Error,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use reqwest::{
    Client, Response,
    header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER},
    redirect,
};
use url::{Host, Url};

use super::{
    WebhookOptions,
    address::{AddressError, Guard, Lookup, System},
    sign::signature,
};

/// Of an answer's body.
const EXCERPT_BYTES: usize = 1024;
const AGENT: &str = concat!("outreach-command-center/", env!("CARGO_PKG_VERSION"));

/// What is sent, and where to.
pub(crate) struct Message {
    pub(crate) url: String,
    pub(crate) secret: String,
    /// The same for every attempt.
    pub(crate) key: String,
    /// JSON.
    pub(crate) body: String,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// None where there was no answer.
    pub(crate) status: Option<u16>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) duration: Duration,
    /// None where it was delivered.
    pub(crate) error: Option<String>,
    /// The beginning of the answer's body, at most 1 KiB.
    pub(crate) answer: Option<String>,
}

/// Sends to webhooks; clones of the engine share it.
pub(crate) struct Post {
    options: WebhookOptions,
    guard: Guard,
    /// Made for the first message: reading the certificates of the system takes a while.
    client: OnceLock<Client>,
}

impl Post {
    pub(crate) fn new(options: WebhookOptions) -> Self {
        Self::with_lookup(options, Arc::new(System))
    }

    fn with_lookup(options: WebhookOptions, lookup: Arc<dyn Lookup>) -> Self {
        Self {
            guard: Guard::new(lookup, options.private_addresses),
            options,
            client: OnceLock::new(),
        }
    }

    pub(crate) async fn send(&self, message: Message) -> Outcome {
        let begun = Instant::now();
        let answer = self.ask(message).await;
        let mut outcome = Outcome {
            status: None,
            retry_after: None,
            duration: Duration::ZERO,
            error: None,
            answer: None,
        };
        match answer {
            Ok(answer) => {
                let status = answer.status();
                outcome.status = Some(status.as_u16());
                outcome.retry_after = retry_after(answer.headers(), Utc::now());
                outcome.error = (!status.is_success()).then(|| format!("answered with {status}"));
                outcome.answer = excerpt(answer).await;
            }
            Err(error) => outcome.error = Some(error),
        }
        outcome.duration = begun.elapsed();
        outcome
    }

    async fn ask(&self, message: Message) -> Result<Response, String> {
        let url = Url::parse(&message.url).map_err(|error| error.to_string())?;
        // The resolver sees names only.
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => Some(ip.into()),
            Some(Host::Ipv6(ip)) => Some(ip.into()),
            _ => None,
        };
        if let Some(ip) = literal {
            self.guard.check(ip).map_err(|error| error.to_string())?;
        }
        let timestamp = Utc::now().timestamp_millis();
        self.client()?
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("x-idempotency-key", message.key)
            .header("x-timestamp", timestamp.to_string())
            .header(
                "x-signature",
                signature(&message.secret, timestamp, &message.body),
            )
            .body(message.body)
            .send()
            .await
            .map_err(|error| self.told(&error))
    }

    fn client(&self) -> Result<&Client, String> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let client = Client::builder()
            .user_agent(AGENT)
            .timeout(self.options.time_out)
            // It would lead past the check of the address, and so would a proxy.
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(self.guard.clone())
            .build()
            .map_err(|error| format!("there is no way to send: {error}"))?;
        Ok(self.client.get_or_init(|| client))
    }

    /// Without the address, which may hold a token.
    fn told(&self, error: &reqwest::Error) -> String {
        if error.is_timeout() {
            return format!("no answer within {:?}", self.options.time_out);
        }
        let mut last: &dyn Error = error;
        while let Some(source) = last.source() {
            last = source;
        }
        match last.downcast_ref::<AddressError>() {
            Some(refused) => refused.to_string(),
            None if last.is::<reqwest::Error>() => "no connection".to_owned(),
            None => format!("no connection: {last}"),
        }
    }
}

/// In seconds or as a date.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = DateTime::parse_from_rfc2822(text).ok()?;
    (at.to_utc() - now).to_std().ok()
}

/// What can be read of the body until it is too much, ends or breaks off.
async fn excerpt(mut answer: Response) -> Option<String> {
    let mut body = Vec::new();
    while body.len() < EXCERPT_BYTES
        && let Ok(Some(chunk)) = answer.chunk().await
    {
        let room = EXCERPT_BYTES - body.len();
        body.extend(chunk.iter().take(room));
    }
    // PostgreSQL keeps every character but this one.
    let mut text = String::from_utf8_lossy(&body).replace('\0', " ");
    text.truncate(text.floor_char_boundary(EXCERPT_BYTES));
    Some(text).filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        net::IpAddr,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use async_trait::async_trait;
    use tokio::net::TcpListener;

    use super::*;

    /// A public address for whoever checks, and this machine for whoever connects afterwards.
    struct Rebinding(AtomicUsize);

    #[async_trait]
    impl Lookup for Rebinding {
        async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
            let asked = self.0.fetch_add(1, Ordering::SeqCst);
            let ip = if asked == 0 { "1.1.1.1" } else { "127.0.0.1" };
            Ok(vec![ip.parse().unwrap()])
        }
    }

    fn message(url: String) -> Message {
        Message {
            url,
            secret: "s".into(),
            key: "1".into(),
            body: "{}".into(),
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_elsewhere_after_the_check_is_not_connected_to() {
        crate::choose_cryptography();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let lookup = Arc::new(Rebinding(AtomicUsize::new(0)));
        let post = Post::with_lookup(WebhookOptions::default(), lookup);
        assert!(post.guard.allowed("rebinding.example").await.is_ok());
        for host in ["rebinding.example", "127.0.0.1", "[::ffff:7f00:1]"] {
            let outcome = post.send(message(format!("http://{host}:{port}/"))).await;
            assert_eq!(outcome.status, None, "{host}");
            let error = outcome.error.unwrap();
            assert!(error.contains("private network"), "{host}: {error}");
        }
        let connected = tokio::time::timeout(Duration::ZERO, listener.accept()).await;
        assert!(connected.is_err(), "somebody came");
    }

    #[test]
    fn rests_are_read_in_both_forms() {
        let now = DateTime::from_timestamp(1_445_412_450, 0).unwrap();
        let table = [
            ("120", Some(120)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(30)),
            ("Wed, 21 Oct 2015 07:00:00 GMT", None),
            ("soon", None),
        ];
        for (text, seconds) in table {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            let read = retry_after(&headers, now).map(|rest| rest.as_secs());
            assert_eq!(read, seconds, "{text}");
        }
    }
}
