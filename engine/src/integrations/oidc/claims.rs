//! What a provider says of a person.

use std::collections::HashMap;

use openidconnect::{
    AdditionalClaims, EmptyExtraTokenFields, EndUserEmail, EndUserUsername, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, IdTokenClaims, IdTokenFields, StandardErrorResponse,
    StandardTokenResponse, SubjectIdentifier, UserInfoClaims,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken,
        CoreRevocationErrorResponse, CoreTokenIntrospectionResponse, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The claims that the specification does not name, among them those that hold groups.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct OtherClaims(HashMap<String, Value>);

impl AdditionalClaims for OtherClaims {}

pub(super) type IdToken = openidconnect::IdToken<
    OtherClaims,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
pub(super) type Tokens = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
/// As discovery makes it.
pub(super) type Client = openidconnect::Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// What counts of it here.
pub(super) struct Told {
    pub(super) subject: SubjectIdentifier,
    pub(super) verified_email: Option<String>,
    pub(super) username: Option<String>,
    other: HashMap<String, Value>,
}

impl Told {
    pub(super) fn from_id_token(claims: &IdTokenClaims<OtherClaims, CoreGenderClaim>) -> Self {
        Self {
            subject: claims.subject().clone(),
            verified_email: verified(claims.email(), claims.email_verified()),
            username: name(claims.preferred_username()),
            other: claims.additional_claims().0.clone(),
        }
    }

    pub(super) fn from_user_info(claims: &UserInfoClaims<OtherClaims, CoreGenderClaim>) -> Self {
        Self {
            subject: claims.subject().clone(),
            verified_email: verified(claims.email(), claims.email_verified()),
            username: name(claims.preferred_username()),
            other: claims.additional_claims().0.clone(),
        }
    }

    /// Whether it pays to ask the provider for more.
    pub(super) fn lacks(&self, role_claim: &str) -> bool {
        self.verified_email.is_none() || claim(&self.other, role_claim).is_none()
    }

    /// What was told first counts.
    pub(super) fn add(&mut self, more: Self) {
        self.verified_email = self.verified_email.take().or(more.verified_email);
        self.username = self.username.take().or(more.username);
        for (name, value) in more.other {
            self.other.entry(name).or_insert(value);
        }
    }

    pub(super) fn groups(&self, role_claim: &str) -> Vec<String> {
        match claim(&self.other, role_claim) {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(several)) => several
                .iter()
                .filter_map(|group| Some(group.as_str()?.to_owned()))
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn verified(email: Option<&EndUserEmail>, is_verified: Option<bool>) -> Option<String> {
    email
        .filter(|_| is_verified == Some(true))
        .map(|email| email.to_string())
}

fn name(name: Option<&EndUserUsername>) -> Option<String> {
    name.map(|name| name.to_string())
}

/// Of this very name, which may be an address, or at the end of a path such as `realm_access.roles`.
fn claim<'a>(claims: &'a HashMap<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(found) = claims.get(name) {
        return Some(found);
    }
    let mut path = name.split('.');
    let first = claims.get(path.next()?)?;
    path.try_fold(first, |value, part| value.get(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_found_by_name_or_path() {
        let claims = serde_json::json!({
            "groups": ["a", 7, "b"],
            "role": "one",
            "realm_access": { "roles": ["deep"] },
            "https://occ.example/roles": ["namespaced"],
        });
        let told = Told {
            subject: SubjectIdentifier::new("1".into()),
            verified_email: None,
            username: None,
            other: serde_json::from_value(claims).unwrap(),
        };
        let table: [(&str, &[&str]); 6] = [
            ("groups", &["a", "b"]),
            ("role", &["one"]),
            ("realm_access.roles", &["deep"]),
            ("https://occ.example/roles", &["namespaced"]),
            ("realm_access", &[]),
            ("groups.none", &[]),
        ];
        for (name, expected) in table {
            assert_eq!(told.groups(name), expected, "{name}");
        }
    }
}
