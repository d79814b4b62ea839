//! People who may sign in, as admins see them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::role::Role;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    pub name: String,
    pub role: Role,
    pub way: SignInWay,
    pub disabled: bool,
    pub created_at: DateTime<Utc>,
    pub last_sign_in_at: Option<DateTime<Utc>>,
    /// Browsers in which the person is signed in.
    pub sessions: i64,
}

/// How a person signs in; there is one way for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInWay {
    /// With a password that we keep.
    Password,
    /// By OpenID Connect at this issuer, which keeps the password and decides the role.
    Provider(String),
}

impl SignInWay {
    /// By where the person comes from, if not from here.
    pub fn of(issuer: Option<String>) -> Self {
        issuer.map_or(Self::Password, Self::Provider)
    }
}

/// A password that was made up for somebody; it is nowhere else, and told only this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub name: String,
    pub role: Role,
    pub password: String,
}
