//! Companies: the list. One row for each intake row, and for each master row that has none.

use chrono::{DateTime, Utc};
use domain::{
    barton,
    model::{
        Page,
        company::{Attention, CompanyColumn, CompanyFilter, CompanyRow, CompanyState},
        sort::Sort,
    },
};
use sqlx::{FromRow, PgConnection, Postgres, QueryBuilder, Transaction};

use super::{
    BY_TIME, COUNT_LIMIT, PAGE, PIECE, Piece, capped, contains, cursor, cut, direction,
    text::{self, Frequency, Lead, SAMPLE},
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
const PARTS: [&str; 2] = [IMPORTED, "marketing.v_companies_elsewhere"];
const IMPORTED: &str = "marketing.v_companies_imported";
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
        let frequency = self.frequency_of_companies(filter).await?;
        let ((rows, next), n) = tokio::try_join!(
            self.first_companies(filter, frequency, PAGE),
            self.count_companies(filter, frequency, limit)
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
        let frequency = self.frequency_of_companies(filter).await?;
        self.first_companies(filter, frequency, PIECE).await
    }

    async fn frequency_of_companies(&self, filter: &CompanyFilter) -> Result<Frequency> {
        match sample(filter)? {
            Some(mut query) => Ok(query.build_query_as().fetch_one(&self.pool).await?),
            None => Ok(Frequency::default()),
        }
    }

    async fn first_companies(
        &self,
        filter: &CompanyFilter,
        frequency: Frequency,
        limit: i64,
    ) -> Result<Piece<CompanyRow>> {
        let lead = frequency.page(goes_by_state(filter));
        let mut query = first(filter, lead, limit)?;
        let mut transaction = self.begin_list(filter, frequency, lead).await?;
        let rows: Vec<Row> = query.build_query_as().fetch_all(&mut *transaction).await?;
        // Nobody holds one connection while they wait for another.
        drop(transaction);
        let (rows, last) = cut(rows, limit, |row: &CompanyRow| row.key.clone());
        let next = match last {
            Some(key) => Some(self.company_cursor(&key, filter.sort).await?),
            None => None,
        };
        Ok((rows, next))
    }

    async fn count_companies(
        &self,
        filter: &CompanyFilter,
        frequency: Frequency,
        limit: i64,
    ) -> Result<i64> {
        let lead = count_lead(filter, frequency);
        let mut transaction = self.begin_list(filter, frequency, lead).await?;
        Ok(counted(filter, lead, limit)
            .build_query_scalar()
            .fetch_one(&mut *transaction)
            .await?)
    }

    /// A transaction that is only read in, and so never committed.
    async fn begin_list(
        &self,
        filter: &CompanyFilter,
        frequency: Frequency,
        lead: Lead,
    ) -> Result<Transaction<'static, Postgres>> {
        let mut transaction = self.transaction().await?;
        let by_order = goes_by_state(filter) || frequency.is_known();
        if by_order && lead == Lead::Order && !is_led_by_index(filter) {
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
fn first(filter: &CompanyFilter, lead: Lead, limit: i64) -> Result<QueryBuilder<Postgres>> {
    let column = column(filter);
    let (direction, _) = direction(filter.sort.ascending);
    let order = format!(" ORDER BY {column} {direction}, l.place {direction} LIMIT ");
    let mut query = QueryBuilder::new(COLUMNS);
    for (part, before) in PARTS.into_iter().zip([" FROM (", " UNION ALL "]) {
        query.push(format!("{before}(SELECT * FROM {part} l WHERE "));
        query.push(match lead {
            Lead::Order => "TRUE".to_owned(),
            // What is looked up for a row waits until it is known which are the first.
            Lead::Trigrams => {
                format!("l.place = ANY(ARRAY(SELECT l.place FROM {part} l WHERE TRUE")
            }
        });
        push_filter(&mut query, filter, part, lead);
        push_cursor(&mut query, filter)?;
        match lead {
            Lead::Order => query.push(&order).push_bind(limit + 1),
            // The same order as one value, which no index has: so what the trigrams find is sorted.
            Lead::Trigrams => query
                .push(format!(
                    " ORDER BY ROW({column}, l.place) {direction} LIMIT "
                ))
                .push_bind(limit + 1)
                .push("))"),
        };
        query.push(")");
    }
    query.push(") l").push(&order).push_bind(limit + 1);
    Ok(query)
}

/// What tells how frequent the text is in the next rows of each part; none where trigrams would lead nowhere.
fn sample(filter: &CompanyFilter) -> Result<Option<QueryBuilder<Postgres>>> {
    let Some(text) = text::typed(filter.search.as_deref()).filter(|text| text::has_trigram(text))
    else {
        return Ok(None);
    };
    let column = column(filter);
    let (direction, _) = direction(filter.sort.ascending);
    let asked = if barton::is_piece_of_company(text) {
        "l.name, l.website, l.barton_id"
    } else {
        "l.name, l.website"
    };
    // A part that is shorter than the sample says nothing.
    let mut query = QueryBuilder::new(
        "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('intake.company_raw_intake_text') AND indisvalid)
             AS indexed, min(matching) AS matching FROM (",
    );
    for (part, before) in PARTS.into_iter().zip(["", " UNION ALL "]) {
        query.push(format!(
            "{before}SELECT count(*) AS looked_at, count(*) FILTER (WHERE TRUE"
        ));
        push_text(&mut query, filter);
        query.push(format!(
            ") AS matching FROM (SELECT {asked} FROM {part} l WHERE TRUE"
        ));
        push_cursor(&mut query, filter)?;
        query.push(format!(
            " ORDER BY {column} {direction}, l.place {direction} LIMIT {SAMPLE}) l"
        ));
    }
    query.push(format!(") AS parts WHERE looked_at = {SAMPLE}"));
    Ok(Some(query))
}

fn column(filter: &CompanyFilter) -> &'static str {
    match filter.sort.by {
        CompanyColumn::Imported => "l.created_at",
        CompanyColumn::Name => "l.name_key",
    }
}

fn push_cursor(query: &mut QueryBuilder<Postgres>, filter: &CompanyFilter) -> Result<()> {
    let Some(cursor) = &filter.cursor else {
        return Ok(());
    };
    let (_, beyond) = direction(filter.sort.ascending);
    query.push(format!(" AND ({}, l.place) {beyond} (", column(filter)));
    let (value, place) = cursor::value_and_id(cursor)?;
    match filter.sort.by {
        CompanyColumn::Imported => query.push_bind(cursor::time(value)?),
        CompanyColumn::Name => query.push_bind(value.strip_prefix('~').unwrap_or(value).to_owned()),
    };
    query.push(", ").push_bind(place).push(")");
    Ok(())
}

/// The newest that match, in a transaction of the caller's.
pub(super) async fn find(
    connection: &mut PgConnection,
    filter: &CompanyFilter,
    limit: i64,
) -> Result<Vec<CompanyRow>> {
    let frequency = match sample(filter)? {
        Some(mut query) => query.build_query_as().fetch_one(&mut *connection).await?,
        None => Frequency::default(),
    };
    let lead = frequency.page(goes_by_state(filter));
    if frequency.is_known() && lead == Lead::Order {
        sqlx::query(BY_TIME).execute(&mut *connection).await?;
    }
    let rows: Vec<Row> = first(filter, lead, limit)?
        .build_query_as()
        .fetch_all(connection)
        .await?;
    Ok(cut(rows, limit, |_: &CompanyRow| String::new()).0)
}

fn counted(filter: &CompanyFilter, lead: Lead, limit: i64) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new("SELECT count(*) FROM (");
    for (part, between) in PARTS.into_iter().zip(["", " UNION ALL "]) {
        query.push(format!("{between}SELECT FROM {part} l WHERE TRUE"));
        push_filter(&mut query, filter, part, lead);
    }
    // Written out: a plan for any limit would expect to end early, and read a table for what is not there.
    query.push(format!(" LIMIT {}) AS matching", limit + 1));
    query
}

/// Where keys are looked for, all that match are fetched before the first is counted.
fn count_lead(filter: &CompanyFilter, frequency: Frequency) -> Lead {
    match text::typed(filter.search.as_deref()) {
        Some(text) if barton::is_piece_of_company(text) => frequency.page(goes_by_state(filter)),
        _ => frequency.count(),
    }
}

/// The state is in no index: it is looked up company by company.
fn goes_by_state(filter: &CompanyFilter) -> bool {
    filter.state.is_some() || filter.reached.is_some()
}

/// Whether something narrows the list down before its states are looked up.
fn is_led_by_index(filter: &CompanyFilter) -> bool {
    filter.batch.is_some() || filter.attention.is_some()
}

/// The one predicate of list and count. Trigrams add what it implies, in words that an index knows.
fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &CompanyFilter, part: &str, lead: Lead) {
    if lead == Lead::Trigrams {
        push_trigrams(query, filter, part);
    }
    push_text(query, filter);
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

/// The text in name, website or key. Few texts can be a piece of a key; without it the master is not asked for.
fn push_text(query: &mut QueryBuilder<Postgres>, filter: &CompanyFilter) {
    let search = text::typed(filter.search.as_deref());
    let (Some(text), Some(pattern)) = (search, contains(search)) else {
        return;
    };
    query.push(" AND (l.name ILIKE ").push_bind(pattern.clone());
    query
        .push(" OR l.website ILIKE ")
        .push_bind(pattern.clone());
    if barton::is_piece_of_company(text) {
        query.push(" OR l.barton_id LIKE ").push_bind(pattern);
    }
    query.push(")");
}

/// Whatever has the text, and perhaps more: rows that wait for validation are in no index, and few.
fn push_trigrams(query: &mut QueryBuilder<Postgres>, filter: &CompanyFilter, part: &str) {
    let search = text::typed(filter.search.as_deref());
    let (Some(text), Some(pattern)) = (search, contains(search)) else {
        return;
    };
    if part != IMPORTED {
        query.push(" AND l.searched ILIKE ").push_bind(pattern);
    } else if barton::is_piece_of_company(text) {
        // Intake and master are two tables, and no index is of both.
        query.push(format!(
            " AND l.place = ANY(ARRAY(SELECT w.place FROM {IMPORTED} w WHERE w.searched ILIKE "
        ));
        query
            .push_bind(pattern.clone())
            .push(" AND (w.validated IS NULL OR (w.validated IS NOT NULL AND w.searched ILIKE ")
            .push_bind(pattern.clone())
            .push(
                ")) UNION ALL
                  SELECT CASE WHEN m.source_record_id ~ '^[0-9]{1,18}$' THEN m.source_record_id::BIGINT END
                  FROM marketing.company_master m WHERE m.company_unique_id LIKE ",
            )
            .push_bind(pattern)
            .push("))");
    } else {
        query
            .push(" AND (l.validated IS NULL OR (l.validated IS NOT NULL AND l.searched ILIKE ")
            .push_bind(pattern)
            .push("))");
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
        push_filter(query, filter, part, Lead::Order);
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
