//! From a confirmed mapping to an import that may run.

use std::path::Path;

use domain::{csv::check_mapping, model::import::Mapping, role::Actor};
use sqlx::{Postgres, Transaction};

use super::{Format, claim::Claim, reader, upload::columns};
use crate::{Engine, EngineError, Result, store::audit};

/// What is to be done with a batch whose mapping was confirmed.
pub(super) enum Begun {
    Run,
    /// The same file is in already, or on its way.
    Nothing,
    /// The same file was being imported under this batch when its process ended: that import is to go on.
    Continue(String),
}

/// Another batch of the same file.
struct Same {
    batch_id: String,
    importing: bool,
}

impl Engine {
    /// Checks the mapping and moves an uploaded batch on.
    pub(super) async fn begin(
        &self,
        batch_id: &str,
        path: &Path,
        mapping: &Mapping,
        has_header: bool,
        actor: &Actor,
    ) -> Result<Begun> {
        let headers = self.headers(batch_id, path, has_header).await?;
        check_mapping(mapping, &headers).map_err(EngineError::Invalid)?;
        let mut transaction = self.transaction().await?;
        let same = same_file(&mut transaction, batch_id).await?;
        let mut begun = Begun::Run;
        let message = match same {
            Some(same) if !same.importing => {
                begun = Begun::Nothing;
                Some(format!(
                    "Already imported as {}; nothing was added",
                    same.batch_id
                ))
            }
            Some(same) => {
                let id = &same.batch_id;
                if let Some(free) = Claim::take(&self.pool, id).await? {
                    free.release().await?;
                    let message = format!(
                        "The import of this file as {id} had stopped half-way and goes on there; nothing is added twice"
                    );
                    begun = Begun::Continue(same.batch_id);
                    Some(message)
                } else {
                    begun = Begun::Nothing;
                    Some(format!(
                        "Being imported as {id} at the moment; nothing was added"
                    ))
                }
            }
            None => None,
        };
        let moved = sqlx::query(
            "UPDATE intake.import_batches
             SET mapping = $2, has_header = $3, headers = $5, started_at = now(), message = $4,
                 status = CASE WHEN $4::TEXT IS NULL THEN 'importing' ELSE 'completed' END,
                 finished_at = CASE WHEN $4::TEXT IS NULL THEN NULL ELSE now() END
             WHERE import_batch_id = $1 AND status = 'uploaded'",
        )
        .bind(batch_id)
        .bind(serde_json::json!(mapping))
        .bind(has_header)
        .bind(&message)
        .bind(&headers)
        .execute(&mut *transaction)
        .await?;
        if moved.rows_affected() == 0 {
            return Err(not_waiting(batch_id));
        }
        if matches!(begun, Begun::Run) {
            begin_after_what_is_in(&mut transaction, batch_id).await?;
        }
        let act = audit::Act::new("import.start", "import", batch_id)
            .details(serde_json::json!({ "mapping": mapping, "message": message }));
        audit::record(&mut transaction, actor, act).await?;
        transaction.commit().await?;
        self.announce_import(batch_id).await?;
        Ok(begun)
    }

    /// The names of the columns; read again when the person saw otherwise than the guess whether there are any.
    async fn headers(&self, batch_id: &str, path: &Path, has_header: bool) -> Result<Vec<String>> {
        let (status, guess, headers, encoding, delimiter): (String, bool, Vec<String>, String, String) =
            sqlx::query_as(
                "SELECT status, has_header, coalesce(headers, '{}'), coalesce(encoding, ''), coalesce(delimiter, '')
                 FROM intake.import_batches WHERE import_batch_id = $1",
            )
            .bind(batch_id)
            .fetch_optional(&self.pool)
            .await?
            .ok_or_else(|| EngineError::NotFound(format!("Import {batch_id}")))?;
        if status != "uploaded" {
            return Err(not_waiting(batch_id));
        }
        if guess == has_header {
            return Ok(headers);
        }
        let records = reader::first_records(path, &Format::named(&encoding, &delimiter)).await?;
        Ok(columns(&records, has_header))
    }
}

fn not_waiting(batch_id: &str) -> EngineError {
    EngineError::Invalid(format!("Import {batch_id} is not waiting to be started"))
}

/// Whether the same bytes are in, or on their way. Two who start the same file at once take turns here.
async fn same_file(
    transaction: &mut Transaction<'_, Postgres>,
    batch_id: &str,
) -> Result<Option<Same>> {
    sqlx::query(
        "SELECT pg_advisory_xact_lock(hashtextextended('import of ' || file_sha256, 0))
         FROM intake.import_batches WHERE import_batch_id = $1",
    )
    .bind(batch_id)
    .execute(&mut **transaction)
    .await?;
    let same: Option<(String, bool)> = sqlx::query_as(
        "SELECT o.import_batch_id, o.status = 'importing' FROM intake.import_batches b
         JOIN intake.import_batches o ON o.file_sha256 = b.file_sha256 AND o.import_batch_id <> b.import_batch_id
         WHERE b.import_batch_id = $1 AND (o.status = 'importing' OR o.status = 'completed' AND o.accepted > 0)
         ORDER BY o.created_at LIMIT 1",
    )
    .bind(batch_id)
    .fetch_optional(&mut **transaction)
    .await?;
    Ok(same.map(|(batch_id, importing)| Same {
        batch_id,
        importing,
    }))
}

/// Where an import of the same file and mapping failed or was cancelled, this one takes the rest: rows without a website
/// would come twice otherwise, since nothing else tells them from new ones.
async fn begin_after_what_is_in(
    transaction: &mut Transaction<'_, Postgres>,
    batch_id: &str,
) -> Result<()> {
    sqlx::query(
        "UPDATE intake.import_batches b
         SET lines_done = o.lines_done,
             message = format('The rows up to line %s came in as %s; this import takes the rest', o.lines_done, o.import_batch_id)
         FROM (SELECT o.import_batch_id, o.lines_done FROM intake.import_batches b
               JOIN intake.import_batches o ON o.file_sha256 = b.file_sha256 AND o.import_batch_id <> b.import_batch_id
               WHERE b.import_batch_id = $1 AND o.status IN ('failed', 'cancelled') AND o.lines_done > 0
                 AND o.mapping = b.mapping AND o.has_header = b.has_header
               ORDER BY o.lines_done DESC LIMIT 1) AS o
         WHERE b.import_batch_id = $1",
    )
    .bind(batch_id)
    .execute(&mut **transaction)
    .await?;
    Ok(())
}
