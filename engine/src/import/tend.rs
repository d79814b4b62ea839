//! Imports that were left behind: continued, cancelled, or cleared away.

use std::{
    path::Path,
    time::{Duration, SystemTime},
};

use domain::role::Actor;
use tokio_util::sync::CancellationToken;

use super::{claim::Claim, run::PLACES};
use crate::{Engine, EngineError, Result, store::audit};

/// How soon an import whose process died goes on, while another process runs beside it.
const EVERY: Duration = Duration::from_secs(60);
/// How long an uploaded file waits for its import to be started.
const WAITS: Duration = Duration::from_secs(24 * 3600);
pub(super) const INTERRUPTED: &str =
    "The process that read the file has ended. Import the same file again, and it goes on here";

impl Engine {
    /// Stops an import, or discards an upload; rows that are in stay.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] when the batch has ended.
    pub async fn cancel_import(&self, batch_id: &str, actor: &Actor) -> Result<()> {
        let mut transaction = self.transaction().await?;
        let message: Option<String> = sqlx::query_scalar(
            "UPDATE intake.import_batches
             SET status = 'cancelled', finished_at = now(),
                 message = CASE status WHEN 'uploaded' THEN 'Discarded; nothing was imported'
                                       ELSE format('Cancelled; %s rows are in and stay', accepted) END
             WHERE import_batch_id = $1 AND status IN ('uploaded', 'importing')
             RETURNING message",
        )
        .bind(batch_id)
        .fetch_optional(&mut *transaction)
        .await?;
        let Some(message) = message else {
            return Err(EngineError::Invalid(format!(
                "Import {batch_id} has ended and cannot be cancelled"
            )));
        };
        let act = audit::Act::new("import.cancel", "import", batch_id)
            .details(serde_json::json!({ "message": message }));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        // Who reads it at the moment keeps it open, and ends with the next chunk.
        self.remove_upload(batch_id).await;
        self.announce_import(batch_id).await
    }

    /// Continues the imports that a stopped process left, as far as their files are on this machine. Returns how many.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn resume_imports(&self) -> Result<usize> {
        let batches: Vec<String> = sqlx::query_scalar(
            "SELECT import_batch_id FROM intake.import_batches WHERE status = 'importing' ORDER BY created_at",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut resumed = 0;
        for batch_id in batches {
            // What waits for a place here looks as if nobody were at it.
            if PLACES.available_permits() == 0 {
                break;
            }
            // Others are being read by a process that lives.
            let Some(free) = Claim::take(&self.pool, &batch_id).await? else {
                continue;
            };
            free.release().await?;
            if self.upload_path(&batch_id).is_file() {
                resumed += 1;
                self.run_in_background(batch_id);
            } else {
                self.note_interrupted(&batch_id).await?;
            }
        }
        Ok(resumed)
    }

    /// Does from time to time what has to be done without anybody asking: continue what stopped, clear away what was
    /// abandoned. Ends with `stop`.
    pub async fn tend_imports(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
            if let Err(error) = self.resume_imports().await {
                tracing::warn!(%error, "stopped imports were not looked for; trying again");
            }
            if let Err(error) = self.expire_uploads(WAITS).await {
                tracing::warn!(%error, "abandoned uploads were not cleared away; trying again");
            }
        }
    }

    /// Discards uploads that nobody started for `age`, and removes files of that age that belong to no import. Returns how
    /// many files are gone.
    ///
    /// # Errors
    /// [`EngineError::Database`], [`EngineError::File`] when the folder cannot be read.
    pub async fn expire_uploads(&self, age: Duration) -> Result<usize> {
        let expired: Vec<String> = sqlx::query_scalar(
            "UPDATE intake.import_batches
             SET status = 'cancelled', finished_at = now(),
                 message = 'Discarded: the import was not started in time; upload the file again'
             WHERE status = 'uploaded' AND created_at <= now() - make_interval(secs => $1)
             RETURNING import_batch_id",
        )
        .bind(age.as_secs_f64())
        .fetch_all(&self.pool)
        .await?;
        for batch_id in &expired {
            self.announce_import(batch_id).await?;
        }
        let wanted: Vec<String> = sqlx::query_scalar(
            "SELECT import_batch_id FROM intake.import_batches WHERE status IN ('uploaded', 'importing')",
        )
        .fetch_all(&self.pool)
        .await?;
        let mut removed = 0;
        let mut entries = tokio::fs::read_dir(&self.config.upload_dir).await?;
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name().to_string_lossy().into_owned();
            let due = expired.contains(&name) || is_older(&entry.path(), age);
            if due && !wanted.contains(&name) && tokio::fs::remove_file(entry.path()).await.is_ok()
            {
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Removes the file of a batch that has ended; an import that is to go on keeps it.
    pub(super) async fn remove_upload(&self, batch_id: &str) {
        // What cannot be removed now is only disk space, and is old one day.
        let _ = tokio::fs::remove_file(self.upload_path(batch_id)).await;
    }

    async fn note_interrupted(&self, batch_id: &str) -> Result<()> {
        let noted = sqlx::query(
            "UPDATE intake.import_batches SET message = $2
             WHERE import_batch_id = $1 AND status = 'importing' AND message IS DISTINCT FROM $2",
        )
        .bind(batch_id)
        .bind(INTERRUPTED)
        .execute(&self.pool)
        .await?;
        if noted.rows_affected() > 0 {
            self.announce_import(batch_id).await?;
        }
        Ok(())
    }
}

/// Of a file; folders and what cannot be looked at are left alone.
fn is_older(path: &Path, age: Duration) -> bool {
    let modified = std::fs::metadata(path)
        .ok()
        .filter(std::fs::Metadata::is_file)
        .and_then(|file| file.modified().ok());
    modified.is_some_and(|modified| {
        SystemTime::now()
            .duration_since(modified)
            .is_ok_and(|passed| passed >= age)
    })
}
