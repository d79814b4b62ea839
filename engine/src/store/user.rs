//! People who may sign in: names, roles and argon2 hashes.

use domain::role::{Actor, Role};

use crate::{Engine, Result};

impl Engine {
    /// The actor behind a name and password; `None` when either is wrong. Takes equally long in both cases.
    pub async fn sign_in(&self, name: &str, password: &str) -> Result<Option<Actor>> {
        let _ = (name, password);
        Err(crate::EngineError::Invalid("stub".into()))
    }

    /// The actor behind a session's user id; `None` when the user is gone or disabled.
    pub async fn actor(&self, user_id: i64) -> Result<Option<Actor>> {
        let _ = user_id;
        Err(crate::EngineError::Invalid("stub".into()))
    }

    /// Adds a user, or sets password and role of an existing one.
    pub async fn put_user(&self, name: &str, password: &str, role: Role) -> Result<Actor> {
        let _ = (name, password, role);
        Err(crate::EngineError::Invalid("stub".into()))
    }

    pub async fn has_users(&self) -> Result<bool> {
        Err(crate::EngineError::Invalid("stub".into()))
    }
}
