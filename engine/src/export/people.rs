//! What the columns are of people, of where one is signed in, and of tokens. Never a password, a secret or a hash.

use domain::model::{
    session::SessionRow,
    token::TokenRow,
    user::{SignInWay, UserRow},
};

use super::{
    Exported,
    rows::{text, time},
};

impl Exported for UserRow {
    const COLUMNS: &'static [&'static str] = &[
        "name",
        "role",
        "state",
        "issuer",
        "last_sign_in_at",
        "sessions",
        "created_at",
    ];

    fn cells(&self) -> Vec<String> {
        let issuer = match &self.way {
            SignInWay::Password => String::new(),
            SignInWay::Provider(issuer) => issuer.clone(),
        };
        vec![
            self.name.clone(),
            self.role.name().to_owned(),
            self.state().name().to_owned(),
            issuer,
            time(self.last_sign_in_at),
            self.sessions.to_string(),
            self.created_at.to_rfc3339(),
        ]
    }
}

impl Exported for SessionRow {
    const COLUMNS: &'static [&'static str] =
        &["browser", "address", "created_at", "seen_at", "present"];

    fn cells(&self) -> Vec<String> {
        vec![
            text(&self.browser),
            text(&self.address),
            time(self.created_at),
            time(self.seen_at),
            self.present.to_string(),
        ]
    }
}

impl Exported for TokenRow {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "name",
        "prefix",
        "role",
        "effective_role",
        "state",
        "maker",
        "maker_disabled",
        "created_at",
        "expires_at",
        "last_used_at",
        "last_used_from",
        "revoked_at",
        "revoked_by",
    ];

    fn cells(&self) -> Vec<String> {
        let used = self.last_used.as_ref();
        let revoked = self.revoked.as_ref();
        vec![
            self.id.to_string(),
            self.name.clone(),
            self.prefix.clone(),
            self.role.name().to_owned(),
            self.effective.name().to_owned(),
            self.state.name().to_owned(),
            self.maker.clone(),
            self.maker_disabled.to_string(),
            self.created_at.to_rfc3339(),
            self.expires_at.to_rfc3339(),
            time(used.map(|used| used.at)),
            text(&used.map(|used| used.from.clone())),
            time(revoked.map(|revoked| revoked.at)),
            text(&revoked.map(|revoked| revoked.by.clone())),
        ]
    }
}
