//! The built-in provider: invented people and answers, no network, no accounts, no keys.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    email::EmailAddress,
    enrichment::FoundPerson,
    sandbox::{self, Behaviour, Shares},
    website::Website,
};
use tokio::time::sleep;

use super::{CompanyQuery, EmailVerifier, PeopleFinder, ProviderError};
use crate::queue::SandboxOptions;

#[derive(Clone)]
pub(crate) struct Sandbox {
    shares: Shares,
    slow_delay: Duration,
}

impl Sandbox {
    pub(crate) fn new(options: SandboxOptions) -> Self {
        Self {
            shares: Shares {
                not_found: options.not_found,
                failing: options.failing,
                slow: options.slow,
            },
            slow_delay: options.slow_delay,
        }
    }

    /// What happens to this key on this attempt, after the delay that belongs to it.
    async fn behave(
        &self,
        key: &str,
        attempt: u32,
        failure: &str,
    ) -> Result<Behaviour, ProviderError> {
        let behaviour = sandbox::behaviour(key, attempt, &self.shares);
        match behaviour {
            Behaviour::Slow => sleep(self.slow_delay).await,
            Behaviour::Failing => return Err(ProviderError::Passing(failure.to_owned())),
            Behaviour::Normal | Behaviour::NotFound => {}
        }
        Ok(behaviour)
    }
}

#[async_trait]
impl PeopleFinder for Sandbox {
    fn is_sandbox(&self) -> bool {
        true
    }

    fn source(&self) -> &'static str {
        "sandbox"
    }

    async fn find(&self, query: &CompanyQuery) -> Result<Vec<FoundPerson>, ProviderError> {
        let domain = Website::parse(&query.website).map_err(|error| {
            ProviderError::Permanent(format!(
                "The website {} cannot be used: {error}",
                query.website
            ))
        })?;
        let failure =
            "The sandbox provider is unavailable (HTTP 503, as configured by SANDBOX_FAILING)";
        match self.behave(domain.domain(), query.attempt, failure).await? {
            Behaviour::NotFound => Ok(Vec::new()),
            _ => Ok(sandbox::people(domain.domain())),
        }
    }
}

#[async_trait]
impl EmailVerifier for Sandbox {
    fn is_sandbox(&self) -> bool {
        true
    }

    fn service(&self) -> &'static str {
        "sandbox"
    }

    async fn verify(&self, email: &EmailAddress, attempt: u32) -> Result<String, ProviderError> {
        let failure =
            "The sandbox verifier is unavailable (HTTP 503, as configured by SANDBOX_FAILING)";
        // Of an address that may belong to somebody it says nothing.
        if !email.domain().ends_with(".example") {
            return Ok("unknown".to_owned());
        }
        self.behave(email.as_str(), attempt, failure).await?;
        Ok(sandbox::verify(email.as_str()).to_owned())
    }
}
