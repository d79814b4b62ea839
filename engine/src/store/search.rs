//! The search of the command palette: a few of each kind, within a short time.

use domain::model::{
    company::CompanyFilter,
    search::{HITS, Hit, HitTarget, Hits},
};
use sqlx::{AssertSqlSafe, PgConnection};

use super::{
    BY_TIME,
    contact::{HAS_TRIGRAMS, TRIGRAMS},
    contains,
    text::{self, Frequency, Lead, SAMPLE},
};
use crate::{Engine, Result};

/// People type on meanwhile; a list with a filter may take longer.
const PATIENCE_MS: &str = "800";

impl Engine {
    /// What has the text in its name, or the number. Nothing for blanks.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn search(&self, text: &str) -> Result<Hits> {
        let text = text.trim();
        let Some(pattern) = contains(Some(text)) else {
            return Ok(Hits {
                complete: true,
                ..Hits::default()
            });
        };
        let mut found = Hits::default();
        let mut transaction = self.transaction().await?;
        sqlx::query("SELECT set_config('statement_timeout', $1, TRUE), set_config('transaction_read_only', 'on', TRUE)")
            .bind(PATIENCE_MS)
            .execute(&mut *transaction)
            .await?;
        match collect(&mut transaction, text, &pattern, &mut found.hits).await {
            Ok(()) => found.complete = true,
            Err(crate::EngineError::Database(error)) if super::event::ran_out(&error) => {}
            Err(error) => return Err(error),
        }
        Ok(found)
    }
}

/// The kinds that are found at once come first: what is there when the time is over is shown.
async fn collect(
    connection: &mut PgConnection,
    text: &str,
    pattern: &str,
    hits: &mut Vec<Hit>,
) -> Result<()> {
    if let Ok(number) = text.trim_start_matches('#').parse::<i64>() {
        let event: Option<(String, String)> = sqlx::query_as(
            "SELECT event_type, concat_ws(', ', status, payload ->> 'company_name') FROM marketing.pipeline_events WHERE id = $1",
        )
        .bind(number)
        .fetch_optional(&mut *connection)
        .await?;
        hits.extend(event.map(|(title, detail)| Hit {
            target: HitTarget::Event(number),
            title: format!("{number} {title}"),
            detail,
        }));
    }
    let batches: Vec<(String, String)> = sqlx::query_as(
        "SELECT import_batch_id, concat_ws(', ', file_name, status) FROM intake.import_batches
         WHERE import_batch_id ILIKE $1 OR file_name ILIKE $1 ORDER BY created_at DESC LIMIT $2",
    )
    .bind(pattern)
    .bind(HITS)
    .fetch_all(&mut *connection)
    .await?;
    hits.extend(batches.into_iter().map(|(id, detail)| Hit {
        target: HitTarget::Batch(id.clone()),
        title: id,
        detail,
    }));
    let errors: Vec<(String, String)> = sqlx::query_as(
        "SELECT error_message, concat_ws(', ', event_type, record_id) FROM marketing.pipeline_errors
         WHERE NOT resolved AND error_message ILIKE $1 ORDER BY created_at DESC LIMIT $2",
    )
    .bind(pattern)
    .bind(HITS)
    .fetch_all(&mut *connection)
    .await?;
    hits.extend(errors.into_iter().map(|(message, detail)| Hit {
        target: HitTarget::Error(message.clone()),
        title: message,
        detail,
    }));
    let filter = CompanyFilter {
        search: Some(text.to_owned()),
        ..CompanyFilter::default()
    };
    let companies = super::company::find(&mut *connection, &filter, HITS).await?;
    hits.extend(companies.into_iter().map(|row| {
        Hit {
            title: row.name.unwrap_or_else(|| "(no name)".to_owned()),
            detail: [
                row.barton_id,
                row.website,
                Some(row.state.name().to_owned()),
            ]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(", "),
            target: HitTarget::Company(row.key),
        }
    }));
    let people = people(connection, text, pattern).await?;
    hits.extend(people.into_iter().map(|(company, title, detail)| Hit {
        target: HitTarget::Contact(company),
        title,
        detail,
    }));
    Ok(())
}

/// Company, name and what tells more, of those who came last. The text is looked for as in the list of contacts.
async fn people(
    connection: &mut PgConnection,
    text: &str,
    pattern: &str,
) -> Result<Vec<(String, String, String)>> {
    let mut frequency = Frequency::default();
    if text::has_trigram(text) {
        let sample = format!(
            "SELECT {HAS_TRIGRAMS} AS indexed,
                    CASE WHEN count(*) = {SAMPLE} THEN count(*) FILTER (WHERE c.full_name ILIKE $1 OR c.email ILIKE $1) END AS matching
             FROM (SELECT full_name, email FROM marketing.contact_enrichment ORDER BY id DESC LIMIT {SAMPLE}) c"
        );
        frequency = sqlx::query_as(AssertSqlSafe(sample))
            .bind(pattern)
            .fetch_one(&mut *connection)
            .await?;
    }
    let lead = frequency.page(false);
    let (narrowed, order) = match lead {
        Lead::Trigrams => (format!("{TRIGRAMS} $1))"), "ROW(c.id)"),
        Lead::Order => (String::new(), "c.id"),
    };
    if frequency.is_known() && lead == Lead::Order {
        sqlx::query(BY_TIME).execute(&mut *connection).await?;
    }
    Ok(sqlx::query_as(AssertSqlSafe(format!(
        "SELECT s.company_unique_id, coalesce(c.full_name, c.email), concat_ws(', ', c.title, c.email, c.company_name)
         FROM marketing.contact_enrichment c JOIN marketing.company_slots s USING (company_slot_unique_id)
         WHERE (c.full_name ILIKE $1 OR c.email ILIKE $1){narrowed} ORDER BY {order} DESC LIMIT $2"
    )))
    .bind(pattern)
    .bind(HITS)
    .fetch_all(connection)
    .await?)
}
