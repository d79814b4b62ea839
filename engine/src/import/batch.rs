//! Import batches and their rejects, as lists.

use chrono::{DateTime, Utc};
use domain::model::{
    Page,
    import::{ImportBatch, ImportReject, ImportStatus},
};
use sqlx::{FromRow, QueryBuilder};

use crate::{
    Engine, EngineError, Result,
    store::{COUNT_LIMIT, PAGE, capped},
};

const ROW: &str = "SELECT import_batch_id, file_name, size_bytes, importer, status, total_rows, accepted, duplicates, rejected,
    bytes_read, created_at, finished_at, message FROM intake.import_batches";

impl Engine {
    /// A page of 50 batches, newest first.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a cursor that somebody typed.
    pub async fn import_batches(&self, cursor: Option<&str>) -> Result<Page<ImportBatch>> {
        let mut query = QueryBuilder::new(ROW);
        if let Some(cursor) = cursor {
            let (at, id) = cursor.split_once('~').ok_or_else(refused)?;
            let at = DateTime::parse_from_rfc3339(at).map_err(|_| refused())?;
            query
                .push(" WHERE (created_at, import_batch_id) < (")
                .push_bind(at.to_utc());
            query.push(", ").push_bind(id.to_owned()).push(")");
        }
        query
            .push(" ORDER BY created_at DESC, import_batch_id DESC LIMIT ")
            .push_bind(PAGE + 1);
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        let n: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM (SELECT FROM intake.import_batches LIMIT $1) AS counted",
        )
        .bind(COUNT_LIMIT + 1)
        .fetch_one(&self.pool)
        .await?;
        let more = rows.len() as i64 > PAGE;
        let rows: Vec<ImportBatch> = rows
            .into_iter()
            .take(PAGE as usize)
            .map(Row::into)
            .collect();
        let next = rows
            .last()
            .filter(|_| more)
            .map(|row| format!("{}~{}", row.created_at.to_rfc3339(), row.batch_id));
        Ok(Page {
            rows,
            next,
            count: capped(n),
        })
    }

    /// One batch.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn import_batch(&self, batch_id: &str) -> Result<ImportBatch> {
        let mut query = QueryBuilder::new(ROW);
        query
            .push(" WHERE import_batch_id = ")
            .push_bind(batch_id.to_owned());
        let row: Option<Row> = query.build_query_as().fetch_optional(&self.pool).await?;
        Ok(row
            .ok_or_else(|| EngineError::NotFound(format!("Import {batch_id}")))?
            .into())
    }

    /// A page of 50 rows that did not become companies, in the order of the file.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a cursor that somebody typed.
    pub async fn import_rejects(
        &self,
        batch_id: &str,
        cursor: Option<&str>,
    ) -> Result<Page<ImportReject>> {
        let after: i64 = match cursor {
            Some(line) => line.parse().map_err(|_| refused())?,
            None => 0,
        };
        let rows: Vec<(i64, String, String, serde_json::Value)> = sqlx::query_as(
            "SELECT line, outcome, reason, fields FROM intake.import_rejects
             WHERE import_batch_id = $1 AND line > $2 ORDER BY line LIMIT $3",
        )
        .bind(batch_id)
        .bind(after)
        .bind(PAGE + 1)
        .fetch_all(&self.pool)
        .await?;
        let n: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM (SELECT FROM intake.import_rejects WHERE import_batch_id = $1 LIMIT $2) AS counted",
        )
        .bind(batch_id)
        .bind(COUNT_LIMIT + 1)
        .fetch_one(&self.pool)
        .await?;
        let more = rows.len() as i64 > PAGE;
        let rows: Vec<ImportReject> = rows
            .into_iter()
            .take(PAGE as usize)
            .map(|(line, outcome, reason, fields)| ImportReject {
                line,
                outcome,
                reason,
                fields: serde_json::from_value(fields).unwrap_or_default(),
            })
            .collect();
        let next = rows.last().filter(|_| more).map(|row| row.line.to_string());
        Ok(Page {
            rows,
            next,
            count: capped(n),
        })
    }
}

fn refused() -> EngineError {
    EngineError::Invalid(
        "The address of this page is not valid; start again at the first page.".into(),
    )
}

#[derive(FromRow)]
struct Row {
    import_batch_id: String,
    file_name: Option<String>,
    size_bytes: i64,
    importer: String,
    status: String,
    total_rows: i64,
    accepted: i64,
    duplicates: i64,
    rejected: i64,
    bytes_read: i64,
    created_at: DateTime<Utc>,
    finished_at: Option<DateTime<Utc>>,
    message: Option<String>,
}

impl From<Row> for ImportBatch {
    fn from(row: Row) -> Self {
        Self {
            batch_id: row.import_batch_id,
            file_name: row.file_name,
            size_bytes: row.size_bytes,
            importer: row.importer,
            status: ImportStatus::parse(&row.status).unwrap_or(ImportStatus::Failed),
            total_rows: row.total_rows,
            accepted: row.accepted,
            duplicates: row.duplicates,
            rejected: row.rejected,
            bytes_read: row.bytes_read,
            created_at: row.created_at,
            finished_at: row.finished_at,
            message: row.message,
        }
    }
}
