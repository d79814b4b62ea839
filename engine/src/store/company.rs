//! Companies: the list. One row for each intake row, and for each master row that has none.

use chrono::{DateTime, Utc};
use domain::model::{
    Page,
    company::{Attention, CompanyFilter, CompanyRow, CompanyState},
};
use sqlx::{FromRow, Postgres, QueryBuilder};

use super::{COUNT_LIMIT, PAGE, capped, contains, cursor};
use crate::{Engine, Result};

/// The columns of a row over `listed`; the sub-selects run for the rows of one page only.
pub(super) const COLUMNS: &str = "SELECT l.key, l.barton_id, l.name, l.website, l.industry, l.batch_id, l.state, l.created_at,
    (SELECT count(*) FROM marketing.company_slots s WHERE s.company_unique_id = l.barton_id) AS slots,
    (SELECT count(*) FROM marketing.company_slots s JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
     WHERE s.company_unique_id = l.barton_id AND c.enrichment_status = 'completed') AS contacts,
    (SELECT count(*) FROM marketing.company_slots s JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
     WHERE s.company_unique_id = l.barton_id AND c.email_status = 'valid') AS valid_emails,
    (SELECT count(*) FROM marketing.pipeline_errors e
     WHERE e.correlation_id = l.correlation_id AND NOT e.resolved) AS open_errors";

impl Engine {
    /// A page of 50 companies, newest first.
    ///
    /// # Errors
    /// [`crate::EngineError::Database`].
    pub async fn companies(&self, filter: &CompanyFilter) -> Result<Page<CompanyRow>> {
        let mut list = QueryBuilder::new(COLUMNS);
        list.push(" FROM marketing.v_companies l WHERE TRUE");
        push_filter(&mut list, filter);
        if let Some(cursor) = &filter.cursor {
            let (at, place) = cursor::time_and_id(cursor)?;
            list.push(" AND (l.created_at, l.place) < (").push_bind(at);
            list.push(", ").push_bind(place).push(")");
        }
        list.push(" ORDER BY l.created_at DESC, l.place DESC LIMIT ")
            .push_bind(PAGE + 1);
        let mut rows: Vec<Row> = list.build_query_as().fetch_all(&self.pool).await?;
        let mut count = QueryBuilder::new(
            "SELECT count(*) FROM (SELECT FROM marketing.v_companies l WHERE TRUE",
        );
        push_filter(&mut count, filter);
        count
            .push(" LIMIT ")
            .push_bind(COUNT_LIMIT + 1)
            .push(") AS matching");
        let n: i64 = count.build_query_scalar().fetch_one(&self.pool).await?;
        let more = rows.len() as i64 > PAGE;
        rows.truncate(PAGE as usize);
        let next = match rows.last().filter(|_| more) {
            Some(last) => Some(self.company_cursor(&last.key).await?),
            None => None,
        };
        Ok(Page {
            rows: rows.into_iter().map(Row::into).collect(),
            next,
            count: capped(n),
        })
    }

    async fn company_cursor(&self, key: &str) -> Result<String> {
        let (at, place): (DateTime<Utc>, i64) =
            sqlx::query_as("SELECT created_at, place FROM marketing.v_companies WHERE key = $1")
                .bind(key)
                .fetch_one(&self.pool)
                .await?;
        Ok(format!("{}~{place}", at.to_rfc3339()))
    }
}

/// The one predicate of list and count.
fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &CompanyFilter) {
    if let Some(pattern) = contains(filter.search.as_deref()) {
        query.push(" AND (l.name ILIKE ").push_bind(pattern.clone());
        query
            .push(" OR l.website ILIKE ")
            .push_bind(pattern.clone());
        query
            .push(" OR l.barton_id LIKE ")
            .push_bind(pattern)
            .push(")");
    }
    if let Some(batch) = &filter.batch {
        query.push(" AND l.batch_id = ").push_bind(batch.clone());
    }
    if let Some(state) = filter.state {
        query.push(" AND l.state = ").push_bind(state.name());
    }
    if let Some(state) = filter.reached {
        let names: Vec<&str> = state
            .and_beyond()
            .iter()
            .map(|state| state.name())
            .collect();
        query.push(" AND l.state = ANY(").push_bind(names).push(")");
    }
    match filter.attention {
        Some(Attention::Errors) => {
            query.push(
                " AND l.correlation_id IN (
                      SELECT e.correlation_id FROM marketing.pipeline_errors e WHERE NOT e.resolved)",
            );
        }
        Some(Attention::Open) => {
            query.push(
                " AND l.correlation_id IN (
                      SELECT v.correlation_id FROM marketing.pipeline_events v
                      WHERE v.status IN ('pending', 'processing'))",
            );
        }
        None => {}
    }
}

#[derive(FromRow)]
pub(super) struct Row {
    key: String,
    barton_id: Option<String>,
    name: Option<String>,
    website: Option<String>,
    industry: Option<String>,
    batch_id: Option<String>,
    state: String,
    created_at: DateTime<Utc>,
    slots: i64,
    contacts: i64,
    valid_emails: i64,
    open_errors: i64,
}

impl From<Row> for CompanyRow {
    fn from(row: Row) -> Self {
        Self {
            key: row.key,
            barton_id: row.barton_id,
            name: row.name,
            website: row.website,
            industry: row.industry,
            batch_id: row.batch_id,
            state: CompanyState::parse(&row.state).unwrap_or(CompanyState::Imported),
            slots: row.slots,
            contacts: row.contacts,
            valid_emails: row.valid_emails,
            open_errors: row.open_errors,
            created_at: row.created_at,
        }
    }
}
