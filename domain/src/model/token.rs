//! API tokens, with which programs act on behalf of the person who made them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::role::Role;

/// How many days a token may work; whoever makes one chooses.
pub const LIFETIMES: [i32; 4] = [7, 30, 90, 365];
/// Characters of a token's name.
pub const LONGEST_NAME: usize = 60;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenState {
    Live,
    Expired,
    /// Somebody ended it before its time.
    Revoked,
}

impl TokenState {
    pub const ALL: [Self; 3] = [Self::Live, Self::Expired, Self::Revoked];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A page of tokens, newest first; `None` means "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenQuery {
    pub state: Option<TokenState>,
    pub cursor: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    pub id: i64,
    pub name: String,
    /// The first characters of the secret, to recognise it by.
    pub prefix: String,
    pub role: Role,
    /// What it may do at present: the lesser of its role and its maker's.
    pub effective: Role,
    pub maker: String,
    /// It does not work then, whatever its state.
    pub maker_disabled: bool,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub state: TokenState,
    pub last_used: Option<TokenUse>,
    pub revoked: Option<Revoked>,
}

/// Noted at most once a minute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenUse {
    pub at: DateTime<Utc>,
    /// A web address.
    pub from: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revoked {
    pub at: DateTime<Utc>,
    pub by: String,
}

/// What a new token is asked to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// What it is for; no other live token is called so.
    pub name: String,
    pub role: Role,
    /// One of [`LIFETIMES`].
    pub days: i32,
}

/// A token that was just made. Its secret is nowhere else, and told only this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedToken {
    pub name: String,
    pub role: Role,
    pub expires_at: DateTime<Utc>,
    pub secret: String,
}

/// Why a token that was presented is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenRefusal {
    /// Nobody knows it: mistyped, or guessed.
    Unknown,
    Expired(DateTime<Utc>),
    Revoked(DateTime<Utc>),
    MakerDisabled,
}

impl TokenRefusal {
    /// What happened and what to do next, for whoever runs the program.
    pub fn advice(&self) -> String {
        let day = |at: &DateTime<Utc>| at.format("%-d %B %Y at %H:%M UTC").to_string();
        match self {
            Self::Unknown => {
                "There is no such token. Compare it with the one that was shown when it was made, or have an admin make another."
                    .into()
            }
            Self::Expired(at) => format!("It expired on {}. Have an admin make another.", day(at)),
            Self::Revoked(at) => format!("It was revoked on {}. Have an admin make another.", day(at)),
            Self::MakerDisabled => {
                "The person who made it may not sign in any more. Have an admin make another.".into()
            }
        }
    }
}
