//! `marketing.contact_enrichment`: everybody who was looked for, found or not, with slot, company, verdict and person.

use chrono::{DateTime, Utc};
use domain::model::{
    Page,
    contact::{ContactFilter, ContactRow, EmailState, EnrichmentStatus},
};
use sqlx::{FromRow, Postgres, QueryBuilder, Transaction};

use super::{
    BY_TIME, COUNT_LIMIT, PAGE, PIECE, Piece, capped, contains, cursor, cut, direction,
    text::{self, Frequency, Lead, SAMPLE},
    window::push_window,
};
use crate::{Engine, Result};

/// The words of the index `contact_enrichment_email_state`.
const EMAIL_STATE: &str =
    "CASE WHEN c.email_status IN ('valid', 'invalid', 'risky', 'unknown') THEN c.email_status
        WHEN c.email IS NULL THEN 'none' ELSE 'pending' END";

/// What has the text, and perhaps more: the words of the index `contact_enrichment_text`, and those who are still looked for,
/// who are in no index, and few.
pub(super) const TRIGRAMS: &str = " AND (c.enrichment_status IN ('pending', 'processing')
    OR (c.enrichment_status IN ('completed', 'failed')
        AND coalesce(c.full_name, '') || E'\n' || coalesce(c.email, '') || E'\n' || coalesce(c.company_name, '') ILIKE ";
/// Whether that index is there, which it is where pg_trgm is.
pub(super) const HAS_TRIGRAMS: &str = "EXISTS (SELECT FROM pg_index
    WHERE indexrelid = to_regclass('marketing.contact_enrichment_text') AND indisvalid)";

/// What may be asked of slot and company. A filter that asks nothing of them leaves the joins out: neither can have two rows
/// for one contact, which PostgreSQL knows.
const FROM: &str = " FROM marketing.contact_enrichment c
    LEFT JOIN marketing.company_slots s ON s.company_slot_unique_id = c.company_slot_unique_id
    LEFT JOIN marketing.company_master m ON m.company_unique_id = s.company_unique_id WHERE TRUE";

/// What is looked up for the rows of one page only: slot, company, the newest verdict and the person.
const LOOKED_UP: &str = ") c
    LEFT JOIN marketing.company_slots s ON s.company_slot_unique_id = c.company_slot_unique_id
    LEFT JOIN marketing.company_master m ON m.company_unique_id = s.company_unique_id
    LEFT JOIN LATERAL (SELECT v.verified_at, v.verification_service FROM marketing.email_verification v
                       WHERE v.enrichment_id = c.id AND v.verification_status <> 'pending'
                       ORDER BY v.id DESC LIMIT 1) v ON TRUE
    LEFT JOIN LATERAL (SELECT p.unique_id AS person_id FROM marketing.people_master p
                       WHERE p.company_slot_unique_id = c.company_slot_unique_id
                       ORDER BY p.created_at DESC, p.unique_id DESC LIMIT 1) p ON TRUE";

/// A slot's event asks for the person, and a contact's for the check of the address.
const EVENTS: &str = " AND (e.event_type, e.payload ->> 'record_id') IN (
    SELECT r.event_type, r.record FROM (SELECT c.id, c.company_slot_unique_id";
const EVENTS_END: &str =
    ") c CROSS JOIN LATERAL (VALUES ('slots_created', c.company_slot_unique_id), ('contact_enriched', c.id::TEXT))
        AS r (event_type, record))";

/// Where counting stops when each contact is a look at its slot or company.
const LOOKED_AT: i64 = 1_000;
/// Companies of a batch whose contacts are all read and sorted, which takes half a second. Where a batch has more, it is
/// much of what there is, and one comes upon it by going by time.
const LARGE_BATCH: i64 = 50_000;
/// Several workers make reading all companies look cheaper than the index of their batches.
const ALONE: &str = "SELECT set_config('max_parallel_workers_per_gather', '0', TRUE)";

impl Engine {
    /// A page of 50 contacts, newest first unless sorted otherwise. Counts stop at 10,000; those of a role, or of a very large
    /// batch, at 1,000.
    ///
    /// # Errors
    /// [`crate::EngineError::Invalid`] for a cursor that is none, [`crate::EngineError::Database`].
    pub async fn contacts(&self, filter: &ContactFilter) -> Result<Page<ContactRow>> {
        let ways = self.ways(filter).await?;
        let limit = ways.count.count_limit(filter);
        let ((rows, next), n) = tokio::try_join!(
            self.first_contacts(filter, ways.page, PAGE),
            self.count_contacts(filter, ways.count, limit)
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
    /// As [`Engine::contacts`].
    pub async fn contacts_piece(&self, filter: &ContactFilter) -> Result<Piece<ContactRow>> {
        let ways = self.ways(filter).await?;
        self.first_contacts(filter, ways.page, PIECE).await
    }

    async fn ways(&self, filter: &ContactFilter) -> Result<Ways> {
        if self.is_by_company(filter).await? {
            return Ok(Ways {
                page: Way::Company,
                count: Way::Company,
            });
        }
        let frequency = match sample(filter)? {
            Some(mut query) => query.build_query_as().fetch_one(&self.pool).await?,
            None => Frequency::default(),
        };
        let way = |lead| match lead {
            Lead::Order => Way::Time,
            Lead::Trigrams => Way::Text,
        };
        Ok(Ways {
            page: way(frequency.page(false)),
            count: way(frequency.count()),
        })
    }

    async fn is_by_company(&self, filter: &ContactFilter) -> Result<bool> {
        if filter.company.is_some() {
            return Ok(true);
        }
        let Some(batch) = &filter.batch else {
            return Ok(false);
        };
        let companies: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM (SELECT FROM marketing.company_master WHERE import_batch_id = $1 LIMIT $2) AS found",
        )
        .bind(batch)
        .bind(LARGE_BATCH + 1)
        .fetch_one(&self.pool)
        .await?;
        Ok(companies <= LARGE_BATCH)
    }

    async fn first_contacts(
        &self,
        filter: &ContactFilter,
        way: Way,
        limit: i64,
    ) -> Result<Piece<ContactRow>> {
        let mut query = first(filter, way, limit)?;
        let mut transaction = self.begin_contacts(filter, way).await?;
        let rows: Vec<Row> = query.build_query_as().fetch_all(&mut *transaction).await?;
        Ok(cut(rows, limit, |row: &ContactRow| {
            format!("{}~{}", row.created_at.to_rfc3339(), row.id)
        }))
    }

    async fn count_contacts(&self, filter: &ContactFilter, way: Way, limit: i64) -> Result<i64> {
        let mut transaction = self.begin_contacts(filter, way).await?;
        Ok(counted(filter, way, limit)
            .build_query_scalar()
            .fetch_one(&mut *transaction)
            .await?)
    }

    /// A transaction that is only read in, and so never committed. How frequent a text is, PostgreSQL does not know; of
    /// states, roles and batches it does.
    async fn begin_contacts(
        &self,
        filter: &ContactFilter,
        way: Way,
    ) -> Result<Transaction<'static, Postgres>> {
        let mut transaction = self.transaction().await?;
        let settings = match way {
            Way::Company => Some(ALONE),
            Way::Time => filter.search.as_ref().map(|_| BY_TIME),
            Way::Text => None,
        };
        if let Some(settings) = settings {
            sqlx::query(settings).execute(&mut *transaction).await?;
        }
        Ok(transaction)
    }
}

/// What leads to the contacts of a filter.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    /// An index by time, perhaps within a state.
    Time,
    /// The slots of the companies that are asked for.
    Company,
    /// The trigrams of a text that is rare.
    Text,
}

/// For a page and for the count; a count may go further along a list than a page.
struct Ways {
    page: Way,
    count: Way,
}

impl Way {
    fn count_limit(self, filter: &ContactFilter) -> i64 {
        let elsewhere = filter.role.is_some() || filter.batch.is_some();
        if self != Self::Company && elsewhere {
            LOOKED_AT
        } else {
            COUNT_LIMIT
        }
    }
}

/// The first contacts, one more than `limit`.
fn first(filter: &ContactFilter, way: Way, limit: i64) -> Result<QueryBuilder<Postgres>> {
    let (direction, _) = direction(filter.sort.ascending);
    let order = format!(" ORDER BY c.created_at {direction}, c.id {direction}");
    let found_order = match way {
        // The same order as one value, which no index has: so what the trigrams find is sorted.
        Way::Text => format!(" ORDER BY ROW(c.created_at, c.id) {direction}"),
        Way::Time | Way::Company => order.clone(),
    };
    let mut query = QueryBuilder::new(format!(
        "SELECT c.id, c.full_name, c.title, c.company_slot_unique_id AS slot_id, s.slot_label AS role,
                s.company_unique_id AS company_id, coalesce(c.company_name, m.company_name) AS company_name,
                m.import_batch_id AS batch_id, c.email, {EMAIL_STATE} AS email_state, c.enrichment_status AS status,
                c.enrichment_data ->> 'reason' AS reason, c.enrichment_source AS source, c.created_at, c.enriched_at,
                v.verified_at, v.verification_service, p.person_id
         FROM (SELECT c.*{FROM}"
    ));
    push_filter(&mut query, filter, way);
    push_cursor(&mut query, filter)?;
    query
        .push(&found_order)
        .push(" LIMIT ")
        .push_bind(limit + 1)
        .push(LOOKED_UP)
        .push(&order);
    Ok(query)
}

/// What tells how frequent the text is in the next rows of the list; none where trigrams would lead nowhere.
fn sample(filter: &ContactFilter) -> Result<Option<QueryBuilder<Postgres>>> {
    if !text::typed(filter.search.as_deref()).is_some_and(text::has_trigram) {
        return Ok(None);
    }
    let mut query = QueryBuilder::new(format!(
        "SELECT {HAS_TRIGRAMS} AS indexed, CASE WHEN count(*) = {SAMPLE} THEN count(*) FILTER (WHERE TRUE"
    ));
    push_text(&mut query, filter);
    query.push(
        ") END AS matching FROM (SELECT c.full_name, c.email, c.company_name FROM marketing.contact_enrichment c WHERE TRUE",
    );
    push_cursor(&mut query, filter)?;
    let (direction, _) = direction(filter.sort.ascending);
    query.push(format!(
        " ORDER BY c.created_at {direction}, c.id {direction} LIMIT {SAMPLE}) c"
    ));
    Ok(Some(query))
}

fn push_cursor(query: &mut QueryBuilder<Postgres>, filter: &ContactFilter) -> Result<()> {
    if let Some(cursor) = &filter.cursor {
        let (_, beyond) = direction(filter.sort.ascending);
        let (at, id) = cursor::time_and_id(cursor)?;
        query
            .push(format!(" AND (c.created_at, c.id) {beyond} ("))
            .push_bind(at);
        query.push(", ").push_bind(id).push(")");
    }
    Ok(())
}

/// The text in the contact's own columns, the company's name among them, so that one table is asked.
fn push_text(query: &mut QueryBuilder<Postgres>, filter: &ContactFilter) {
    if let Some(pattern) = contains(filter.search.as_deref()) {
        query
            .push(" AND (c.full_name ILIKE ")
            .push_bind(pattern.clone());
        query.push(" OR c.email ILIKE ").push_bind(pattern.clone());
        query
            .push(" OR c.company_name ILIKE ")
            .push_bind(pattern)
            .push(")");
    }
}

fn counted(filter: &ContactFilter, way: Way, limit: i64) -> QueryBuilder<Postgres> {
    let mut query = QueryBuilder::new(format!("SELECT count(*) FROM (SELECT{FROM}"));
    push_filter(&mut query, filter, way);
    // Written out: a plan for any limit would expect to end early, and read a table for what is not there.
    query.push(format!(" LIMIT {}) AS matching", limit + 1));
    query
}

/// The one predicate of list and count. Trigrams add what it implies.
fn push_filter(query: &mut QueryBuilder<Postgres>, filter: &ContactFilter, way: Way) {
    if let (Way::Text, Some(pattern)) = (way, contains(filter.search.as_deref())) {
        query.push(TRIGRAMS).push_bind(pattern).push("))");
    }
    push_text(query, filter);
    push_window(query, "c.created_at", &filter.window);
    if let Some(state) = filter.email {
        query.push(format!(" AND {EMAIL_STATE} = "));
        query.push_bind(state.name());
    }
    if let Some(status) = filter.status {
        query
            .push(" AND c.enrichment_status = ")
            .push_bind(status.name());
    }
    if let Some(role) = &filter.role {
        query.push(" AND s.slot_label = ").push_bind(role.clone());
    }
    if let Some(company) = &filter.company {
        query
            .push(
                " AND c.company_slot_unique_id = ANY(ARRAY(
                      SELECT k.company_slot_unique_id FROM marketing.company_slots k WHERE k.company_unique_id = ",
            )
            .push_bind(company.clone())
            .push("))");
    }
    match (&filter.batch, way) {
        (Some(batch), Way::Company) if filter.company.is_none() => {
            query
                .push(
                    " AND c.company_slot_unique_id = ANY(ARRAY(
                          SELECT k.company_slot_unique_id FROM marketing.company_master b
                          JOIN marketing.company_slots k ON k.company_unique_id = b.company_unique_id
                          WHERE b.import_batch_id = ",
                )
                .push_bind(batch.clone())
                .push("))");
        }
        (Some(batch), _) => {
            query
                .push(" AND m.import_batch_id = ")
                .push_bind(batch.clone());
        }
        (None, _) => {}
    }
}

/// Appends ` AND …` over `marketing.pipeline_events e`: the search for people that match, and the checks of their
/// addresses.
pub(crate) fn push_events(query: &mut QueryBuilder<Postgres>, filter: &ContactFilter) {
    query.push(EVENTS).push(FROM);
    push_filter(query, filter, Way::Time);
    query.push(EVENTS_END);
}

/// As [`push_events`], of contacts by their ids.
pub(crate) fn push_events_of(query: &mut QueryBuilder<Postgres>, ids: &[i64]) {
    query
        .push(EVENTS)
        .push(" FROM marketing.contact_enrichment c WHERE c.id = ANY(")
        .push_bind(ids.to_vec())
        .push(")")
        .push(EVENTS_END);
}

#[derive(FromRow)]
struct Row {
    id: i32,
    full_name: Option<String>,
    title: Option<String>,
    slot_id: String,
    role: Option<String>,
    company_id: Option<String>,
    company_name: Option<String>,
    batch_id: Option<String>,
    email: Option<String>,
    email_state: String,
    status: String,
    reason: Option<String>,
    source: Option<String>,
    created_at: DateTime<Utc>,
    enriched_at: Option<DateTime<Utc>>,
    verified_at: Option<DateTime<Utc>>,
    verification_service: Option<String>,
    person_id: Option<String>,
}

impl From<Row> for ContactRow {
    fn from(row: Row) -> Self {
        Self {
            id: i64::from(row.id),
            // The statement and the table's check name only these.
            email_state: EmailState::parse(&row.email_state).unwrap_or(EmailState::Pending),
            status: EnrichmentStatus::parse(&row.status).unwrap_or(EnrichmentStatus::Pending),
            full_name: row.full_name,
            title: row.title,
            person_id: row.person_id,
            slot_id: row.slot_id,
            role: row.role,
            company_id: row.company_id,
            company_name: row.company_name,
            batch_id: row.batch_id,
            email: row.email,
            verified_at: row.verified_at,
            verification_service: row.verification_service,
            reason: row.reason,
            source: row.source,
            created_at: row.created_at,
            enriched_at: row.enriched_at,
        }
    }
}
