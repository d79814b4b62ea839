//! People who may sign in, as admins see them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::role::Role;

/// Whether a person may sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    Active,
    Disabled,
}

impl UserState {
    pub const ALL: [Self; 2] = [Self::Active, Self::Disabled];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// `None` means "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserFilter {
    /// A part of the name.
    pub search: Option<String>,
    pub role: Option<Role>,
    pub state: Option<UserState>,
}

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

impl UserRow {
    pub const fn state(&self) -> UserState {
        if self.disabled {
            UserState::Disabled
        } else {
            UserState::Active
        }
    }
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
