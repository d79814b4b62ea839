//! `marketing.pipeline_errors`: the error console.

use domain::{
    model::{
        Page,
        action::ActionProgress,
        error::{ErrorDetail, ErrorFilter, ErrorQuery, ErrorRow},
    },
    role::Actor,
};

use crate::{Engine, Result};

/// Which errors an action applies to.
#[derive(Clone, Debug)]
pub enum ErrorSelection {
    One(i64),
    /// Everything that matches, also what is not on the page.
    Matching(ErrorFilter),
}

impl Engine {
    /// A page of 50 errors. Counts stop at 10,000.
    pub async fn errors(&self, query: &ErrorQuery) -> Result<Page<ErrorRow>> {
        let _ = query;
        Err(crate::EngineError::Invalid("stub".into()))
    }

    /// Event types that occur in the errors, for the filter.
    pub async fn error_event_types(&self) -> Result<Vec<String>> {
        Err(crate::EngineError::Invalid("stub".into()))
    }

    pub async fn error_detail(&self, id: i64) -> Result<ErrorDetail> {
        let _ = id;
        Err(crate::EngineError::Invalid("stub".into()))
    }

    /// Marks as resolved by the actor and returns how many were open before.
    pub async fn resolve_errors(&self, selection: &ErrorSelection, note: &str, actor: &Actor) -> Result<i64> {
        let _ = (selection, note, actor);
        Err(crate::EngineError::Invalid("stub".into()))
    }

    /// How many of the selected errors have an event that can be re-queued.
    pub async fn count_retryable(&self, selection: &ErrorSelection) -> Result<i64> {
        let _ = selection;
        Err(crate::EngineError::Invalid("stub".into()))
    }

    /// Re-queues the events behind the selected errors as one action.
    pub async fn retry_errors(&self, selection: &ErrorSelection, actor: &Actor) -> Result<ActionProgress> {
        let _ = (selection, actor);
        Err(crate::EngineError::Invalid("stub".into()))
    }
}
