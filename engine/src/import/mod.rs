//! From an uploaded file to rows of the intake table.

use domain::{
    model::{
        Page,
        import::{ImportBatch, ImportReject, Mapping, Preview},
    },
    role::Actor,
};

use crate::{Engine, EngineError, Result};

/// A file that is being received. Dropping it before `finish` removes what was written.
pub struct Upload {}

impl Upload {
    /// Appends a piece; refuses what goes past the limit of 1 GB.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let _ = bytes;
        Err(EngineError::Invalid("stub".into()))
    }

    /// Closes the file, records the batch as `uploaded` and returns its preview.
    pub async fn finish(self) -> Result<Preview> {
        Err(EngineError::Invalid("stub".into()))
    }
}

impl Engine {
    pub async fn open_upload(&self, file_name: &str, actor: &Actor) -> Result<Upload> {
        let _ = (file_name, actor);
        Err(EngineError::Invalid("stub".into()))
    }

    pub async fn import_preview(&self, batch_id: &str) -> Result<Preview> {
        let _ = batch_id;
        Err(EngineError::Invalid("stub".into()))
    }

    /// Starts the import in the background.
    pub async fn start_import(
        &self,
        batch_id: &str,
        mapping: &Mapping,
        has_header: bool,
    ) -> Result<()> {
        let _ = (batch_id, mapping, has_header);
        Err(EngineError::Invalid("stub".into()))
    }

    pub async fn cancel_import(&self, batch_id: &str) -> Result<()> {
        let _ = batch_id;
        Err(EngineError::Invalid("stub".into()))
    }

    pub async fn import_batches(&self, cursor: Option<&str>) -> Result<Page<ImportBatch>> {
        let _ = cursor;
        Err(EngineError::Invalid("stub".into()))
    }

    pub async fn import_batch(&self, batch_id: &str) -> Result<ImportBatch> {
        let _ = batch_id;
        Err(EngineError::Invalid("stub".into()))
    }

    pub async fn import_rejects(
        &self,
        batch_id: &str,
        cursor: Option<&str>,
    ) -> Result<Page<ImportReject>> {
        let _ = (batch_id, cursor);
        Err(EngineError::Invalid("stub".into()))
    }

    /// Imports a file of this machine with the guessed mapping and waits for the end: `server import FILE`.
    pub async fn import_file(&self, path: &std::path::Path, actor: &Actor) -> Result<ImportBatch> {
        let _ = (path, actor);
        Err(EngineError::Invalid("stub".into()))
    }

    /// Imports a small generated file of invented companies, for the demo.
    pub async fn load_samples(&self, actor: &Actor) -> Result<ImportBatch> {
        let _ = actor;
        Err(EngineError::Invalid("stub".into()))
    }
}
