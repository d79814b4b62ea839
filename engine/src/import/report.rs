//! The report of an import: every row of the file with its outcome, as CSV.

use domain::{csv::NOTE, csv_safe::defuse, model::import::Mapping};
use serde_json::Value;

use crate::{Engine, EngineError, Result};

/// Rows read at once; a report of a million rows is written page by page.
const PAGE: i64 = 2_000;

impl Engine {
    /// One piece of the report: the rows after `after`, the header before the first. Returns the text and the line to
    /// go on after; `None` at the end. With `refused`, only rows that became no company or none that is in order. Cells that a spreadsheet would run as formulas are defused.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for an unknown batch.
    pub async fn import_report(
        &self,
        batch_id: &str,
        refused: bool,
        after: Option<i64>,
    ) -> Result<Option<(String, i64)>> {
        let (headers, mapping): (Option<Vec<String>>, Option<Value>) = sqlx::query_as(
            "SELECT headers, mapping FROM intake.import_batches WHERE import_batch_id = $1",
        )
        .bind(batch_id)
        .fetch_optional(&self.pool)
        .await?
        .ok_or_else(|| EngineError::NotFound(format!("Import {batch_id}")))?;
        let headers = headers.unwrap_or_default();
        let mapping: Mapping = mapping
            .and_then(|mapping| serde_json::from_value(mapping).ok())
            .unwrap_or_default();
        let rows: Vec<(i64, String, String, Value)> = sqlx::query_as(
            "(SELECT line, outcome, reason, fields FROM intake.import_rejects WHERE import_batch_id = $1 AND line > $2
              ORDER BY line LIMIT $3)
             UNION ALL
             (SELECT i.import_line, CASE WHEN i.validated = FALSE THEN 'rejected' ELSE 'accepted' END, concat_ws('; ', i.validation_notes, i.extra ->> $4), to_jsonb(i) FROM intake.company_raw_intake i
              WHERE i.import_batch_id = $1 AND i.import_line > $2 AND (NOT $5 OR i.validated = FALSE)
              ORDER BY i.import_line LIMIT $3)
             ORDER BY 1 LIMIT $3",
        )
        .bind(batch_id)
        .bind(after.unwrap_or(0))
        .bind(PAGE)
        .bind(NOTE)
        .bind(refused)
        .fetch_all(&self.pool)
        .await?;
        let Some(last) = rows.last().map(|row| row.0) else {
            return Ok(None);
        };
        let mut text = String::new();
        if after.is_none() {
            let names = ["line", "outcome", "reason"]
                .into_iter()
                .map(str::to_owned)
                .chain(headers.iter().cloned());
            push_line(&mut text, names);
        }
        for (line, outcome, reason, fields) in rows {
            let cells = match fields {
                Value::Array(cells) => cells.iter().map(cell).collect(),
                row => cells_of(&row, &headers, &mapping),
            };
            push_line(
                &mut text,
                [line.to_string(), outcome, reason].into_iter().chain(cells),
            );
        }
        Ok(Some((text, last)))
    }
}

/// The cells of an accepted row, as they were taken in; a number as it was written.
fn cells_of(row: &Value, headers: &[String], mapping: &Mapping) -> Vec<String> {
    headers
        .iter()
        .enumerate()
        .map(
            |(index, header)| match mapping.get(index).copied().flatten() {
                Some(field) if row["extra"][header].is_null() => cell(&row[field.column()]),
                _ => cell(&row["extra"][header]),
            },
        )
        .collect()
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn push_line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            text.push(',');
        }
        let cell = defuse(&cell);
        if cell.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}
