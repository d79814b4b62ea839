//! Providers outside: one trait for each kind of service, one file for each provider.

pub mod n8n;
pub mod oidc;
pub(crate) mod sandbox;

use async_trait::async_trait;
use domain::{email::EmailAddress, enrichment::FoundPerson};

/// Whose people are wanted.
#[derive(Clone, Debug)]
pub(crate) struct CompanyQuery {
    pub(crate) website: String,
    /// 1 for the first time that this is asked.
    pub(crate) attempt: u32,
}

/// Why a provider gave no answer; the text is shown to the operator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    /// Worth another attempt: a rate limit, a time-out, a failure on the other side.
    #[error("{0}")]
    Passing(String),
    /// No attempt can help: what was asked is not valid.
    #[error("{0}")]
    Permanent(String),
}

/// Finds the people who lead a company.
#[async_trait]
pub(crate) trait PeopleFinder: Send + Sync {
    /// Whether it invents its answers, and so has no limits to respect.
    fn is_sandbox(&self) -> bool {
        false
    }
    /// Stored as `enrichment_source`.
    fn source(&self) -> &'static str;
    /// Nobody found is an empty list, not an error.
    async fn find(&self, query: &CompanyQuery) -> Result<Vec<FoundPerson>, ProviderError>;
}

/// Says whether an address receives mail.
#[async_trait]
pub(crate) trait EmailVerifier: Send + Sync {
    /// Whether it invents its answers, and so has no limits to respect.
    fn is_sandbox(&self) -> bool {
        false
    }
    /// Stored as `verification_service`.
    fn service(&self) -> &'static str;
    /// The provider's own word: ok, catch_all, invalid, …
    async fn verify(&self, email: &EmailAddress, attempt: u32) -> Result<String, ProviderError>;
}
