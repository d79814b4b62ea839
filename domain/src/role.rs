//! Who may do what: three roles and their permissions.

use serde::{Deserialize, Serialize};

/// Shorter passwords are refused. Length is what counts against guessing; no other rule is made.
pub const MIN_PASSWORD_CHARS: usize = 12;

/// A role of a signed-in person. New people are viewers unless told otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Admin,
    Operator,
    #[default]
    Viewer,
}

/// One thing that a role may be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    View,
    Import,
    Retry,
    Resolve,
    Export,
    Edit,
    Delete,
}

impl Permission {
    pub const ALL: [Self; 7] = [
        Self::View,
        Self::Import,
        Self::Retry,
        Self::Resolve,
        Self::Export,
        Self::Edit,
        Self::Delete,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Import => "import",
            Self::Retry => "retry",
            Self::Resolve => "resolve",
            Self::Export => "export",
            Self::Edit => "edit",
            Self::Delete => "delete",
        }
    }
}

impl Role {
    /// From the one that may do most.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Operator, Self::Viewer];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operator => "operator",
            Self::Viewer => "viewer",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Of two roles the one that may do less: each role may do all that a lesser one may.
    #[must_use]
    pub const fn lesser(self, other: Self) -> Self {
        match (self, other) {
            (Self::Viewer, _) | (_, Self::Viewer) => Self::Viewer,
            (Self::Operator, _) | (_, Self::Operator) => Self::Operator,
            (Self::Admin, Self::Admin) => Self::Admin,
        }
    }

    /// Whether this role holds `permission`.
    pub const fn may(self, permission: Permission) -> bool {
        match self {
            Self::Admin => true,
            Self::Operator => !matches!(permission, Permission::Edit | Permission::Delete),
            Self::Viewer => matches!(permission, Permission::View),
        }
    }
}

/// The one on whose behalf something happens: a signed-in person, a program with a person's token, the command line or
/// the system itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// 0 for the command line and the system. A program's is that of the token's maker.
    pub user_id: i64,
    /// Sign-in name, an e-mail address or a plain word; stored as `resolved_by` and the like. A program's is
    /// "maker via token".
    pub name: String,
    pub role: Role,
    /// Where the act comes from, for the audit log: a web address, `cli` or `system`. Empty until a request fills it in.
    #[serde(default)]
    pub origin: String,
}

impl Actor {
    /// Whoever runs commands on the server's machine; they hold the database's password, too. `login` is their name there.
    pub fn command_line(login: Option<&str>) -> Self {
        let name = match login.map(str::trim).filter(|login| !login.is_empty()) {
            Some(login) => format!("{login} (command line)"),
            None => "command line".into(),
        };
        Self {
            user_id: 0,
            name,
            role: Role::Admin,
            origin: "cli".into(),
        }
    }

    /// A program that comes with the token of a name, in the role that it then has.
    pub fn program(
        maker_id: i64,
        maker: &str,
        token: &str,
        role: Role,
        origin: impl Into<String>,
    ) -> Self {
        Self {
            user_id: maker_id,
            name: format!("{maker} via {token}"),
            role,
            origin: origin.into(),
        }
    }

    /// What happens by itself, such as the first admin of a demo.
    pub fn system() -> Self {
        Self {
            user_id: 0,
            name: "system".into(),
            role: Role::Admin,
            origin: "system".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lesser_of_two_roles_may_what_both_may() {
        for one in Role::ALL {
            for other in Role::ALL {
                let lesser = one.lesser(other);
                assert_eq!(lesser, other.lesser(one));
                for permission in Permission::ALL {
                    let both = one.may(permission) && other.may(permission);
                    assert_eq!(lesser.may(permission), both, "{one:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn roles_hold_what_the_specification_lists() {
        let table = [
            (
                Role::Admin,
                vec![
                    "view", "import", "retry", "resolve", "export", "edit", "delete",
                ],
            ),
            (
                Role::Operator,
                vec!["view", "import", "retry", "resolve", "export"],
            ),
            (Role::Viewer, vec!["view"]),
        ];
        for (role, expected) in table {
            let held: Vec<_> = Permission::ALL
                .into_iter()
                .filter(|p| role.may(*p))
                .map(Permission::name)
                .collect();
            assert_eq!(held, expected, "{}", role.name());
        }
    }
}
