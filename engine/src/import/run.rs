//! Running an import: chunk after chunk, to be cancelled, and continued after a crash.

use std::path::{Path, PathBuf};

use domain::{
    csv::check_mapping,
    model::import::{ImportBatch, ImportStatus, Mapping},
    role::Actor,
};
use tokio::sync::Semaphore;

use super::{
    Format,
    begin::Begun,
    chunk::{self, Progress},
    claim::Claim,
    patience::{may_pass, patiently},
    reader,
    tend::INTERRUPTED,
    upload::{batch_id, clean_name, hex, preview},
};
use crate::{Engine, EngineError, Result};

/// Imports of this process that run side by side; the others wait. Each holds up to two connections of the pool, and
/// they take turns in the database anyway.
pub(super) static PLACES: Semaphore = Semaphore::const_new(4);

impl Engine {
    /// Starts the import of an uploaded file in the background. A file that was imported before adds nothing, and the
    /// batch says so.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when the batch is not waiting, a field has two columns, or neither name nor website has one.
    pub async fn start_import(
        &self,
        batch_id: &str,
        mapping: &Mapping,
        has_header: bool,
        actor: &Actor,
    ) -> Result<()> {
        let path = self.upload_path(batch_id);
        let begun = self.begin(batch_id, &path, mapping, has_header, actor);
        match begun.await? {
            Begun::Run => self.run_in_background(batch_id.to_owned()),
            Begun::Nothing => self.remove_upload(batch_id).await,
            Begun::Continue(older) => {
                // The older batch's file may be gone, or on another machine; this one has the same bytes.
                tokio::fs::rename(&path, self.upload_path(&older)).await?;
                self.run_in_background(older);
            }
        }
        Ok(())
    }

    /// Imports a file of this machine with the guessed mapping and waits for the end: `server import FILE`.
    ///
    /// The batch that is returned is `importing` when the database was gone for too long; importing the file again then
    /// goes on where it stopped.
    ///
    /// # Errors
    /// [`EngineError::File`] when it cannot be read, [`EngineError::Invalid`] when no column is recognised.
    pub async fn import_file(&self, path: &Path, actor: &Actor) -> Result<ImportBatch> {
        let file_name = clean_name(&path.to_string_lossy());
        let size = tokio::fs::metadata(path).await?.len();
        let preview = preview(
            path,
            &batch_id(&file_name),
            &file_name,
            i64::try_from(size).unwrap_or(i64::MAX),
            None,
        )
        .await?;
        // Nobody could start the batch later: the file stays where it is.
        if check_mapping(&preview.mapping, &preview.headers).is_err() {
            return Err(EngineError::Invalid(format!(
                "No column of {file_name} is recognised as the company's name or website; it has: {}. \
                 Give them a first line with names such as Company and Website, or upload the file in the browser and \
                 choose the columns there",
                preview.headers.join(", ")
            )));
        }
        let sha256 = hash_file(path.to_owned()).await?;
        self.record_upload(&preview, &sha256, &actor.name).await?;
        self.import_now(
            &preview.batch_id,
            path,
            &preview.mapping,
            preview.has_header,
            actor,
        )
        .await
    }

    /// Imports a recorded batch to its end and returns it, or the older one of the same file that went on instead.
    pub(super) async fn import_now(
        &self,
        batch_id: &str,
        path: &Path,
        mapping: &Mapping,
        has_header: bool,
        actor: &Actor,
    ) -> Result<ImportBatch> {
        let _place = PLACES.acquire().await;
        // Before the batch says that it is importing: nobody else should take it for one that stopped.
        let claim = Claim::take(&self.pool, batch_id).await?;
        let begun = self.begin(batch_id, path, mapping, has_header, actor);
        match begun.await? {
            Begun::Run => {
                self.read_to_the_end(batch_id, path, claim).await?;
                self.import_batch(batch_id).await
            }
            Begun::Nothing => {
                self.remove_upload(batch_id).await;
                self.import_batch(batch_id).await
            }
            Begun::Continue(older) => {
                let claim = Claim::take(&self.pool, &older).await?;
                self.read_to_the_end(&older, path, claim).await?;
                self.remove_upload(batch_id).await;
                self.import_batch(&older).await
            }
        }
    }

    pub(super) fn run_in_background(&self, batch_id: String) {
        let engine = self.clone();
        tokio::spawn(async move {
            let _place = PLACES.acquire().await;
            let path = engine.upload_path(&batch_id);
            let run = async {
                let claim = patiently(|| Claim::take(&engine.pool, &batch_id)).await?;
                engine.read_to_the_end(&batch_id, &path, claim).await
            };
            if let Err(error) = run.await {
                tracing::error!(%error, batch_id, "the import stopped half-way; it goes on when the database answers");
            }
        });
    }

    /// Reads to the end and records it. Without the claim another is at it, and everything stays as it is.
    ///
    /// # Errors
    /// Troubles of the database that may pass: the batch stays `importing`, its file is kept.
    async fn read_to_the_end(
        &self,
        batch_id: &str,
        path: &Path,
        claim: Option<Claim>,
    ) -> Result<()> {
        let Some(claim) = claim else {
            return Ok(());
        };
        if let Err(error) = self.read_file(batch_id, path).await {
            if may_pass(&error) {
                return Err(error);
            }
            tracing::error!(%error, batch_id, "the import failed");
            let message = format!(
                "The import stopped: {error}. Rows that are in stay; upload the corrected file to add the rest"
            );
            patiently(|| self.end_import(batch_id, ImportStatus::Failed, Some(&message))).await?;
        }
        // The database has every row now, or wants no more of them.
        self.remove_upload(batch_id).await;
        // A lost connection has given it back already.
        let _ = claim.release().await;
        Ok(())
    }

    async fn read_file(&self, batch_id: &str, path: &Path) -> Result<()> {
        let (status, encoding, delimiter, headers, has_header, mapping, done): (
            String,
            String,
            String,
            Vec<String>,
            bool,
            serde_json::Value,
            i64,
        ) = patiently(|| async {
            let row = sqlx::query_as(
                "UPDATE intake.import_batches SET message = nullif(message, $2) WHERE import_batch_id = $1
                 RETURNING status, encoding, delimiter, headers, has_header, mapping, lines_done",
            );
            Ok(row.bind(batch_id).bind(INTERRUPTED).fetch_one(&self.pool).await?)
        })
        .await?;
        if status != ImportStatus::Importing.name() {
            return Ok(());
        }
        let mapping: Mapping = serde_json::from_value(mapping)
            .map_err(|error| EngineError::Invalid(format!("the mapping: {error}")))?;
        let mut chunks = reader::stream(path.to_owned(), Format::named(&encoding, &delimiter));
        let mut header_due = has_header;
        loop {
            let next = chunks.recv().await.ok_or_else(|| {
                EngineError::Invalid("the reading of the file broke off".to_owned())
            })?;
            let Some(mut chunk) = next? else {
                break;
            };
            if std::mem::take(&mut header_due) {
                chunk.records.remove(0);
            }
            chunk.records.retain(|record| record.line > done);
            if chunk.records.is_empty() {
                continue;
            }
            let written =
                patiently(|| chunk::write(&self.pool, batch_id, &chunk, &headers, &mapping));
            if let Progress::Ended = written.await? {
                return Ok(());
            }
        }
        patiently(|| self.end_import(batch_id, ImportStatus::Completed, None)).await
    }

    async fn end_import(
        &self,
        batch_id: &str,
        status: ImportStatus,
        message: Option<&str>,
    ) -> Result<()> {
        sqlx::query(
            "UPDATE intake.import_batches
             SET status = $2, finished_at = now(), message = coalesce($3, message),
                 bytes_read = CASE WHEN $2 = 'completed' THEN size_bytes ELSE bytes_read END
             WHERE import_batch_id = $1 AND status = 'importing'",
        )
        .bind(batch_id)
        .bind(status.name())
        .bind(message)
        .execute(&self.pool)
        .await?;
        self.announce_import(batch_id).await
    }
}

async fn hash_file(path: PathBuf) -> Result<String> {
    let hashed = tokio::task::spawn_blocking(move || -> std::io::Result<String> {
        use sha2::Digest;
        use std::io::Read;
        let mut file = std::fs::File::open(path)?;
        let mut hash = sha2::Sha256::new();
        let mut buffer = vec![0; super::HEAD];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                return Ok(hex(&hash.finalize()));
            }
            hash.update(&buffer[..read]);
        }
    });
    Ok(hashed
        .await
        .map_err(|error| EngineError::Invalid(error.to_string()))??)
}
