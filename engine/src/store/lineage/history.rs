//! Reads the history of one company: its events and runs first, then the rows that they and the key lead to.

use domain::lineage::{EventFact, History, Run};
use sqlx::types::Json;

use super::find::Found;
use crate::{Engine, Result};

/// Events of one history; a company makes about a dozen, but anybody may write one correlation id into a million.
const EVENTS: i64 = 2_000;

impl Engine {
    pub(crate) async fn history(&self, found: &Found) -> Result<History> {
        let mut events: Vec<EventFact> = self.facts_of_events(found).await?;
        let truncated = events.len() as i64 > EVENTS;
        if truncated {
            // The one that was asked for came first.
            events.truncate(EVENTS as usize);
        }
        events.sort_by_key(|event| event.id);
        let (runs, rows) =
            tokio::try_join!(self.runs_of(found, &events), self.rows_of(found, &events))?;
        Ok(History {
            correlation_id: found.correlation_id.to_string(),
            events,
            runs,
            truncated,
            ..rows
        })
    }

    async fn facts_of_events(&self, found: &Found) -> Result<Vec<EventFact>> {
        let Json(events) = sqlx::query_scalar(EVENTS_SQL)
            .bind(found.correlation_id)
            .bind(found.event_id)
            .bind(EVENTS + 1)
            .fetch_one(&self.pool)
            .await?;
        Ok(events)
    }

    async fn runs_of(&self, found: &Found, events: &[EventFact]) -> Result<Vec<Run>> {
        let ids: Vec<i64> = events.iter().map(|event| event.id).collect();
        let Json(runs) = sqlx::query_scalar(RUNS_SQL)
            .bind(ids)
            .bind(found.correlation_id)
            .bind(EVENTS)
            .fetch_one(&self.pool)
            .await?;
        Ok(runs)
    }

    async fn rows_of(&self, found: &Found, events: &[EventFact]) -> Result<History> {
        let intakes = events
            .iter()
            .filter(|event| event.source_table.as_deref() == Some("intake.company_raw_intake"))
            .filter_map(|event| event.record().parse().ok());
        let companies = events.iter().filter_map(|event| event.company_id.clone());
        let Json(rows) = sqlx::query_scalar(ROWS_SQL)
            .bind(distinct::<i64>(intakes.chain(found.intake_id)))
            .bind(distinct::<String>(
                companies.chain(found.company_id.clone()),
            ))
            .bind(found.correlation_id)
            .fetch_one(&self.pool)
            .await?;
        Ok(rows)
    }
}

fn distinct<T: Ord>(ids: impl Iterator<Item = T>) -> Vec<T> {
    ids.collect::<std::collections::BTreeSet<T>>()
        .into_iter()
        .collect()
}

/// Without an order inside, so that no index but that of the correlation id suits it.
const EVENTS_SQL: &str = "SELECT coalesce(jsonb_agg(to_jsonb(f)), '[]') FROM (
    SELECT e.id, e.event_type, e.payload ->> 'record_id' AS record_id,
           coalesce(e.payload ->> 'company_unique_id', e.payload ->> 'company_id') AS company_id,
           coalesce(e.payload ->> 'slot_id', e.payload ->> 'company_slot_unique_id') AS slot_id,
           e.payload ->> 'enrichment_id' AS enrichment_id, e.status, e.source_table, e.error_message, e.retry_count,
           e.repeats_id, e.created_at, e.processed_at
    FROM (SELECT * FROM marketing.pipeline_events WHERE id = $2
          UNION ALL
          SELECT * FROM marketing.pipeline_events WHERE correlation_id = $1 AND id IS DISTINCT FROM $2) e
    LIMIT $3) f";

/// Runs that are ok and the others have an index each. Those of workflows outside name no event.
const RUNS_SQL: &str = "SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f.id), '[]') FROM (
    SELECT w.id, w.event_id, w.workflow_name AS workflow, w.record_id, w.status AS outcome, w.duration_seconds,
           w.error_message, w.attempt, w.worker_id AS worker,
           CASE WHEN isfinite(w.next_attempt_at) THEN w.next_attempt_at END AS next_attempt_at, w.created_at
    FROM (SELECT * FROM marketing.workflow_stats WHERE event_id = ANY($1) AND event_id IS NOT NULL AND status = 'ok'
          UNION ALL
          SELECT * FROM marketing.workflow_stats WHERE event_id = ANY($1) AND event_id IS NOT NULL AND status <> 'ok'
          UNION ALL
          (SELECT * FROM marketing.workflow_stats
           WHERE correlation_id = $2 AND correlation_id IS NOT NULL AND event_id IS NULL LIMIT $3)) w) f";

/// Intake rows by key, by correlation id and as the source of companies; the companies promoted from them; and what
/// hangs on these.
const ROWS_SQL: &str = "WITH sources AS (
    SELECT unnest($1::BIGINT[]) AS id
    UNION SELECT i.id FROM intake.company_raw_intake i WHERE i.correlation_id = $3
    UNION SELECT CASE WHEN m.source_record_id ~ '^[0-9]{1,18}$' THEN m.source_record_id::BIGINT END
          FROM marketing.company_master m WHERE m.company_unique_id = ANY($2)
), intakes AS (
    SELECT i.id, i.company, i.website, i.import_batch_id AS batch_id, i.import_line AS line, i.validated,
           i.validation_notes AS notes, i.validated_by, i.validated_at, i.created_at
    FROM intake.company_raw_intake i WHERE i.id = ANY(ARRAY(SELECT id FROM sources))
), companies AS (
    SELECT m.company_unique_id AS id, m.company_name AS name, m.website_url AS website, m.source_record_id,
           m.source_system, m.created_at
    FROM marketing.company_master m
    WHERE m.company_unique_id = ANY($2)
       OR (m.source_record_id IS NOT NULL AND m.source_record_id = ANY(ARRAY(SELECT id::TEXT FROM intakes)))
), slots AS (
    SELECT s.company_slot_unique_id AS id, s.company_unique_id AS company_id, s.slot_label AS label, s.created_at
    FROM marketing.company_slots s WHERE s.company_unique_id = ANY(ARRAY(SELECT id FROM companies))
), contacts AS (
    SELECT c.id, c.company_slot_unique_id AS slot_id, c.enrichment_status AS status, c.enrichment_source AS source,
           c.enrichment_data ->> 'reason' AS reason, c.full_name AS name, c.email, c.created_at, c.enriched_at
    FROM marketing.contact_enrichment c WHERE c.company_slot_unique_id = ANY(ARRAY(SELECT id FROM slots))
), people AS (
    SELECT p.unique_id AS id, p.company_slot_unique_id AS slot_id, p.full_name AS name, p.title, p.email, p.created_at,
           p.updated_at
    FROM marketing.people_master p WHERE p.company_unique_id = ANY(ARRAY(SELECT id FROM companies))
), verifications AS (
    SELECT v.id, v.enrichment_id, v.email, v.verification_status AS status, v.verification_service AS service,
           v.created_at, v.verified_at
    FROM marketing.email_verification v WHERE v.enrichment_id = ANY(ARRAY(SELECT id FROM contacts))
), imports AS (
    SELECT w.batch_id, b.file_name, b.importer, b.created_at
    FROM (SELECT DISTINCT batch_id FROM intakes WHERE batch_id IS NOT NULL) w
    LEFT JOIN intake.import_batches b ON b.import_batch_id = w.batch_id
)
SELECT jsonb_build_object(
    'imports', (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.batch_id), '[]') FROM imports r),
    'intakes', (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.id), '[]') FROM intakes r),
    'companies', (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.id), '[]') FROM companies r),
    'slots', (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.id), '[]') FROM slots r),
    'contacts', (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.id), '[]') FROM contacts r),
    'people', (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.id), '[]') FROM people r),
    'verifications', (SELECT coalesce(jsonb_agg(to_jsonb(r) ORDER BY r.id), '[]') FROM verifications r))";
