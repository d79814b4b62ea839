//! `marketing.pipeline_events` as lists.

use domain::model::{
    Page,
    event::{EventFilter, EventRow},
};

use crate::{Engine, Result};

impl Engine {
    /// A page of 50 events, newest first.
    pub async fn events(&self, filter: &EventFilter) -> Result<Page<EventRow>> {
        let _ = filter;
        Err(crate::EngineError::Invalid("stub".into()))
    }

    /// Event types that occur, for the filter.
    pub async fn event_types(&self) -> Result<Vec<String>> {
        Err(crate::EngineError::Invalid("stub".into()))
    }
}
