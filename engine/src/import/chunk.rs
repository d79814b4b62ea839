//! One chunk of a file, one transaction: rows, rejects and the batch's counts move together.

use domain::{csv::read_row, model::import::Mapping};
use serde_json::{Map, Value, json};
use sqlx::PgPool;

use super::reader::Chunk;
use crate::{Result, connect};

/// Imports take turns chunk by chunk, or two of them would accept the same domain.
const IMPORT_LOCK: i64 = 0x0CC0_1337;

/// What became of a chunk.
pub(super) enum Progress {
    Going,
    /// Somebody cancelled, or the import has ended otherwise; the chunk was not written.
    Ended,
}

/// Writes the rows after the batch's last line, so that a chunk that comes twice, from a second try or a second process,
/// is written once.
pub(super) async fn write(
    pool: &PgPool,
    batch_id: &str,
    chunk: &Chunk,
    headers: &[String],
    mapping: &Mapping,
) -> Result<Progress> {
    let (mut accepted, mut rejected) = sort(chunk, headers, mapping);
    let mut transaction = connect::begin(pool).await?;
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(IMPORT_LOCK)
        .execute(&mut *transaction)
        .await?;
    let (status, done): (String, i64) = sqlx::query_as(
        "SELECT status, lines_done FROM intake.import_batches WHERE import_batch_id = $1 FOR UPDATE",
    )
    .bind(batch_id)
    .fetch_one(&mut *transaction)
    .await?;
    if status != "importing" {
        return Ok(Progress::Ended);
    }
    let is_new = |row: &Value| row["line"].as_i64().is_some_and(|line| line > done);
    accepted.retain(is_new);
    rejected.retain(is_new);
    let (rows, refused) = (accepted.len() + rejected.len(), rejected.len() as i64);
    let (inserted, duplicates): (i64, i64) = sqlx::query_as(INSERT)
        .bind(batch_id)
        .bind(Value::Array(accepted))
        .fetch_one(&mut *transaction)
        .await?;
    sqlx::query(
        "INSERT INTO intake.import_rejects (import_batch_id, line, outcome, reason, fields)
         SELECT $1, line, 'rejected', reason, fields
         FROM jsonb_to_recordset($2) AS r (line BIGINT, reason TEXT, fields JSONB) ORDER BY line",
    )
    .bind(batch_id)
    .bind(Value::Array(rejected))
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "UPDATE intake.import_batches
         SET total_rows = total_rows + $2, accepted = accepted + $3, duplicates = duplicates + $4,
             rejected = rejected + $5, bytes_read = greatest(bytes_read, $6), lines_done = greatest(lines_done, $7)
         WHERE import_batch_id = $1",
    )
    .bind(batch_id)
    .bind(rows as i64)
    .bind(inserted)
    .bind(duplicates)
    .bind(refused)
    .bind(chunk.bytes_read)
    .bind(chunk.records.last().map_or(0, |record| record.line))
    .execute(&mut *transaction)
    .await?;
    sqlx::query("SELECT pg_notify('import_event', $1)")
        .bind(batch_id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(Progress::Going)
}

/// A duplicate has its domain earlier in the file, or in the database. The raw cells are kept with it.
const INSERT: &str = "WITH rows AS (
    SELECT *, first_value(line) OVER (PARTITION BY domain ORDER BY line) AS first_line
    FROM jsonb_to_recordset($2) AS r (line BIGINT, domain TEXT, fields JSONB, extra JSONB, company TEXT,
        company_name_for_emails TEXT, website TEXT, company_linkedin_url TEXT, industry TEXT, num_employees INT,
        company_street TEXT, company_city TEXT, company_state TEXT, company_postal_code TEXT, company_country TEXT,
        company_address TEXT, company_phone TEXT, sic_codes TEXT, founded_year INT, facebook_url TEXT,
        twitter_url TEXT, state_abbrev TEXT)
), judged AS (
    SELECT rows.*, CASE
        WHEN domain IS NULL THEN NULL
        WHEN known.id IS NOT NULL AND known.import_batch_id = $1 THEN format('Duplicate of line %s in this file', known.import_line)
        WHEN known.id IS NOT NULL THEN format('Duplicate of %s%s', coalesce(known.company, known.website),
            ' (batch ' || known.import_batch_id || ')')
        WHEN first_line < line THEN format('Duplicate of line %s in this file', first_line)
        END AS duplicate_of
    FROM rows
    LEFT JOIN LATERAL (SELECT i.id, i.company, i.website, i.import_batch_id, i.import_line FROM intake.company_raw_intake i
                       WHERE i.website_domain = rows.domain ORDER BY i.id LIMIT 1) known ON TRUE
), inserted AS (
    INSERT INTO intake.company_raw_intake (import_batch_id, import_line, extra, company, company_name_for_emails, website,
        company_linkedin_url, industry, num_employees, company_street, company_city, company_state, company_postal_code,
        company_country, company_address, company_phone, sic_codes, founded_year, facebook_url, twitter_url, state_abbrev)
    SELECT $1, line, extra, company, company_name_for_emails, website, company_linkedin_url, industry, num_employees,
        company_street, company_city, company_state, company_postal_code, company_country, company_address, company_phone,
        sic_codes, founded_year, facebook_url, twitter_url, state_abbrev
    FROM judged WHERE duplicate_of IS NULL ORDER BY line
    RETURNING 1
), refused AS (
    INSERT INTO intake.import_rejects (import_batch_id, line, outcome, reason, fields)
    SELECT $1, line, 'duplicate', duplicate_of, fields FROM judged WHERE duplicate_of IS NOT NULL ORDER BY line
    RETURNING 1
)
SELECT (SELECT count(*) FROM inserted), (SELECT count(*) FROM refused)";

/// Rows that may become companies, and rows that cannot, as JSON for the statements.
fn sort(chunk: &Chunk, headers: &[String], mapping: &Mapping) -> (Vec<Value>, Vec<Value>) {
    let (mut accepted, mut rejected) = (Vec::new(), Vec::new());
    for record in &chunk.records {
        // JSONB cannot hold NUL either.
        let fields: Vec<String> = record
            .fields
            .iter()
            .map(|field| field.replace('\0', "\u{FFFD}"))
            .collect();
        match read_row(&record.fields, headers, mapping) {
            Ok(row) => {
                let mut object: Map<String, Value> = row.columns;
                object.insert("line".into(), record.line.into());
                object.insert("domain".into(), row.domain.into());
                object.insert("fields".into(), fields.into());
                object.insert(
                    "extra".into(),
                    if row.extra.is_empty() {
                        Value::Null
                    } else {
                        row.extra.into()
                    },
                );
                accepted.push(Value::Object(object));
            }
            Err(reason) => {
                rejected.push(json!({ "line": record.line, "reason": reason, "fields": fields }))
            }
        }
    }
    (accepted, rejected)
}
