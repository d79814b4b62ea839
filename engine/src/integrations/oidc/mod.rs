//! Sign-in by OpenID Connect: the authorization code flow with PKCE, at any provider that says of itself where it is.

mod claims;
mod http;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{role::Role, role_mapping::RoleMapping};
use openidconnect::{
    AccessTokenHash, AuthType, AuthenticationFlow, AuthorizationCode, ClaimsVerificationError,
    ClientId, ClientSecret, CsrfToken, DiscoveryError, EndSessionUrl, IssuerUrl, LogoutRequest,
    Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl,
    ProviderMetadataWithLogout, RedirectUrl, RequestTokenError, Scope, SignatureVerificationError,
    TokenResponse,
    core::{CoreClientAuthMethod, CoreResponseType},
};
use serde::{Deserialize, Serialize};
use tokio::{sync::Mutex, time::timeout};
use url::Url;

use claims::{Client, IdToken, Tokens, Told};
pub use http::is_safe;
use http::{Http, HttpError};

/// For all that the provider is asked at one step of a sign-in; a single answer may take ten of it.
const PATIENCE: Duration = Duration::from_secs(20);
/// What the provider says of itself is read anew after this long, so that keys that it no longer uses end.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// Whoever comes so soon after a failure does not wait for the next one.
const FAILED: Duration = Duration::from_secs(3);
/// Whoever leaves does not wait longer for the provider's description, where it has to be asked.
const LEAVING: Duration = Duration::from_secs(3);
/// Longer subjects are against the specification.
const LONGEST_SUBJECT: usize = 255;

/// Which provider people come from, and who they are here.
#[derive(Clone)]
pub struct OidcConfig {
    /// To the letter as the provider writes it.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: String,
    /// Where the provider sends browsers back to.
    pub redirect: Url,
    /// Where it sends those whom it signed out.
    pub after_sign_out: Url,
    /// `openid` is asked for in any case.
    pub scopes: Vec<String>,
    /// The claim that holds groups: its name, or a path of names with dots.
    pub role_claim: String,
    pub roles: RoleMapping,
}

impl fmt::Debug for OidcConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcConfig")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// Why a sign-in did not come to its end; the texts are for operators, and hold neither tokens nor secrets.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OidcError {
    /// It gave no answer, or none that serves: the same may succeed later.
    #[error("the provider cannot be used: {0}")]
    Unreachable(String),
    /// The code or the token was not accepted.
    #[error("the sign-in was not accepted: {0}")]
    Refused(String),
}

/// What is kept on our side between the way to the provider and the way back.
#[derive(Clone, Serialize, Deserialize)]
pub struct Attempt {
    state: String,
    nonce: String,
    verifier: String,
}

impl Attempt {
    /// Whether what came back belongs to it.
    pub fn is_of(&self, state: &str) -> bool {
        self.state == state
    }
}

/// Somebody whom the provider vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vouched {
    pub issuer: String,
    pub subject: String,
    /// Only where the provider says that it was verified.
    pub email: Option<String>,
    pub username: Option<String>,
    /// By their groups; none where these give none.
    pub role: Option<Role>,
}

/// A provider, of which is known what it said of itself last.
pub struct Oidc {
    config: OidcConfig,
    http: Http,
    last: Mutex<Option<(Instant, Result<Arc<Described>, OidcError>)>>,
}

struct Described {
    client: Client,
    /// Where browsers end their session with it; some have none.
    end_session: Option<EndSessionUrl>,
}

impl Oidc {
    /// Asks nothing yet.
    ///
    /// # Errors
    /// [`OidcError::Unreachable`] where no encrypted connection can be made at all.
    pub fn new(config: OidcConfig) -> Result<Self, OidcError> {
        let http = Http::new().map_err(|error| OidcError::Unreachable(error.to_string()))?;
        Ok(Self {
            config,
            http,
            last: Mutex::new(None),
        })
    }

    /// Where a browser goes to sign in, and what is to be kept for its return.
    ///
    /// # Errors
    /// [`OidcError::Unreachable`].
    pub async fn begin(&self) -> Result<(Url, Attempt), OidcError> {
        let described = within(self.described(None)).await?;
        let client = &described.client;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let scopes = self.config.scopes.iter().filter(|scope| *scope != "openid");
        let scopes = scopes.cloned().map(Scope::new);
        let (url, state, nonce) = client
            .authorize_url(flow, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(scopes)
            .set_pkce_challenge(challenge)
            .url();
        let attempt = Attempt {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        };
        Ok((url, attempt))
    }

    /// Where somebody whom this issuer vouched for goes to end their session with the provider; none where it is another
    /// one by now, offers nothing of the kind, or does not answer soon.
    ///
    /// The provider learns which app asks, and asks the person. It would not have to, with the ID token as a hint; that
    /// would be kept with each session for this one purpose, and stand in an address.
    pub async fn end_session(&self, issuer: &str) -> Option<Url> {
        if issuer != self.config.issuer {
            return None;
        }
        let described = match timeout(LEAVING, self.described(None)).await {
            Ok(Ok(described)) => described,
            Ok(Err(error)) => {
                tracing::warn!(%error, "a session with the sign-in provider was left open");
                return None;
            }
            Err(_) => {
                tracing::warn!(
                    "a session with the sign-in provider was left open: no answer within {LEAVING:?}"
                );
                return None;
            }
        };
        let back = PostLogoutRedirectUrl::from_url(self.config.after_sign_out.clone());
        let url = LogoutRequest::from(described.end_session.clone()?)
            .set_client_id(ClientId::new(self.config.client_id.clone()))
            .set_post_logout_redirect_uri(back)
            .http_get_url();
        is_safe(&url).then_some(url)
    }

    /// Whom the provider vouches for, by the code that the browser brought back.
    ///
    /// # Errors
    /// [`OidcError`].
    pub async fn finish(&self, attempt: Attempt, code: String) -> Result<Vouched, OidcError> {
        within(self.exchange(attempt, code)).await
    }

    async fn exchange(&self, attempt: Attempt, code: String) -> Result<Vouched, OidcError> {
        let described = self.described(None).await?;
        let tokens: Tokens = described
            .client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| OidcError::Unreachable(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(attempt.verifier))
            .request_async(&self.http)
            .await
            .map_err(no_tokens)?;
        let token = tokens
            .id_token()
            .ok_or_else(|| OidcError::Refused("it came without an ID token".into()))?;
        let nonce = Nonce::new(attempt.nonce);
        let (described, told) = match read(&described.client, &tokens, token, &nonce) {
            // The provider may have begun to sign with a key that it did not have when it was asked.
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey
                | SignatureVerificationError::CryptoError(_),
            )) => {
                let described = self.described(Some(&described)).await?;
                let told = read(&described.client, &tokens, token, &nonce);
                (described, told)
            }
            told => (described, told),
        };
        let client = &described.client;
        let mut told = told.map_err(not_accepted)?;
        if told.lacks(&self.config.role_claim) && client.user_info_url().is_some() {
            told.add(self.ask_more(client, &tokens, &told).await?);
        }
        self.vouched(told)
    }

    /// Many providers keep the ID token small, and tell the rest when they are asked.
    async fn ask_more(
        &self,
        client: &Client,
        tokens: &Tokens,
        told: &Told,
    ) -> Result<Told, OidcError> {
        let request = client
            .user_info(tokens.access_token().clone(), Some(told.subject.clone()))
            .map_err(|error| OidcError::Unreachable(error.to_string()))?;
        let more = request
            .request_async(&self.http)
            .await
            .map_err(|error| OidcError::Unreachable(format!("user info: {error}")))?;
        Ok(Told::from_user_info(&more))
    }

    fn vouched(&self, told: Told) -> Result<Vouched, OidcError> {
        let subject = told.subject.to_string();
        if subject.is_empty() || subject.chars().count() > LONGEST_SUBJECT {
            return Err(OidcError::Refused(format!(
                "the subject has not 1 to {LONGEST_SUBJECT} characters"
            )));
        }
        Ok(Vouched {
            issuer: self.config.issuer.clone(),
            subject,
            role: self
                .config
                .roles
                .role_of(&told.groups(&self.config.role_claim)),
            email: told.verified_email,
            username: told.username,
        })
    }

    /// As the provider described itself last; asked anew when that was long ago, or is `stale`. Whoever asks while an
    /// answer is on its way waits for it and gets the same.
    async fn described(&self, stale: Option<&Arc<Described>>) -> Result<Arc<Described>, OidcError> {
        let mut last = self.last.lock().await;
        if let Some((at, answer)) = &*last {
            let serves = match answer {
                Ok(known) => {
                    at.elapsed() < FRESH && !stale.is_some_and(|stale| Arc::ptr_eq(stale, known))
                }
                Err(_) => at.elapsed() < FAILED,
            };
            if serves {
                return answer.clone();
            }
        }
        let answer = within(self.discover()).await.map(Arc::new);
        *last = Some((Instant::now(), answer.clone()));
        answer
    }

    async fn discover(&self) -> Result<Described, OidcError> {
        let config = &self.config;
        let unusable = |error: &dyn fmt::Display| OidcError::Unreachable(error.to_string());
        let issuer = IssuerUrl::new(config.issuer.clone()).map_err(|error| unusable(&error))?;
        let metadata = ProviderMetadataWithLogout::discover_async(issuer, &self.http)
            .await
            .map_err(undiscovered)?;
        if metadata.token_endpoint().is_none() {
            return Err(OidcError::Unreachable("it names no token endpoint".into()));
        }
        let methods = metadata.token_endpoint_auth_methods_supported();
        let only_in_body = methods.is_some_and(|methods| {
            methods.contains(&CoreClientAuthMethod::ClientSecretPost)
                && !methods.contains(&CoreClientAuthMethod::ClientSecretBasic)
        });
        let end_session = metadata.additional_metadata().end_session_endpoint.clone();
        let client = Client::from_provider_metadata(
            metadata,
            ClientId::new(config.client_id.clone()),
            Some(ClientSecret::new(config.client_secret.clone())),
        )
        .set_redirect_uri(RedirectUrl::from_url(config.redirect.clone()));
        let client = if only_in_body {
            client.set_auth_type(AuthType::RequestBody)
        } else {
            client
        };
        Ok(Described {
            client,
            end_session,
        })
    }
}

/// What the ID token says, once its signature, issuer, audience, nonce and end are checked, and that it belongs to the
/// access token that came with it.
fn read(
    client: &Client,
    tokens: &Tokens,
    token: &IdToken,
    nonce: &Nonce,
) -> Result<Told, ClaimsVerificationError> {
    let verifier = client.id_token_verifier();
    let claims = token.claims(&verifier, nonce)?;
    if let Some(expected) = claims.access_token_hash() {
        let signature = ClaimsVerificationError::SignatureVerification;
        let algorithm = token.signing_alg().map_err(signature)?;
        let key = token.signing_key(&verifier).map_err(signature)?;
        let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key)
            .map_err(|error| ClaimsVerificationError::Other(error.to_string()))?;
        if actual != *expected {
            return Err(ClaimsVerificationError::Other(
                "the access token is not the ID token's".into(),
            ));
        }
    }
    Ok(Told::from_id_token(claims))
}

async fn within<T>(work: impl Future<Output = Result<T, OidcError>>) -> Result<T, OidcError> {
    timeout(PATIENCE, work).await.unwrap_or_else(|_| {
        Err(OidcError::Unreachable(format!(
            "no answer within {PATIENCE:?}"
        )))
    })
}

fn undiscovered(error: DiscoveryError<HttpError>) -> OidcError {
    OidcError::Unreachable(match error {
        DiscoveryError::Request(error) => error.to_string(),
        // What was sent instead of the description may be anything, and is not logged.
        DiscoveryError::Parse(_) => "its description of itself cannot be read".into(),
        other => other.to_string(),
    })
}

fn no_tokens<E>(error: RequestTokenError<HttpError, E>) -> OidcError
where
    E: openidconnect::ErrorResponse + fmt::Display,
{
    match error {
        RequestTokenError::Request(error) => OidcError::Unreachable(error.to_string()),
        RequestTokenError::ServerResponse(error) => OidcError::Refused(error.to_string()),
        // Its text might quote the tokens.
        RequestTokenError::Parse(..) => {
            OidcError::Refused("the answer with the tokens cannot be read".into())
        }
        RequestTokenError::Other(text) => OidcError::Unreachable(text),
    }
}

fn not_accepted(error: ClaimsVerificationError) -> OidcError {
    OidcError::Refused(match error {
        ClaimsVerificationError::SignatureVerification(cause) => format!("the signature: {cause}"),
        other => other.to_string(),
    })
}
