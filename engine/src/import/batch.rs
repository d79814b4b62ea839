//! Import batches and their rejects, as lists.

use chrono::{DateTime, Utc};
use domain::model::{
    Page,
    import::{ImportBatch, ImportFilter, ImportReject, ImportStatus},
};
use sqlx::{FromRow, Postgres, QueryBuilder};

use crate::{
    Engine, EngineError, Result,
    store::{COUNT_LIMIT, PAGE, capped, contains, cursor},
};

const LISTED: &str = "SELECT import_batch_id, file_name, size_bytes, importer, status, total_rows, accepted, duplicates, rejected,
    0::BIGINT AS invalid, bytes_read, created_at, finished_at, message FROM intake.import_batches WHERE TRUE";

impl Engine {
    /// A page of 50 batches, newest first.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a cursor that is none, [`EngineError::Database`].
    pub async fn import_batches(&self, filter: &ImportFilter) -> Result<Page<ImportBatch>> {
        let mut query = QueryBuilder::new(LISTED);
        push_filter(&mut query, filter);
        if let Some(cursor) = &filter.cursor {
            let (at, id) = cursor::time_and_text(cursor)?;
            query
                .push(" AND (created_at, import_batch_id) < (")
                .push_bind(at);
            query.push(", ").push_bind(id.to_owned()).push(")");
        }
        query
            .push(" ORDER BY created_at DESC, import_batch_id DESC LIMIT ")
            .push_bind(PAGE + 1);
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.pool).await?;
        let mut count =
            QueryBuilder::new("SELECT count(*) FROM (SELECT FROM intake.import_batches WHERE TRUE");
        push_filter(&mut count, filter);
        count
            .push(" LIMIT ")
            .push_bind(COUNT_LIMIT + 1)
            .push(") AS matching");
        let n: i64 = count.build_query_scalar().fetch_one(&self.pool).await?;
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
        let row: Option<Row> = sqlx::query_as(
            "SELECT b.import_batch_id, b.file_name, b.size_bytes, b.importer, b.status, b.total_rows, b.accepted,
                    b.duplicates, b.rejected, b.bytes_read, b.created_at, b.finished_at, b.message,
                    (SELECT count(*) FROM intake.company_raw_intake i
                     WHERE i.import_batch_id = b.import_batch_id AND i.validated = FALSE) AS invalid
             FROM intake.import_batches b WHERE b.import_batch_id = $1",
        )
        .bind(batch_id)
        .fetch_optional(&self.pool)
        .await?;
        Ok(row
            .ok_or_else(|| EngineError::NotFound(format!("Import {batch_id}")))?
            .into())
    }

    /// A page of 50 rows that did not become companies, in the order of the file.
    ///
    /// # Errors
    /// [`EngineError::Database`].
    pub async fn import_rejects(
        &self,
        batch_id: &str,
        cursor: Option<&str>,
    ) -> Result<Page<ImportReject>> {
        let after = cursor.map_or(Ok(0), cursor::id)?;
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

/// The one predicate of list and count.
fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &ImportFilter) {
    if let Some(status) = filter.status {
        query.push(" AND status = ").push_bind(status.name());
    }
    if let Some(pattern) = contains(filter.search.as_deref()) {
        query
            .push(" AND concat_ws(' ', import_batch_id, file_name, importer) ILIKE ")
            .push_bind(pattern);
    }
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
    invalid: i64,
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
            invalid: row.invalid,
            bytes_read: row.bytes_read,
            created_at: row.created_at,
            finished_at: row.finished_at,
            message: row.message,
        }
    }
}
