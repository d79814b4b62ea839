//! A great many companies that went through all stages, made set by set: what a worker would leave behind in hours.

use sqlx::PgPool;

use super::run;

/// Each company makes twelve events and nine runs. One in a hundred promotions failed and is a dead
/// letter; one event in 97 was tried twice. Ten times a second a transaction took in another company.
pub(crate) async fn make(pool: &PgPool, companies: i32) {
    let companies = companies.to_string();
    for part in PARTS {
        let sql = part.replace("COMPANIES", &companies);
        // Triggers would make the events a second time.
        run(
            pool,
            &format!(
                "SET session_replication_role = replica; {sql}; RESET session_replication_role"
            ),
        )
        .await;
    }
    run(pool, "SELECT setval('marketing.pipeline_events_id_seq', (SELECT max(id) FROM marketing.pipeline_events))").await;
    for table in [
        "intake.company_raw_intake",
        "marketing.company_master",
        "marketing.company_slots",
        "marketing.contact_enrichment",
        "marketing.people_master",
        "marketing.email_verification",
        "marketing.pipeline_events",
        "marketing.workflow_stats",
        "marketing.dead_letters",
    ] {
        run(pool, &format!("VACUUM ANALYZE {table}")).await;
    }
}

const PARTS: [&str; 9] = [
    "INSERT INTO intake.import_batches (import_batch_id, file_name, importer, status)
     SELECT 'batch-' || n, 'companies ' || n || '.csv', 'ada', 'completed' FROM generate_series(0, COMPANIES / 1000) n",
    "INSERT INTO intake.company_raw_intake (id, company, website, import_batch_id, import_line, validated, validated_by,
         validated_at, created_at)
     SELECT n, 'Company ' || n, 'https://c' || n || '.example', 'batch-' || n / 1000, n % 1000 + 2, TRUE, 'command-center',
            at + INTERVAL '1 second', at
     FROM (SELECT n, now() - INTERVAL '1 minute' - (COMPANIES - n) * INTERVAL '100 ms' AS at FROM generate_series(1, COMPANIES) n) g",
    "INSERT INTO marketing.company_master (company_unique_id, company_name, website_url, source_system, source_record_id,
         import_batch_id, correlation_id, created_at)
     SELECT '04.04.01.84.' || lpad(id::TEXT, 5, '0') || '.001', company, website, 'intake-promotion', id::TEXT,
            import_batch_id, correlation_id, created_at + INTERVAL '2 seconds'
     FROM intake.company_raw_intake",
    "INSERT INTO marketing.company_slots (company_slot_unique_id, company_unique_id, slot_type, slot_label, created_at)
     SELECT '04.04.05.84.' || lpad(source_record_id, 5, '0') || '.00' || k, company_unique_id, 'executive', 'Slot ' || k,
            created_at + INTERVAL '1 second'
     FROM marketing.company_master, generate_series(1, 3) k",
    "INSERT INTO marketing.contact_enrichment (company_slot_unique_id, company_name, full_name, email, enrichment_status,
         enrichment_source, created_at, enriched_at)
     SELECT company_slot_unique_id, 'x', 'Ada ' || id, 'ada' || id || '@c.example', 'completed', 'sandbox', created_at,
            created_at + INTERVAL '1 second'
     FROM marketing.company_slots",
    "INSERT INTO marketing.people_master (unique_id, company_unique_id, company_slot_unique_id, first_name, last_name, email,
         source_system, created_at, updated_at)
     SELECT replace(s.company_slot_unique_id, '04.04.05', '04.04.02'), s.company_unique_id, s.company_slot_unique_id, 'Ada',
            'L', c.email, 'sandbox', c.enriched_at, c.enriched_at
     FROM marketing.company_slots s JOIN marketing.contact_enrichment c USING (company_slot_unique_id)",
    "INSERT INTO marketing.email_verification (enrichment_id, email, verification_status, created_at, verified_at)
     SELECT id, email, 'valid', enriched_at, enriched_at + INTERVAL '1 second' FROM marketing.contact_enrichment",
    // Payloads as the triggers write them, and each event in the place that its time gives it.
    "WITH made AS (
         SELECT 'company_created' AS event_type, 'intake.company_raw_intake' AS source, i.id::TEXT AS record, i.created_at AS at,
                i.correlation_id, i.import_batch_id AS batch, i.company, NULL AS slot, NULL AS company_id, NULL AS enrichment
         FROM intake.company_raw_intake i
         UNION ALL
         SELECT 'company_validated', 'intake.company_raw_intake', i.id::TEXT, i.validated_at, i.correlation_id,
                i.import_batch_id, i.company, NULL, NULL, NULL FROM intake.company_raw_intake i
         UNION ALL
         SELECT 'company_promoted', 'marketing.company_master', m.company_unique_id, m.created_at, m.correlation_id,
                m.import_batch_id, m.company_name, NULL, m.company_unique_id, NULL FROM marketing.company_master m
         UNION ALL
         SELECT happened.event_type, happened.source, happened.record, happened.at, m.correlation_id, m.import_batch_id,
                m.company_name, s.company_slot_unique_id, m.company_unique_id, happened.enrichment
         FROM marketing.company_slots s JOIN marketing.company_master m USING (company_unique_id)
         JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
         JOIN marketing.email_verification v ON v.enrichment_id = c.id
         CROSS JOIN LATERAL (VALUES
             ('slots_created', 'marketing.company_slots', s.company_slot_unique_id, s.created_at, NULL),
             ('contact_enriched', 'marketing.contact_enrichment', c.id::TEXT, c.enriched_at, c.id::TEXT),
             ('email_verified', 'marketing.email_verification', v.id::TEXT, v.verified_at, c.id::TEXT))
             AS happened (event_type, source, record, at, enrichment))
     INSERT INTO marketing.pipeline_events (event_type, payload, status, retry_count, created_at, processed_at, source_table,
         batch_id, correlation_id)
     SELECT event_type, jsonb_strip_nulls(jsonb_build_object('id', record, 'record_id', record, 'company', company,
                'company_name', company, 'website', 'https://www.example.com/', 'batch_id', batch, 'import_batch_id', batch,
                'slot_id', slot, 'company_id', company_id, 'enrichment_id', enrichment, 'created_at', at, 'trigger_time', at)),
            CASE WHEN event_type = 'company_validated' AND record::BIGINT % 100 = 1 THEN 'failed' ELSE 'processed' END,
            CASE WHEN n % 97 = 0 THEN 1 ELSE 0 END, at, at + INTERVAL '1 second', source, batch, correlation_id
     FROM (SELECT *, row_number() OVER (ORDER BY at, record) AS n FROM made) numbered ORDER BY n",
    "INSERT INTO marketing.workflow_stats (workflow_name, status, duration_seconds, triggered_by, batch_id, record_id, phase,
         event_id, correlation_id, attempt, worker_id, created_at)
     SELECT w.workflow, CASE WHEN e.status = 'failed' THEN 'error' ELSE 'ok' END, 0.004, 'neon_event', e.batch_id,
            e.payload ->> 'record_id', 'enrichment', e.id, e.correlation_id, 1, 'worker-' || e.id % 50, e.processed_at
     FROM marketing.pipeline_events e JOIN (VALUES ('company_created', 'WF_Validate_Company'),
         ('company_validated', 'WF_Promote_Company'), ('company_promoted', 'WF_Create_Slots'),
         ('slots_created', 'WF_Enrich_Contacts'), ('contact_enriched', 'WF_Verify_Emails')) AS w (event_type, workflow)
         USING (event_type) ORDER BY e.id;
     INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by)
     SELECT id, 'attempts', 'no more', 'queue' FROM marketing.pipeline_events WHERE status = 'failed'",
];
