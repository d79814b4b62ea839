//! What went wrong, told to the person in front of the page.

use std::fmt;

use serde::{Deserialize, Serialize};
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

use crate::api::json::JsonText;

/// The error of every server function: what happened and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub kind: ProblemKind,
    /// What happened, in a few words.
    pub title: String,
    /// What to do about it, in a sentence.
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    SignedOut,
    Forbidden,
    NotFound,
    /// The request makes no sense as it stands.
    Invalid,
    /// The answer never came: no network, or the server is down.
    Unreachable,
    /// The server failed; its log says why.
    Failed,
}

impl ProblemKind {
    /// The HTTP status that says the same.
    pub const fn status(self) -> u16 {
        match self {
            Self::SignedOut => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Invalid => 422,
            Self::Unreachable => 503,
            Self::Failed => 500,
        }
    }
}

impl Problem {
    pub fn new(kind: ProblemKind, title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self {
            kind,
            title: title.into(),
            detail: detail.into(),
        }
    }

    pub fn signed_out() -> Self {
        Self::new(
            ProblemKind::SignedOut,
            "You are signed out",
            "Sign in again to go on; nothing was changed.",
        )
    }

    pub fn forbidden(permission: &str) -> Self {
        Self::new(
            ProblemKind::Forbidden,
            "Your role does not allow this",
            format!("It needs the permission \"{permission}\". Ask an admin for another role."),
        )
    }

    /// An address that names no record: `kind` and `id` as people know them, such as "event" and "12".
    pub fn not_found(kind: &str, id: &str) -> Self {
        Self::new(
            ProblemKind::NotFound,
            format!("Not found: {kind} {id}"),
            "It may have been removed, or the address is mistyped.",
        )
    }

    pub fn unreachable() -> Self {
        Self::new(
            ProblemKind::Unreachable,
            "The server cannot be reached",
            "Check the connection. The page goes on by itself as soon as the server answers.",
        )
    }

    pub fn failed() -> Self {
        Self::new(
            ProblemKind::Failed,
            "The server could not do this",
            "Try again in a moment. If it stays, the server's log names the cause.",
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}. {}", self.title, self.detail)
    }
}

impl std::error::Error for Problem {}

impl FromServerFnError for Problem {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::unreachable(),
            ServerFnErrorErr::Args(text) | ServerFnErrorErr::MissingArg(text) => {
                Self::new(ProblemKind::Invalid, "The request was not understood", text)
            }
            // A proxy's error page, or a server of another version: reloading brings both halves together.
            ServerFnErrorErr::Deserialization(_) => Self::new(
                ProblemKind::Failed,
                "The answer was not understood",
                "Reload the page: the server may have been updated.",
            ),
            _ => Self::failed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn travels_as_json() {
        let problem = Problem::forbidden("retry");
        assert_eq!(Problem::de(problem.ser()), problem);
    }

    #[test]
    fn every_kind_has_its_status() {
        let table = [
            (ProblemKind::SignedOut, 401),
            (ProblemKind::Forbidden, 403),
            (ProblemKind::NotFound, 404),
            (ProblemKind::Invalid, 422),
            (ProblemKind::Unreachable, 503),
            (ProblemKind::Failed, 500),
        ];
        for (kind, status) in table {
            assert_eq!(kind.status(), status, "{kind:?}");
        }
    }
}
