//! E-mail addresses, parsed once at the edge.

use std::{fmt, str::FromStr};

use email_address::Options;
use serde::{Deserialize, Serialize};

/// A syntactically sound address; its domain is in lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct EmailAddress {
    text: String,
    /// Where the `@` stands; a quoted local part may hold others before it.
    at: usize,
}

/// The text is no address; the reason is for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("“{text}” is not an e-mail address: {reason}")]
pub struct EmailError {
    text: String,
    reason: String,
}

impl EmailAddress {
    /// The part after the `@`, in lower case.
    pub fn domain(&self) -> &str {
        &self.text[self.at + 1..]
    }

    pub fn local_part(&self) -> &str {
        &self.text[..self.at]
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for EmailAddress {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim();
        // A bare host has no mail of the world, and "Name <a@b.c>" is a header, not an address.
        let options = Options::default()
            .with_required_tld()
            .without_display_text()
            .without_domain_literal();
        let parsed = email_address::EmailAddress::parse_with_options(text, options)
            .map_err(|error| refuse(text, &error.to_string()))?;
        let local = parsed.local_part();
        Ok(Self {
            at: local.len(),
            text: format!("{local}@{}", parsed.domain().to_lowercase()),
        })
    }
}

fn refuse(text: &str, reason: &str) -> EmailError {
    EmailError {
        text: text.chars().take(80).collect(),
        reason: reason.to_string(),
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<EmailAddress> for String {
    fn from(address: EmailAddress) -> Self {
        address.text
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailError;

    fn try_from(text: String) -> Result<Self, EmailError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_their_domain_lowered() {
        let table = [
            (
                "ada.lovelace@acme.example",
                "ada.lovelace@acme.example",
                "acme.example",
            ),
            (" Ada@ACME.Example ", "Ada@acme.example", "acme.example"),
            (
                "a+b@sub.acme.example",
                "a+b@sub.acme.example",
                "sub.acme.example",
            ),
            (
                "\"a@b\"@acme.example",
                "\"a@b\"@acme.example",
                "acme.example",
            ),
        ];
        for (text, expected, domain) in table {
            let address: EmailAddress = text.parse().unwrap();
            assert_eq!(address.as_str(), expected);
            assert_eq!(address.domain(), domain);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "ada",
            "ada@",
            "@acme.example",
            "ada@acme",
            "a b@acme.example",
            "Ada <ada@acme.example>",
            "a@[127.0.0.1]",
        ] {
            assert!(text.parse::<EmailAddress>().is_err(), "{text}");
        }
    }
}
