//! One company: its facts, its slots and the timeline of what happened to it.

use chrono::{DateTime, Utc};
use domain::model::company::{
    CompanyDetail, CompanyRow, ImportSource, SlotDetail, TimelineEntry, TimelineKind,
};
use sqlx::{FromRow, QueryBuilder};
use uuid::Uuid;

use super::company::{COLUMNS, Row};
use crate::{Engine, EngineError, Result};

/// Entries of a timeline; a company makes about a dozen events.
const TIMELINE: i64 = 200;

impl Engine {
    /// One company by intake id or Barton ID.
    ///
    /// # Errors
    /// [`EngineError::NotFound`].
    pub async fn company(&self, key: &str) -> Result<CompanyDetail> {
        let key: String = sqlx::query_scalar(
            "SELECT coalesce((SELECT source_record_id FROM marketing.company_master m
                              WHERE m.company_unique_id = $1 AND EXISTS (
                                  SELECT FROM intake.company_raw_intake i WHERE i.id::TEXT = m.source_record_id)), $1)",
        )
        .bind(key)
        .fetch_one(&self.pool)
        .await?;
        let mut query = QueryBuilder::new(COLUMNS);
        query
            .push(" FROM marketing.v_companies l WHERE l.key = ")
            .push_bind(key.clone());
        let row: Option<Row> = query.build_query_as().fetch_optional(&self.pool).await?;
        let row: CompanyRow = row
            .ok_or_else(|| EngineError::NotFound(format!("Company {key}")))?
            .into();
        let (intake, correlation) = tokio::try_join!(self.intake(&key), self.correlation(&key))?;
        let (slots, timeline) = tokio::try_join!(
            self.slots(row.barton_id.as_deref()),
            self.timeline(correlation)
        )?;
        let facts = facts(&row, intake.as_ref());
        Ok(CompanyDetail {
            intake_id: intake.as_ref().map(|intake| intake.id),
            validation_notes: intake
                .as_ref()
                .and_then(|intake| intake.validation_notes.clone()),
            source: intake.as_ref().and_then(source),
            facts,
            slots,
            timeline,
            row,
        })
    }

    async fn intake(&self, key: &str) -> Result<Option<Intake>> {
        Ok(sqlx::query_as(
            "SELECT i.id, i.validation_notes, i.import_batch_id, i.import_line, b.file_name, i.company_linkedin_url,
                    i.num_employees, concat_ws(', ', i.company_street, i.company_city, i.company_state,
                        i.company_postal_code, i.company_country) AS address,
                    i.company_phone, i.founded_year, i.extra
             FROM intake.company_raw_intake i LEFT JOIN intake.import_batches b USING (import_batch_id)
             WHERE i.id::TEXT = $1",
        )
        .bind(key)
        .fetch_optional(&self.pool)
        .await?)
    }

    async fn correlation(&self, key: &str) -> Result<Uuid> {
        Ok(
            sqlx::query_scalar("SELECT correlation_id FROM marketing.v_companies WHERE key = $1")
                .bind(key)
                .fetch_one(&self.pool)
                .await?,
        )
    }

    async fn slots(&self, barton_id: Option<&str>) -> Result<Vec<SlotDetail>> {
        let rows: Vec<Slot> = sqlx::query_as(
            "SELECT s.company_slot_unique_id AS slot_id, s.slot_label, c.id AS enrichment_id, c.enrichment_status,
                    c.enrichment_source, c.enrichment_data ->> 'reason' AS reason,
                    c.full_name, c.title, c.email, c.phone, c.linkedin_url,
                    (SELECT v.verification_status FROM marketing.email_verification v
                     WHERE v.enrichment_id = c.id ORDER BY v.id DESC LIMIT 1) AS verification_status
             FROM marketing.company_slots s LEFT JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
             WHERE s.company_unique_id = $1 ORDER BY s.company_slot_unique_id",
        )
        .bind(barton_id)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(Slot::into).collect())
    }

    async fn timeline(&self, correlation: Uuid) -> Result<Vec<TimelineEntry>> {
        let rows: Vec<Entry> = sqlx::query_as(
            "SELECT created_at AS at, TRUE AS event, event_type AS title, coalesce(error_message, concat_ws(' · ',
                        payload ->> 'slot_label', payload ->> 'full_name', payload ->> 'verification_status')) AS detail,
                    status, payload ->> 'record_id' AS record_id, id
             FROM marketing.pipeline_events WHERE correlation_id = $1
             UNION ALL
             SELECT e.created_at, FALSE, e.error_message, e.event_type, e.severity, e.record_id, e.id::BIGINT
             FROM marketing.pipeline_errors e WHERE e.correlation_id = $1
             ORDER BY at DESC, id DESC LIMIT $2",
        )
        .bind(correlation)
        .bind(TIMELINE)
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(Entry::into).collect())
    }
}

#[derive(FromRow)]
struct Intake {
    id: i64,
    validation_notes: Option<String>,
    import_batch_id: Option<String>,
    import_line: Option<i64>,
    file_name: Option<String>,
    company_linkedin_url: Option<String>,
    num_employees: Option<i32>,
    address: Option<String>,
    company_phone: Option<String>,
    founded_year: Option<i32>,
    extra: Option<serde_json::Value>,
}

fn source(intake: &Intake) -> Option<ImportSource> {
    Some(ImportSource {
        batch_id: intake.import_batch_id.clone()?,
        file_name: intake.file_name.clone(),
        line: intake.import_line,
    })
}

/// Label and value of what is known, in reading order; unmapped columns of the file come last.
fn facts(row: &CompanyRow, intake: Option<&Intake>) -> Vec<(String, String)> {
    let mut facts = vec![
        ("Website", row.website.clone()),
        ("Barton ID", row.barton_id.clone()),
        ("Industry", row.industry.clone()),
    ];
    if let Some(intake) = intake {
        facts.extend([
            (
                "Employees",
                intake
                    .num_employees
                    .map(|n| domain::format::count(n.into())),
            ),
            ("Founded", intake.founded_year.map(|year| year.to_string())),
            ("Address", intake.address.clone()),
            ("Phone", intake.company_phone.clone()),
            ("LinkedIn", intake.company_linkedin_url.clone()),
        ]);
    }
    let mut facts: Vec<(String, String)> = facts
        .into_iter()
        .filter_map(|(label, value)| {
            Some((
                label.to_owned(),
                value.filter(|value| !value.trim().is_empty())?,
            ))
        })
        .collect();
    if let Some(serde_json::Value::Object(extra)) = intake.and_then(|intake| intake.extra.as_ref())
    {
        facts.extend(
            extra
                .iter()
                .filter_map(|(label, value)| Some((label.clone(), value.as_str()?.to_owned()))),
        );
    }
    facts
}

#[derive(FromRow)]
struct Slot {
    slot_id: String,
    slot_label: String,
    enrichment_id: Option<i32>,
    reason: Option<String>,
    enrichment_status: Option<String>,
    enrichment_source: Option<String>,
    full_name: Option<String>,
    title: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    linkedin_url: Option<String>,
    verification_status: Option<String>,
}

impl From<Slot> for SlotDetail {
    fn from(slot: Slot) -> Self {
        Self {
            slot_id: slot.slot_id,
            label: slot.slot_label,
            enrichment_id: slot.enrichment_id.map(i64::from),
            reason: slot.reason,
            enrichment_status: slot.enrichment_status,
            enrichment_source: slot.enrichment_source,
            full_name: slot.full_name,
            title: slot.title,
            email: slot.email,
            phone: slot.phone,
            linkedin_url: slot.linkedin_url,
            verification_status: slot.verification_status,
        }
    }
}

#[derive(FromRow)]
struct Entry {
    id: i64,
    at: DateTime<Utc>,
    event: bool,
    title: String,
    detail: Option<String>,
    status: Option<String>,
    record_id: Option<String>,
}

impl From<Entry> for TimelineEntry {
    fn from(entry: Entry) -> Self {
        Self {
            id: entry.id,
            at: entry.at,
            kind: if entry.event {
                TimelineKind::Event
            } else {
                TimelineKind::Error
            },
            title: entry.title,
            detail: entry.detail.filter(|detail| !detail.is_empty()),
            status: entry.status,
            record_id: entry.record_id,
        }
    }
}
