//! Companies: the list. One row for each intake row, and for each master row that has none.

use chrono::{DateTime, Utc};
use domain::model::{
    Page,
    company::{Attention, CompanyColumn, CompanyFilter, CompanyRow, CompanyState},
    sort::Sort,
};
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder, Transaction};

use super::{
    BY_TIME, COUNT_LIMIT, PAGE, PIECE, Piece, capped, contains, cursor, cut, direction,
    window::push_window,
};
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

/// The parts of `v_companies`, each of which is read in order: a union is sorted as a whole.
const PARTS: [&str; 2] = [
    "marketing.v_companies_imported",
    "marketing.v_companies_elsewhere",
];
/// Where counting companies of a state stops: each is a look at its slots and contacts, of some 20 µs.
const STATES_COUNTED: i64 = 1_000;

impl Engine {
    /// A page of 50 companies, newest first unless sorted otherwise.
    ///
    /// # Errors
    /// [`crate::EngineError::Invalid`] for a cursor that is none, [`crate::EngineError::Database`].
    pub async fn companies(&self, filter: &CompanyFilter) -> Result<Page<CompanyRow>> {
        let limit = if goes_by_state(filter) {
            STATES_COUNTED
        } else {
            COUNT_LIMIT
        };
        let ((rows, next), n) = tokio::try_join!(
            self.first_companies(filter, PAGE),
            self.count_companies(filter, limit)
        )?;
        Ok(Page {
            rows,
            next,
            count: capped(n, limit),
        })
    }

    /// A piece of the same list, for exports.
    ///
    /// # Errors
    /// As [`Engine::companies`].
    pub async fn companies_piece(&self, filter: &CompanyFilter) -> Result<Piece<CompanyRow>> {
        self.first_companies(filter, PIECE).await
    }

    async fn first_companies(
        &self,
        filter: &CompanyFilter,
        limit: i64,
    ) -> Result<Piece<CompanyRow>> {
        let mut query = first(filter, limit)?;
        let mut transaction = self.begin_list(filter).await?;
        let rows: Vec<Row> = query.build_query_as().fetch_all(&mut *transaction).await?;
        let (rows, last) = cut(rows, limit, |row: &CompanyRow| row.key.clone());
        let next = match last {
            Some(key) => Some(self.company_cursor(&key, filter.sort).await?),
            None => None,
        };
        Ok((rows, next))
    }

    async fn count_companies(&self, filter: &CompanyFilter, limit: i64) -> Result<i64> {
        let mut transaction = self.begin_list(filter).await?;
        Ok(counted(filter, limit)
            .build_query_scalar()
            .fetch_one(&mut *transaction)
            .await?)
    }

    /// A transaction that is only read in, and so never committed.
    async fn begin_list(&self, filter: &CompanyFilter) -> Result<Transaction<'static, Postgres>> {
        let mut transaction = self.transaction().await?;
        if goes_by_state(filter) && !is_led_by_index(filter) {
            sqlx::query(BY_TIME).execute(&mut *transaction).await?;
        }
        Ok(transaction)
    }

    /// A name may begin with a blank, which an address loses, hence the mark before it.
    async fn company_cursor(&self, key: &str, sort: Sort<CompanyColumn>) -> Result<String> {
        let (at, name, place): (DateTime<Utc>, String, i64) = sqlx::query_as(
            "SELECT created_at, name_key, place FROM marketing.v_companies WHERE key = $1",
        )
        .bind(key)
        .fetch_one(&self.pool)
        .await?;
        Ok(match sort.by {
            CompanyColumn::Imported => format!("{}~{place}", at.to_rfc3339()),
            CompanyColumn::Name => format!("~{name}~{place}"),
        })
    }
}

/// The first companies, one more than `limit`: the first of each part, and the first of these.
fn first(filter: &CompanyFilter, limit: i64) -> Result<QueryBuilder<Postgres>> {
    let column = match filter.sort.by {
        CompanyColumn::Imported => "l.created_at",
        CompanyColumn::Name => "l.name_key",
    };
    let (direction, beyond) = direction(filter.sort.ascending);
    let order = format!(" ORDER BY {column} {direction}, l.place {direction} LIMIT ");
    let mut query = QueryBuilder::new(COLUMNS);
    for (part, before) in PARTS.into_iter().zip([" FROM (", " UNION ALL "]) {
        query.push(format!("{before}(SELECT * FROM {part} l WHERE TRUE"));
        push_filter(&mut query, filter);
        if let Some(cursor) = &filter.cursor {
            query.push(format!(" AND ({column}, l.place) {beyond} ("));
            let (value, place) = cursor::value_and_id(cursor)?;
            match filter.sort.by {
                CompanyColumn::Imported => query.push_bind(cursor::time(value)?),
                CompanyColumn::Name => {
                    query.push_bind(value.strip_prefix('~').unwrap_or(value).to_owned())
                }
            };
            query.push(", ").push_bind(place).push(")");
        }
        query.push(&order).push_bind(limit + 1).push(")");
    }
    query.push(") l").push(&order).push_bind(limit + 1);
    Ok(query)
}

/// The newest that match, on a connection of the caller's.
pub(super) async fn find(
    connection: &mut PgConnection,
    filter: &CompanyFilter,
    limit: i64,
) -> Result<Vec<CompanyRow>> {
    let rows: Vec<Row> = first(filter, limit)?
        .build_query_as()
        .fetch_all(connection)
        .await?;
    Ok(cut(rows, limit, |_: &CompanyRow| String::new()).0)
}

fn counted(filter: &CompanyFilter, limit: i64) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM (");
    for (part, between) in PARTS.into_iter().zip(["", " UNION ALL "]) {
        query.push(format!("{between}SELECT FROM {part} l WHERE TRUE"));
        push_filter(&mut query, filter);
    }
    query
        .push(" LIMIT ")
        .push_bind(limit + 1)
        .push(") AS matching");
    query
}

/// The state is in no index: it is looked up company by company.
fn goes_by_state(filter: &CompanyFilter) -> bool {
    filter.state.is_some() || filter.reached.is_some()
}

/// Whether something narrows the list down before its states are looked up.
fn is_led_by_index(filter: &CompanyFilter) -> bool {
    filter.batch.is_some() || filter.attention.is_some()
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
    push_window(query, "l.created_at", &filter.window);
    if let Some(state) = filter.state {
        // What the state implies, in words that need no look into slots and contacts.
        query.push(match state {
            CompanyState::Imported => " AND l.barton_id IS NULL AND l.validated IS NULL",
            CompanyState::Rejected => " AND l.barton_id IS NULL AND l.validated = FALSE",
            CompanyState::Validated => " AND l.barton_id IS NULL AND l.validated",
            _ => " AND l.barton_id IS NOT NULL",
        });
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

/// Appends ` AND …` over `marketing.pipeline_events e`: those of companies that match.
pub(crate) fn push_events(query: &mut QueryBuilder<Postgres>, filter: &CompanyFilter) {
    for (part, before) in PARTS
        .into_iter()
        .zip([" AND e.correlation_id IN (", " UNION ALL "])
    {
        query.push(format!(
            "{before}SELECT l.correlation_id FROM {part} l WHERE TRUE"
        ));
        push_filter(query, filter);
    }
    query.push(")");
}

/// As [`push_events`], of companies by their keys.
pub(crate) fn push_events_of(query: &mut QueryBuilder<Postgres>, keys: &[String]) {
    query
        .push(" AND e.correlation_id IN (SELECT c.correlation_id FROM marketing.v_companies c WHERE c.key = ANY(")
        .push_bind(keys.to_vec())
        .push("))");
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
