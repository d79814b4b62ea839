//! Actions on the queue and their progress.

use domain::{
    model::action::{ActionPreview, ActionProgress, Scope},
    role::Actor,
    stage::StageName,
};

use crate::{Engine, Result};

impl Engine {
    pub async fn preview_process_now(&self, stage: StageName, scope: &Scope) -> Result<ActionPreview> {
        let _ = (stage, scope);
        Err(crate::EngineError::Invalid("stub".into()))
    }

    /// Moves the scope's events to the front of the queue; a single record without an open event gets a new one.
    pub async fn process_now(&self, stage: StageName, scope: &Scope, actor: &Actor) -> Result<ActionProgress> {
        let _ = (stage, scope, actor);
        Err(crate::EngineError::Invalid("stub".into()))
    }

    pub async fn action_progress(&self, id: i64) -> Result<ActionProgress> {
        let _ = id;
        Err(crate::EngineError::Invalid("stub".into()))
    }
}
