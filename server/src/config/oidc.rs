//! Sign-in by OpenID Connect: all that it needs, or nothing.

use domain::{role::Role, role_mapping::RoleMapping};
use engine::integrations::oidc::{OidcConfig, is_safe};
use url::Url;

use super::parse::Settings;
use crate::web::routes::{PROVIDER_ANSWER, SIGN_IN};

/// The longest text of the button.
const LABEL_CHARS: usize = 60;

#[derive(Clone, Debug)]
pub struct Oidc {
    pub provider: OidcConfig,
    /// What the button on the sign-in page says.
    pub label: String,
}

impl<O: Fn(&str) -> Option<String>, E: Fn(&str) -> Option<String>> Settings<O, E> {
    /// None where nothing of it is set. What is missing beside the rest is a problem.
    pub(super) fn oidc(&mut self, public_url: Option<&Url>) -> Option<Oidc> {
        let names = [
            "OIDC_ISSUER_URL",
            "OIDC_CLIENT_ID",
            "OIDC_CLIENT_SECRET",
            "OIDC_SCOPES",
            "OIDC_ROLE_CLAIM",
            "OIDC_ROLES",
            "OIDC_DEFAULT_ROLE",
            "OIDC_LABEL",
        ];
        let set = names.into_iter().find(|name| self.get(name).is_some())?;
        let issuer = self.needed("OIDC_ISSUER_URL", set);
        let client_id = self.needed("OIDC_CLIENT_ID", set);
        let client_secret = self.needed("OIDC_CLIENT_SECRET", set);
        // Where it is wrong, it was told of already.
        self.needed("PUBLIC_URL", set);
        let roles = self.roles();
        let label = self
            .get("OIDC_LABEL")
            .unwrap_or_else(|| "Single sign-on".into());
        if label.chars().count() > LABEL_CHARS {
            self.problem(
                "OIDC_LABEL",
                &label,
                &format!("at most {LABEL_CHARS} characters"),
            );
        }
        let issuer = issuer.filter(|issuer| self.is_issuer(issuer))?;
        let scopes = self
            .get("OIDC_SCOPES")
            .unwrap_or_else(|| "openid profile email".into());
        let provider = OidcConfig {
            issuer,
            client_id: client_id?,
            client_secret: client_secret?,
            redirect: at(public_url?, PROVIDER_ANSWER)?,
            after_sign_out: at(public_url?, SIGN_IN)?,
            scopes: scopes.split_whitespace().map(str::to_owned).collect(),
            role_claim: self
                .get("OIDC_ROLE_CLAIM")
                .unwrap_or_else(|| "groups".into()),
            roles: roles?,
        };
        Some(Oidc { provider, label })
    }

    fn needed(&mut self, name: &str, set: &str) -> Option<String> {
        let value = self.get(name);
        if value.is_none() {
            self.problems.push(format!(
                "{name} is not set and {set} is: sign-in by OpenID Connect needs both"
            ));
        }
        value
    }

    fn is_issuer(&mut self, text: &str) -> bool {
        let url = Url::parse(text).ok();
        let plain = |url: &Url| {
            url.username().is_empty() && url.query().is_none() && url.fragment().is_none()
        };
        let good = url.is_some_and(|url| is_safe(&url) && plain(&url));
        if !good {
            self.problem(
                "OIDC_ISSUER_URL",
                text,
                "an https address such as https://id.example.com/realms/main",
            );
        }
        good
    }

    fn roles(&mut self) -> Option<RoleMapping> {
        let otherwise = match self.get("OIDC_DEFAULT_ROLE") {
            None => None,
            // Never admin: that would be everybody who has an account there.
            Some(text) => {
                let role = Role::parse(&text).filter(|role| *role != Role::Admin);
                if role.is_none() {
                    self.problem("OIDC_DEFAULT_ROLE", &text, "viewer or operator");
                    return None;
                }
                role
            }
        };
        let pairs = self.get("OIDC_ROLES").unwrap_or_default();
        match RoleMapping::parse(&pairs, otherwise) {
            Ok(roles) if roles.is_empty() => {
                self.problems.push(
                    "OIDC_ROLES is not set, nor is OIDC_DEFAULT_ROLE: nobody would have a role; set one of them, such as \
                     OIDC_ROLES=\"outreach-admins=admin outreach-team=operator\""
                        .into(),
                );
                None
            }
            Ok(roles) => Some(roles),
            Err(pair) => {
                self.problem(
                    "OIDC_ROLES",
                    &pair,
                    "pairs such as outreach-team=operator, of a group and admin, operator or viewer",
                );
                None
            }
        }
    }
}

/// Without the name, password and query that an address may hold: browsers are shown it.
fn at(public_url: &Url, path: &str) -> Option<Url> {
    let origin = public_url.origin().ascii_serialization();
    Url::parse(&origin).ok()?.join(path).ok()
}
