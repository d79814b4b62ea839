//! Running an import: chunk after chunk, to be cancelled, and resumed after a crash.

use std::path::{Path, PathBuf};

use domain::{
    csv::{Delimiter, Encoding},
    model::import::{ImportBatch, ImportStatus, Mapping},
    role::Actor,
};

use super::{
    Format,
    chunk::{self, Progress},
    reader,
    upload::{batch_id, clean_name, hex, preview},
};
use crate::{Engine, EngineError, Result};

impl Engine {
    /// Starts the import of an uploaded file in the background. A file that was imported before adds nothing, and the
    /// batch says so.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when the batch is not waiting, or neither name nor website is mapped.
    pub async fn start_import(
        &self,
        batch_id: &str,
        mapping: &Mapping,
        has_header: bool,
    ) -> Result<()> {
        let path = self.config.upload_dir.join(batch_id);
        if self.begin(batch_id, mapping, has_header).await? {
            let (engine, batch_id) = (self.clone(), batch_id.to_owned());
            tokio::spawn(async move { engine.finish_import(&batch_id, path).await });
        }
        Ok(())
    }

    /// Stops an import, or discards an upload; rows that are in stay.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when the batch has ended.
    pub async fn cancel_import(&self, batch_id: &str) -> Result<()> {
        let cancelled = sqlx::query(
            "UPDATE intake.import_batches
             SET status = 'cancelled', finished_at = now(), message = format('Cancelled; %s rows are in and stay', accepted)
             WHERE import_batch_id = $1 AND status IN ('uploaded', 'importing')",
        )
        .bind(batch_id)
        .execute(&self.pool)
        .await?;
        if cancelled.rows_affected() == 0 {
            return Err(EngineError::Invalid(format!(
                "Import {batch_id} has ended and cannot be cancelled"
            )));
        }
        sqlx::query("SELECT pg_notify('import_event', $1)")
            .bind(batch_id)
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Imports a file of this machine with the guessed mapping and waits for the end: `server import FILE`.
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
        )
        .await?;
        let sha256 = hash_file(path.to_owned()).await?;
        self.record_upload(&preview, &sha256, &actor.name).await?;
        if self
            .begin(&preview.batch_id, &preview.mapping, preview.has_header)
            .await?
        {
            self.finish_import(&preview.batch_id, path.to_owned()).await;
        }
        self.import_batch(&preview.batch_id).await
    }

    /// Continues the imports that a stopped process left, as far as their files are on this machine. Returns how many.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn resume_imports(&self) -> Result<usize> {
        let batches: Vec<String> = sqlx::query_scalar(
            "SELECT import_batch_id FROM intake.import_batches WHERE status = 'importing'",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut resumed = 0;
        for batch_id in batches {
            let path = self.config.upload_dir.join(&batch_id);
            if path.is_file() {
                resumed += 1;
                let engine = self.clone();
                tokio::spawn(async move { engine.finish_import(&batch_id, path).await });
            }
        }
        Ok(resumed)
    }

    /// Moves an uploaded batch to importing; false when the same file is in already.
    async fn begin(&self, batch_id: &str, mapping: &Mapping, has_header: bool) -> Result<bool> {
        use domain::model::import::Field;
        if !mapping
            .iter()
            .flatten()
            .any(|field| matches!(field, Field::Company | Field::Website))
        {
            return Err(EngineError::Invalid(
                "No column is mapped to Company or Website; choose at least one of them".into(),
            ));
        }
        let same: Option<String> = sqlx::query_scalar(
            "SELECT o.import_batch_id FROM intake.import_batches b
             JOIN intake.import_batches o ON o.file_sha256 = b.file_sha256 AND o.import_batch_id <> b.import_batch_id
             WHERE b.import_batch_id = $1 AND o.status IN ('completed', 'importing') AND o.total_rows > 0
             ORDER BY o.created_at LIMIT 1",
        )
        .bind(batch_id)
        .fetch_optional(&self.pool)
        .await?;
        let message = same
            .as_ref()
            .map(|same| format!("Already imported as {same}; nothing was added"));
        let moved = sqlx::query(
            "UPDATE intake.import_batches
             SET mapping = $2, has_header = $3, started_at = now(), message = $4,
                 status = CASE WHEN $4::TEXT IS NULL THEN 'importing' ELSE 'completed' END,
                 finished_at = CASE WHEN $4::TEXT IS NULL THEN NULL ELSE now() END
             WHERE import_batch_id = $1 AND status = 'uploaded'",
        )
        .bind(batch_id)
        .bind(serde_json::json!(mapping))
        .bind(has_header)
        .bind(&message)
        .execute(&self.pool)
        .await?;
        if moved.rows_affected() == 0 {
            return Err(EngineError::Invalid(format!(
                "Import {batch_id} is not waiting to be started"
            )));
        }
        sqlx::query("SELECT pg_notify('import_event', $1)")
            .bind(batch_id)
            .execute(&self.pool)
            .await?;
        Ok(same.is_none())
    }

    /// Reads to the end and records it, whatever the end is.
    async fn finish_import(&self, batch_id: &str, path: PathBuf) {
        // Two processes may see the same unfinished batch; the lock lives as long as the transaction.
        let outcome = async {
            let mut lock = self.pool.begin().await?;
            let mine: bool =
                sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))")
                    .bind(batch_id)
                    .fetch_one(&mut *lock)
                    .await?;
            if mine {
                self.read_file(batch_id, &path).await
            } else {
                Ok(())
            }
        };
        if let Err(error) = outcome.await {
            tracing::error!(%error, batch_id, "the import failed");
            let message = format!(
                "The import stopped: {error}. Rows that are in stay; upload the corrected file to add the rest"
            );
            let noted = sqlx::query(
                "UPDATE intake.import_batches SET status = 'failed', finished_at = now(), message = $2
                 WHERE import_batch_id = $1 AND status = 'importing'",
            )
            .bind(batch_id)
            .bind(message)
            .execute(&self.pool)
            .await;
            if let Err(error) = noted {
                tracing::error!(%error, batch_id, "the failure was not recorded; the next start resumes the import");
                return;
            }
        }
        // The database has every row now; only a file of ours is removed.
        if path.starts_with(&self.config.upload_dir) {
            let _ = tokio::fs::remove_file(&path).await;
        }
    }

    async fn read_file(&self, batch_id: &str, path: &Path) -> Result<()> {
        let (encoding, delimiter, headers, has_header, mapping, done): (String, String, Vec<String>, bool, serde_json::Value, i64) =
            sqlx::query_as(
                "SELECT encoding, delimiter, headers, has_header, mapping, lines_done FROM intake.import_batches
                 WHERE import_batch_id = $1",
            )
            .bind(batch_id)
            .fetch_one(&self.pool)
            .await?;
        let mapping: Mapping = serde_json::from_value(mapping)
            .map_err(|error| EngineError::Invalid(format!("the mapping: {error}")))?;
        let format = Format {
            encoding: Encoding::ALL
                .into_iter()
                .find(|e| e.name() == encoding)
                .unwrap_or(Encoding::Utf8),
            delimiter: Delimiter::ALL
                .into_iter()
                .find(|d| d.name() == delimiter)
                .unwrap_or(Delimiter::Comma),
        };
        let mut chunks = reader::stream(path.to_owned(), format);
        let mut header_due = has_header;
        while let Some(chunk) = chunks.recv().await {
            let mut chunk = chunk?;
            if std::mem::take(&mut header_due) && !chunk.records.is_empty() {
                chunk.records.remove(0);
            }
            chunk.records.retain(|record| record.line > done);
            if let Progress::Cancelled =
                chunk::write(&self.pool, batch_id, &chunk, &headers, &mapping).await?
            {
                return Ok(());
            }
        }
        sqlx::query(
            "UPDATE intake.import_batches SET status = $2, finished_at = now(), bytes_read = size_bytes
             WHERE import_batch_id = $1 AND status = 'importing'",
        )
        .bind(batch_id)
        .bind(ImportStatus::Completed.name())
        .execute(&self.pool)
        .await?;
        sqlx::query("SELECT pg_notify('import_event', $1)")
            .bind(batch_id)
            .execute(&self.pool)
            .await?;
        Ok(())
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
