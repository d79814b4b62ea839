-- Each company makes twelve events within seconds, one company after the other over sixty days. One in twenty is rejected
-- and only edited since; of the newest events one in four waits; one in fifty failed and is a dead letter with an error.
-- Of these, the newest 400 are open whatever the size: how many are open depends on people, not on the size.
-- EVENTS, COMPANIES, NOW, and the FIRST and LAST of a statement are put in; `by` says what they count.
-- into intake.import_batches by one
INSERT INTO intake.import_batches (import_batch_id, file_name, importer, status, total_rows, accepted, created_at)
SELECT 'batch-' || b, 'companies ' || b || '.csv', 'ada', 'completed', 1000, 1000,
       NOW - (COMPANIES - b * 1000) * (INTERVAL '60 days' / COMPANIES)
FROM generate_series(0, COMPANIES / 1000) b

-- into intake.company_raw_intake by company
INSERT INTO intake.company_raw_intake (id, company, website, industry, import_batch_id, import_line, validated, validated_by,
    validated_at, created_at, correlation_id)
SELECT c, 'Company ' || c, 'https://c' || c || '.example', 'Industry ' || c % 30, 'batch-' || c / 1000, c % 1000 + 2,
       CASE WHEN c > COMPANIES - least(COMPANIES / 100, 1000) THEN NULL ELSE c % 20 > 0 END, 'command-center', at + INTERVAL '1 second', at,
       md5('company ' || c)::UUID
FROM (SELECT c, NOW - INTERVAL '1 minute' - (COMPANIES - c) * (INTERVAL '60 days' / COMPANIES) AS at FROM generate_series(FIRST, LAST) c) g

-- into marketing.company_master by company
INSERT INTO marketing.company_master (id, company_unique_id, company_name, website_url, industry, source_system, source_record_id,
    import_batch_id, correlation_id, created_at)
SELECT id, '04.04.01.84.' || lpad((id % 100000)::TEXT, 5, '0') || '.' || lpad((id / 100000 + 1)::TEXT, 3, '0'), company, website,
       industry, 'intake-promotion', id::TEXT, import_batch_id, correlation_id, created_at + INTERVAL '2 seconds'
FROM intake.company_raw_intake WHERE id BETWEEN FIRST AND LAST AND validated

-- into marketing.company_slots by company
INSERT INTO marketing.company_slots (id, company_slot_unique_id, company_unique_id, slot_type, slot_label, created_at)
SELECT id * 3 - 3 + j, '04.04.05.8' || j || substr(company_unique_id, 12), company_unique_id, 'executive',
       (ARRAY['CEO', 'CFO', 'HR'])[j], created_at + INTERVAL '1 second'
FROM marketing.company_master, generate_series(1, 3) j WHERE id BETWEEN FIRST AND LAST ORDER BY id, j

-- into marketing.contact_enrichment by company
INSERT INTO marketing.contact_enrichment (id, company_slot_unique_id, company_name, full_name, email, enrichment_status,
    enrichment_source, enrichment_data, email_status, created_at, enriched_at)
SELECT id, company_slot_unique_id, 'Company', 'Ada ' || id, 'ada' || id || '@c.example',
       CASE WHEN id % 10 = 0 THEN 'failed' ELSE 'completed' END, 'sandbox',
       CASE WHEN id % 10 = 0 THEN '{"reason": "not_found"}'::JSONB END,
       CASE WHEN id % 10 = 0 THEN NULL WHEN id % 10 = 1 THEN 'invalid' ELSE 'valid' END, created_at, created_at + INTERVAL '1 second'
FROM marketing.company_slots WHERE id BETWEEN FIRST * 3 - 2 AND LAST * 3

-- into marketing.email_verification by company
INSERT INTO marketing.email_verification (id, enrichment_id, email, verification_status, created_at, verified_at)
SELECT id, id, email, email_status, enriched_at, enriched_at + INTERVAL '1 second'
FROM marketing.contact_enrichment WHERE id BETWEEN FIRST * 3 - 2 AND LAST * 3 AND enrichment_status = 'completed'

-- into marketing.pipeline_events by event
INSERT INTO marketing.pipeline_events (id, event_type, payload, status, error_message, retry_count, created_at, processed_at,
    next_attempt_at, locked_at, locked_by, attempt, source_table, batch_id, correlation_id)
SELECT n, event_type,
       jsonb_build_object('id', record, 'record_id', record, 'company', 'Company ' || c, 'company_name', 'Company ' || c,
           'website', 'https://c' || c || '.example', 'batch_id', 'batch-' || c / 1000, 'created_at', at, 'trigger_time', at),
       status, CASE status WHEN 'failed' THEN 'The provider said no' END, CASE status WHEN 'failed' THEN 3 ELSE (n % 97 = 0)::INT END,
       at, CASE WHEN status IN ('processed', 'failed') THEN at + (n % 90) * INTERVAL '20 ms' END, at,
       CASE status WHEN 'processing' THEN at END, CASE status WHEN 'processing' THEN 'worker-' || n % 50 END, 0, 'marketing.company_master',
       'batch-' || c / 1000, md5('company ' || c)::UUID
FROM (SELECT n, c,
             CASE WHEN c % 20 = 0 AND k > 0 THEN 'company_updated'
                  ELSE (ARRAY['company_created', 'company_validated', 'company_promoted', 'slots_created', 'contact_enriched',
                              'email_verified'])[CASE WHEN k < 3 THEN k + 1 ELSE k / 3 + 3 END] END AS event_type,
             CASE WHEN k < 2 OR c % 20 = 0 THEN c::TEXT
                  WHEN k = 2 THEN '04.04.01.84.' || lpad((c % 100000)::TEXT, 5, '0') || '.' || lpad((c / 100000 + 1)::TEXT, 3, '0')
                  ELSE (c * 3 - 2 + k % 3)::TEXT END AS record,
             CASE WHEN n > EVENTS - EVENTS / 25 AND n % 4 = 1 THEN CASE WHEN n % 400 = 1 THEN 'processing' ELSE 'pending' END
                  WHEN n % 50 = 3 THEN 'failed' WHEN n % 1000 = 5 THEN 'cancelled' ELSE 'processed' END AS status,
             NOW - INTERVAL '1 minute' - (COMPANIES - c) * (INTERVAL '60 days' / COMPANIES) + k * INTERVAL '1 second' AS at
      FROM (SELECT n, (n - 1) / 12 + 1 AS c, (n - 1) % 12 AS k FROM generate_series(FIRST, LAST) n) numbered) made

-- into marketing.workflow_stats by event
INSERT INTO marketing.workflow_stats (id, workflow_name, status, duration_seconds, error_message, triggered_by, batch_id, record_id,
    phase, event_id, correlation_id, attempt, worker_id, created_at)
SELECT e.id, w.workflow, CASE WHEN e.status = 'failed' THEN 'error' WHEN e.id % 1000 = 9 THEN 'timeout' ELSE 'ok' END,
       0.001 * (e.id % 50 + 1), e.error_message, 'neon_event', e.batch_id, e.payload ->> 'record_id', 'enrichment', e.id, e.correlation_id,
       1, 'worker-' || e.id % 50, e.processed_at
FROM marketing.pipeline_events e JOIN (VALUES ('company_created', 'WF_Validate_Company'), ('company_validated', 'WF_Promote_Company'),
    ('company_promoted', 'WF_Create_Slots'), ('slots_created', 'WF_Enrich_Contacts'), ('contact_enriched', 'WF_Verify_Emails'))
    AS w (event_type, workflow) USING (event_type)
WHERE e.id BETWEEN FIRST AND LAST AND e.status IN ('processed', 'failed')
UNION ALL
SELECT EVENTS + e.id, (ARRAY['PLE Scoring', 'BIT Signals', 'Write Messages', 'Send Campaign'])[e.id / 200 % 4 + 1],
       CASE WHEN e.id % 5000 = 0 THEN 'error' ELSE 'ok' END, 1.5, NULL, 'schedule', NULL, NULL,
       (ARRAY['intelligence', 'intelligence', 'messaging', 'delivery'])[e.id / 200 % 4 + 1], NULL, NULL, NULL, NULL, e.created_at
FROM marketing.pipeline_events e WHERE e.id BETWEEN FIRST AND LAST AND e.id % 200 = 0

-- into marketing.pipeline_errors by event
INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, severity, resolved, resolved_at, resolved_by, created_at,
    event_id, correlation_id, group_key)
SELECT event_type, payload ->> 'record_id', message, (ARRAY['error', 'error', 'warning', 'critical'])[id / 50 % 4 + 1],
       id < EVENTS - 400 * 50, CASE WHEN id < EVENTS - 400 * 50 THEN processed_at END, 'ada', processed_at, id, correlation_id,
       marketing.error_group_key(event_type, message)
FROM marketing.pipeline_events
CROSS JOIN LATERAL (SELECT 'Provider ' || chr(65 + (id / 50 % 26)::INT) || ' said no to ' || id AS message) AS said
WHERE id BETWEEN FIRST AND LAST AND status = 'failed' ORDER BY id

-- into marketing.error_groups by group
INSERT INTO marketing.error_groups (group_key, event_type, message, first_seen)
SELECT group_key, min(event_type), marketing.normal_error(min(error_message)), min(created_at)
FROM marketing.pipeline_errors GROUP BY group_key

-- into marketing.dead_letters by event
INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by, moved_at)
SELECT id, 'attempts', error_message, 'queue', processed_at
FROM marketing.pipeline_events WHERE id BETWEEN FIRST AND LAST AND status = 'failed' ORDER BY id

-- into marketing.ple_results by company
INSERT INTO marketing.ple_results (company_id, ple_score, ple_model_version, calculated_at)
SELECT company_unique_id, (id * 7919 % 1000) / 1000.0, 'v' || v, created_at + v * INTERVAL '1 minute'
FROM marketing.company_master, generate_series(1, 2) v WHERE id BETWEEN FIRST AND LAST AND id % 10 = 3

-- into marketing.bit_signals by company
INSERT INTO marketing.bit_signals (company_id, bit_intent_score, signal_type, signal_timestamp, created_at)
SELECT company_unique_id, (id * 6101 % 1000) / 1000.0, 'visit', created_at, created_at
FROM marketing.company_master WHERE id BETWEEN FIRST AND LAST AND id % 10 IN (3, 4)
