//! The address of a webhook: what may be one, and how much of it is shown.

use url::{Host, Url};

use super::{WebhookOptions, address::Guard};
use crate::{EngineError, Result};

/// Of the path, since that of an n8n webhook is as good as a password.
const SHOWN: usize = 16;

/// An address that was checked.
#[derive(Clone, Debug)]
pub(crate) struct Target(Url);

impl Target {
    /// What a person typed. Where its host leads to at this moment is checked, too.
    ///
    /// # Errors
    /// [`EngineError::Invalid`], which says what is wrong.
    pub(crate) async fn parse(text: &str, options: &WebhookOptions) -> Result<Self> {
        let target = Self::read(text)?;
        let guard = Guard::new(
            std::sync::Arc::new(super::address::System),
            options.private_addresses,
        );
        target.check(&guard).await?;
        Ok(target)
    }

    fn read(text: &str) -> Result<Self> {
        let invalid = |what: &str| Err(EngineError::Invalid(what.to_owned()));
        let Ok(mut url) = Url::parse(text.trim()) else {
            return invalid(
                "Give the whole address, such as https://n8n.example.com/webhook/events",
            );
        };
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return invalid("The address must begin with https:// or http://");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return invalid(
                "Leave name and password out of the address: the receiver knows the sender by its signature",
            );
        }
        if url.as_str().len() > domain::model::webhook::LONGEST_URL {
            return invalid("The address is longer than 2,000 characters");
        }
        url.set_fragment(None);
        Ok(Self(url))
    }

    async fn check(&self, guard: &Guard) -> Result<()> {
        let checked = match self.0.host() {
            Some(Host::Domain(name)) => guard.allowed(name).await.map(drop),
            Some(Host::Ipv4(ip)) => guard.check(ip.into()),
            Some(Host::Ipv6(ip)) => guard.check(ip.into()),
            None => Ok(()),
        };
        checked.map_err(|error| EngineError::Invalid(error.to_string()))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Scheme and host, and the beginning of the path: what follows may be a secret.
pub(crate) fn shown(url: &str) -> String {
    let Ok(parsed) = Url::parse(url) else {
        return "…".to_owned();
    };
    let origin = parsed.origin().ascii_serialization();
    let path = parsed.path();
    let begun: String = path.chars().take(SHOWN).collect();
    let more = begun.len() < path.len() || parsed.query().is_some();
    format!("{origin}{begun}{}", if more { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn parsed(text: &str, private_addresses: bool) -> Result<String, String> {
        let options = WebhookOptions {
            private_addresses,
            ..WebhookOptions::default()
        };
        let target = Target::parse(text, &options).await;
        target
            .map(|target| target.as_str().to_owned())
            .map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn what_is_no_address_of_the_internet_is_refused() {
        let table = [
            ("", "whole address"),
            ("n8n.example/webhook", "whole address"),
            ("ftp://1.1.1.1/x", "https://"),
            ("file:///etc/passwd", "https://"),
            ("https://ada:secret@1.1.1.1/", "name and password"),
            ("http://127.0.0.1:5678/webhook", "private network"),
            ("http://2130706433/", "private network"),
            ("http://0x7f.1/", "private network"),
            ("http://169.254.169.254/latest/meta-data", "private network"),
            ("http://[::1]/", "private network"),
            ("http://[::ffff:10.0.0.1]/", "private network"),
            ("http://localhost:5678/", "private network"),
        ];
        for (text, says) in table {
            let error = parsed(text, false).await.unwrap_err();
            assert!(error.contains(says), "{text}: {error}");
        }
        let long = format!("https://1.1.1.1/{}", "a".repeat(2000));
        assert!(parsed(&long, false).await.is_err());
        let kept = parsed(" https://1.1.1.1/a?token=b#c ", false).await;
        assert_eq!(kept.as_deref(), Ok("https://1.1.1.1/a?token=b"));
        for text in ["http://127.0.0.1:5678/webhook", "http://localhost/"] {
            assert!(parsed(text, true).await.is_ok(), "{text}");
        }
    }

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        let table = [
            ("https://n8n.example/", "https://n8n.example/"),
            ("https://n8n.example/events", "https://n8n.example/events"),
            (
                "http://n8n.example:5678/webhook/4f2c90aa-77d1",
                "http://n8n.example:5678/webhook/4f2c90a…",
            ),
            (
                "https://n8n.example/a?token=s3cret",
                "https://n8n.example/a…",
            ),
            ("no address", "…"),
        ];
        for (url, expected) in table {
            assert_eq!(shown(url), expected);
        }
    }
}
