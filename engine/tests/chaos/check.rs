//! The reckoning: the database against the ledger, and against what it says of itself.

use std::collections::BTreeSet;

use domain::model::doctor::Severity;
use sqlx::PgConnection;

use crate::ledger::Entries;

/// What must give no row, each with what a row would mean.
const NEVER: [(&str, &str); 10] = [
    (
        "an accepted company that is not finished: no verdict, or neither three slots nor a visible failure",
        "SELECT i.id::TEXT FROM intake.company_raw_intake i
         LEFT JOIN marketing.company_master m ON m.source_record_id = i.id::TEXT
         WHERE i.validated IS NOT TRUE OR m.id IS NULL
            OR (SELECT count(*) FROM marketing.company_slots s WHERE s.company_unique_id = m.company_unique_id) <> 3",
    ),
    (
        "a slot whose contact is neither found nor visibly given up",
        "SELECT s.company_slot_unique_id FROM marketing.company_slots s
         LEFT JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
         WHERE c.enrichment_status IS DISTINCT FROM 'completed' AND c.enrichment_data ->> 'reason' IS DISTINCT FROM 'not_found'
           AND NOT EXISTS (SELECT FROM marketing.pipeline_events e JOIN marketing.dead_letters d ON d.event_id = e.id
                           WHERE e.event_type = 'slots_created' AND e.status = 'failed'
                             AND e.payload ->> 'record_id' = s.company_slot_unique_id)",
    ),
    (
        "an address without a verdict and without a visible failure",
        "SELECT c.id::TEXT FROM marketing.contact_enrichment c
         WHERE c.enrichment_status = 'completed' AND c.email IS NOT NULL
           AND NOT EXISTS (SELECT FROM marketing.email_verification v
                           WHERE v.enrichment_id = c.id AND v.verification_status <> 'pending')
           AND NOT EXISTS (SELECT FROM marketing.pipeline_events e JOIN marketing.dead_letters d ON d.event_id = e.id
                           WHERE e.event_type = 'contact_enriched' AND e.status = 'failed'
                             AND e.payload ->> 'record_id' = c.id::TEXT)",
    ),
    (
        "an event that was processed without exactly one run that is ok",
        "SELECT e.id::TEXT FROM marketing.pipeline_events e
         LEFT JOIN marketing.workflow_stats w ON w.event_id = e.id AND w.status = 'ok'
         WHERE e.status = 'processed'
           AND e.event_type IN ('company_created', 'company_validated', 'company_promoted', 'slots_created', 'contact_enriched')
         GROUP BY e.id HAVING count(w.id) <> 1",
    ),
    (
        "a failed event that is no dead letter",
        "SELECT e.id::TEXT FROM marketing.pipeline_events e
         WHERE e.status = 'failed' AND NOT EXISTS (SELECT FROM marketing.dead_letters d WHERE d.event_id = e.id)",
    ),
    (
        "a record with two events where a change makes one",
        "SELECT event_type || ' ' || (payload ->> 'record_id') FROM marketing.pipeline_events
         WHERE event_type IN ('company_created', 'company_validated', 'company_promoted', 'slots_created', 'contact_enriched')
         GROUP BY event_type, payload ->> 'record_id' HAVING count(*) > 1",
    ),
    (
        "a row promoted twice",
        "SELECT source_record_id FROM marketing.company_master GROUP BY source_record_id HAVING count(*) > 1",
    ),
    (
        "a contact that was verified twice",
        "SELECT enrichment_id::TEXT FROM marketing.email_verification GROUP BY enrichment_id HAVING count(*) > 1",
    ),
    (
        "a lease that nobody needs",
        "SELECT id::TEXT FROM marketing.pipeline_events WHERE locked_by IS NOT NULL",
    ),
    (
        "a stage that ran before the one before it",
        "WITH run AS (
             SELECT w.correlation_id, w.id, array_position(ARRAY['company_created', 'company_validated', 'company_promoted', 'slots_created'], e.event_type) AS place
             FROM marketing.workflow_stats w JOIN marketing.pipeline_events e ON e.id = w.event_id WHERE w.status = 'ok')
         SELECT a.correlation_id::TEXT FROM run a JOIN run b ON b.correlation_id = a.correlation_id AND b.place = a.place + 1
         WHERE b.id < a.id",
    ),
];

pub(crate) async fn check(admin: &mut PgConnection, entries: &Entries) -> Vec<String> {
    let mut found = compare(admin, entries).await;
    for (meaning, sql) in NEVER {
        let rows: Vec<String> = sqlx::query_scalar(sql)
            .fetch_all(&mut *admin)
            .await
            .unwrap();
        if !rows.is_empty() {
            found.push(format!(
                "{} × {meaning}: {}",
                rows.len(),
                rows[..rows.len().min(5)].join(", ")
            ));
        }
    }
    // The contract is left out: where the effect key was taken away, what was done twice must show by itself.
    let examination = engine::doctor::examine(admin).await.unwrap();
    let faults = examination.findings.into_iter().filter(|finding| {
        finding.severity == Severity::Fault && !finding.check.starts_with("contract")
    });
    found.extend(faults.map(|fault| format!("{}: {} {}", fault.check, fault.record, fault.what)));
    found
}

/// Accepted and not there; there and neither accepted nor unknown.
async fn compare(admin: &mut PgConnection, entries: &Entries) -> Vec<String> {
    let there: Vec<String> =
        sqlx::query_scalar("SELECT substr(website, 9) FROM intake.company_raw_intake")
            .fetch_all(&mut *admin)
            .await
            .unwrap();
    let doubled = there.len();
    let there: BTreeSet<String> = there.into_iter().collect();
    let mut found = Vec::new();
    let mut note = |meaning: &str, keys: Vec<&String>| {
        if !keys.is_empty() {
            found.push(format!(
                "{} companies {meaning}, such as {}",
                keys.len(),
                keys[0]
            ));
        }
    };
    note(
        "were accepted and are lost",
        entries.accepted.difference(&there).collect(),
    );
    note(
        "are there and nobody wrote them",
        there
            .iter()
            .filter(|key| !entries.accepted.contains(*key) && !entries.unknown.contains(*key))
            .collect(),
    );
    if doubled > there.len() {
        found.push(format!(
            "{} companies are there twice",
            doubled - there.len()
        ));
    }
    found
}
