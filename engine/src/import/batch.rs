//! Import batches and their rejects, as lists.

use chrono::{DateTime, Utc};
use domain::model::{
    Page,
    import::{ImportBatch, ImportColumn, ImportFilter, ImportReject, ImportStatus},
    sort::Sort,
};
use sqlx::{FromRow, Postgres, QueryBuilder};

use crate::{
    Engine, EngineError, Result,
    store::{
        COUNT_LIMIT, PAGE, PIECE, Piece, capped, contains, cursor, direction, page, rows,
        window::push_window,
    },
};

const LISTED: &str = "SELECT import_batch_id, file_name, size_bytes, importer, status, total_rows, accepted, duplicates, rejected,
    0::BIGINT AS invalid, bytes_read, created_at, finished_at, message FROM intake.import_batches WHERE TRUE";

impl Engine {
    /// A page of 50 batches, newest first unless sorted otherwise.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a cursor that is none, [`EngineError::Database`].
    pub async fn import_batches(&self, filter: &ImportFilter) -> Result<Page<ImportBatch>> {
        let mut count =
            QueryBuilder::new("SELECT count(*) FROM (SELECT FROM intake.import_batches WHERE TRUE");
        push_filter(&mut count, filter);
        let next = |row: &ImportBatch| next(row, filter.sort);
        Ok(page::<Row, _>(&self.pool, list(filter)?, count, next).await?)
    }

    /// A piece of the same list, for exports.
    ///
    /// # Errors
    /// As [`Engine::import_batches`].
    pub async fn import_batches_piece(&self, filter: &ImportFilter) -> Result<Piece<ImportBatch>> {
        let next = |row: &ImportBatch| next(row, filter.sort);
        Ok(rows::<Row, _>(&self.pool, list(filter)?, PIECE, next).await?)
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
            count: capped(n, COUNT_LIMIT),
        })
    }
}

/// Batches are few: any order but that of time is sorted.
fn list(filter: &ImportFilter) -> Result<QueryBuilder<Postgres>> {
    let column = match filter.sort.by {
        ImportColumn::Started => "created_at",
        ImportColumn::Batch => "0::BIGINT",
        ImportColumn::Rows => "total_rows",
        ImportColumn::Accepted => "accepted",
        ImportColumn::Duplicates => "duplicates",
        ImportColumn::Rejected => "rejected",
    };
    let (direction, beyond) = direction(filter.sort.ascending);
    let mut list = QueryBuilder::new(LISTED);
    push_filter(&mut list, filter);
    if let Some(cursor) = &filter.cursor {
        list.push(format!(" AND ({column}, import_batch_id) {beyond} ("));
        let id = if filter.sort.by == ImportColumn::Started {
            let (at, id) = cursor::time_and_text(cursor)?;
            list.push_bind(at);
            id
        } else {
            let (number, id) = cursor::number_and_text(cursor)?;
            list.push_bind(number);
            id
        };
        list.push(", ").push_bind(id.to_owned()).push(")");
    }
    list.push(format!(
        " ORDER BY {column} {direction}, import_batch_id {direction}"
    ));
    Ok(list)
}

fn next(row: &ImportBatch, sort: Sort<ImportColumn>) -> String {
    let number = match sort.by {
        ImportColumn::Started => {
            return format!("{}~{}", row.created_at.to_rfc3339(), row.batch_id);
        }
        ImportColumn::Batch => 0,
        ImportColumn::Rows => row.total_rows,
        ImportColumn::Accepted => row.accepted,
        ImportColumn::Duplicates => row.duplicates,
        ImportColumn::Rejected => row.rejected,
    };
    format!("{number}~{}", row.batch_id)
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
    push_window(query, "created_at", &filter.window);
}

/// Appends ` AND …` over `marketing.pipeline_events e`: those of batches that match.
pub(crate) fn push_events(query: &mut QueryBuilder<Postgres>, filter: &ImportFilter) {
    query.push(" AND e.batch_id IN (SELECT import_batch_id FROM intake.import_batches WHERE TRUE");
    push_filter(query, filter);
    query.push(")");
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
