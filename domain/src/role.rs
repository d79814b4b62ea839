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

    /// Whether this role holds `permission`.
    pub const fn may(self, permission: Permission) -> bool {
        match self {
            Self::Admin => true,
            Self::Operator => !matches!(permission, Permission::Edit | Permission::Delete),
            Self::Viewer => matches!(permission, Permission::View),
        }
    }
}

/// The one on whose behalf something happens: a signed-in person, the command line or the system itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// 0 for the command line and the system.
    pub user_id: i64,
    /// Sign-in name, an e-mail address or a plain word; stored as `resolved_by` and the like.
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
