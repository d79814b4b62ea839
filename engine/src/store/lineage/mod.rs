//! Lineage: from any record back to its file and line, and forward to the last thing made of it.

mod find;
mod history;

pub(crate) use find::Found;

use domain::{
    lineage::{self, LineageKey},
    model::lineage::Lineage,
};

use crate::{Engine, EngineError, Result};

impl Engine {
    /// All rows and events of the company that the record belongs to, as a graph.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn lineage(&self, of: &LineageKey) -> Result<Lineage> {
        let found = self
            .find(of)
            .await?
            .ok_or_else(|| EngineError::NotFound(format!("Record {of}")))?;
        let history = self.history(&found).await?;
        let lineage = lineage::graph(&history, &found.asked);
        if lineage.nodes.is_empty() {
            return Err(EngineError::NotFound(format!("Record {of}")));
        }
        Ok(lineage)
    }
}
