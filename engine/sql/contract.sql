-- What people and workflows were told to use: tables and columns with their types, views, functions, triggers, keys. Each
-- statement names what is missing or altered; statements, rows and use are as in invariants.sql.

-- check contract_columns
-- More columns than these are nobody's fault.
WITH wanted (relation, columns) AS (
    VALUES
        ('intake.company_raw_intake', '
            id bigint, company text, company_name_for_emails text, website text, company_linkedin_url text, industry text,
            num_employees integer, company_street text, company_city text, company_state text, company_postal_code text,
            company_country text, company_address text, company_phone text, sic_codes text, founded_year integer,
            facebook_url text, twitter_url text, created_at timestamptz, state_abbrev text, import_batch_id text,
            validated boolean, validation_notes text, validated_at timestamptz, validated_by text, import_line bigint,
            extra jsonb, correlation_id uuid, website_domain text'),
        ('marketing.company_master', '
            company_unique_id text, id bigint, company_name text, website_url text, industry text, employee_count integer,
            company_phone text, address_street text, address_city text, address_state text, address_zip text,
            address_country text, linkedin_url text, facebook_url text, twitter_url text, sic_codes text, founded_year integer,
            keywords text[], description text, source_system text, source_record_id text, promoted_from_intake_at timestamptz,
            promotion_audit_log_id integer, created_at timestamptz, updated_at timestamptz, state_abbrev text,
            import_batch_id text, validated_at timestamptz, validated_by text, data_quality_score numeric(5,2),
            correlation_id uuid'),
        ('marketing.company_slots', '
            company_slot_unique_id text, id bigint, company_unique_id text, slot_type text, slot_label text,
            created_at timestamptz'),
        ('marketing.contact_enrichment', '
            id integer, company_slot_unique_id text, company_name text, linkedin_url text, full_name text, title text, email text,
            phone text, enrichment_status text, enrichment_source text, enrichment_data jsonb, email_status text,
            created_at timestamptz, enriched_at timestamptz'),
        ('marketing.email_verification', '
            id integer, enrichment_id integer, email text, verification_status text, verification_service text,
            verification_result jsonb, verified_at timestamptz, created_at timestamptz'),
        ('marketing.people_master', '
            unique_id text, company_unique_id text, company_slot_unique_id text, first_name text, last_name text, full_name text,
            title text, seniority text, department text, email text, email_verified boolean, work_phone_e164 text,
            personal_phone_e164 text, linkedin_url text, twitter_url text, facebook_url text, bio text, skills text[],
            education text, certifications text[], source_system text, source_record_id text, promoted_from_intake_at timestamptz,
            promotion_audit_log_id integer, created_at timestamptz, updated_at timestamptz'),
        ('marketing.people_raw_intake', '
            id integer, unique_id text, company_unique_id text, company_slot_unique_id text, first_name text, last_name text,
            full_name text, title text, seniority text, department text, email text, work_phone_e164 text,
            personal_phone_e164 text, linkedin_url text, twitter_url text, facebook_url text, bio text, skills text,
            education text, certifications text, source_system text, source_record_id text, validation_status text,
            validation_errors jsonb, altitude integer, process_step text, created_at timestamptz, updated_at timestamptz'),
        ('marketing.company_missing', 'company_unique_id character varying(50), reason text, created_at timestamptz'),
        ('marketing.ple_results', '
            id integer, company_id text, ple_score numeric, ple_model_version text, calculated_at timestamptz, metadata jsonb'),
        ('marketing.bit_signals', '
            id integer, company_id text, bit_intent_score numeric, signal_type text, signal_timestamp timestamptz, metadata jsonb,
            created_at timestamptz'),
        ('marketing.pipeline_events', '
            id bigint, event_type text, payload jsonb, status text, error_message text, retry_count integer,
            created_at timestamptz, processed_at timestamptz, next_attempt_at timestamptz, locked_at timestamptz, locked_by text,
            attempt integer, max_attempts integer, source_table text, batch_id text, correlation_id uuid, action_id bigint,
            repeats_id bigint, deferred boolean'),
        ('marketing.pipeline_errors', '
            id integer, event_type text, record_id text, error_message text, error_details jsonb, severity text, resolved boolean,
            resolved_at timestamptz, resolved_by text, resolution_notes text, created_at timestamptz, event_id bigint,
            retried_at timestamptz, retried_by text, correlation_id uuid'),
        ('marketing.workflow_stats', '
            id bigint, workflow_name text, status text, duration_seconds numeric, error_message text, triggered_by text,
            batch_id text, record_id text, metadata jsonb, created_at timestamptz, phase text, event_id bigint,
            correlation_id uuid, attempt integer, worker_id text, next_attempt_at timestamptz'),
        ('public.shq_validation_log', '
            validation_run_id text, source_table text, target_table text, total_records integer, passed_records integer,
            failed_records integer, executed_by text, executed_at timestamptz, notes text')
), columns AS (
    SELECT w.relation, split_part(pair, ' ', 1) AS name, substr(pair, strpos(pair, ' ') + 1) AS type
    FROM wanted w, regexp_split_to_table(btrim(w.columns, E' \n'), ',\s+') AS pair
), found AS (
    SELECT c.relation, c.name, c.type, to_regclass(c.relation) AS oid, a.attname IS NOT NULL AS present,
           replace(format_type(a.atttypid, a.atttypmod), 'timestamp with time zone', 'timestamptz') AS actual
    FROM columns c
    LEFT JOIN pg_attribute a ON a.attrelid = to_regclass(c.relation) AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped
)
SELECT DISTINCT 'fault' AS severity, 'contract_columns' AS check,
       CASE WHEN oid IS NULL THEN 'is missing' WHEN NOT present THEN 'is missing' ELSE format('is %s, not %s', actual, type) END AS what,
       CASE WHEN oid IS NULL THEN 'table ' || relation ELSE format('column %s.%s', relation, name) END AS record,
       CASE WHEN oid IS NULL THEN 'Restore it from a backup' ELSE 'Add it again, or give it its type back, with ALTER TABLE' END AS advice
FROM found WHERE oid IS NULL OR NOT present OR actual <> type
ORDER BY record;

-- check contract_views
WITH wanted (relation, columns) AS (
    VALUES
        ('marketing.v_daily_throughput', '
            date, total_events, processed_events, failed_events, pending_events, avg_processing_time_seconds'),
        ('marketing.v_error_recent', 'id, event_type, record_id, error_message, severity, resolved, created_at'),
        ('marketing.v_event_queue_status', 'event_type, pending_count, oldest_pending, newest_pending, oldest_age_minutes'),
        ('marketing.v_phase_card_metrics', 'phase, metric, value'),
        ('marketing.v_phase_stats', 'phase, total_runs, errors, error_rate, avg_duration'),
        ('marketing.v_sniper_targets', 'company_id, ple_score, bit_intent_score, ple_updated_at, last_signal_at'),
        ('marketing.v_workflow_health', '
            workflow_name, total_runs, error_count, error_rate_pct, avg_duration_sec, last_run, health_status'),
        ('marketing.v_workflow_stats_hourly', 'workflow_name, runs_last_hour, errors_last_hour, avg_duration, last_run'),
        ('marketing.v_workflow_stats_recent', '
            workflow_name, status, duration_seconds, error_message, triggered_by, batch_id, created_at'),
        ('marketing.v_workflow_summary', '
            workflow_name, total_runs, successful_runs, error_runs, timeout_runs, error_rate_pct, avg_duration_seconds,
            last_run_at'),
        ('marketing.vw_error_rate_24h', '
            event_type, total_errors, critical_count, error_count, warning_count, resolved_count, resolution_rate_pct'),
        ('marketing.vw_unresolved_errors', 'event_type, severity, error_count, latest_error, error_messages')
), columns AS (
    SELECT w.relation, to_regclass(w.relation) AS oid, name
    FROM wanted w, regexp_split_to_table(btrim(w.columns, E' \n'), ',\s+') AS name
)
SELECT DISTINCT 'fault' AS severity, 'contract_views' AS check, 'is missing' AS what,
       CASE WHEN oid IS NULL THEN 'view ' || relation ELSE format('column %s.%s', relation, name) END AS record,
       'Make the view again from its migration' AS advice
FROM columns c
WHERE oid IS NULL OR NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = c.name AND NOT a.attisdropped)
ORDER BY record;

-- check contract_functions
WITH wanted (signature, result) AS (
    VALUES
        ('marketing.notify_pipeline_event(text,text,jsonb)', 'void'),
        ('marketing.mark_event_processed(bigint)', 'void'),
        ('marketing.mark_event_failed(bigint,text)', 'void'),
        ('marketing.log_pipeline_error(text,text,text,jsonb,text)', 'integer'),
        ('marketing.log_pipeline_error(text,bigint,text,jsonb,text)', 'integer'),
        ('marketing.resolve_pipeline_error(integer,text,text)', 'void'),
        ('marketing.restore_events()', 'integer'),
        ('marketing.grant_roles(text,text)', 'integer'),
        ('marketing.reclaim_unleased_events(interval)', 'bigint')
)
SELECT 'fault' AS severity, 'contract_functions' AS check,
       CASE WHEN p.oid IS NULL THEN 'is missing' ELSE format('returns %s, not %s', pg_get_function_result(p.oid), w.result) END AS what,
       'function ' || w.signature AS record,
       CASE WHEN w.signature LIKE '%notify_pipeline_event%' THEN 'SELECT marketing.restore_events()'
            ELSE 'Make the function again from its migration' END AS advice
FROM wanted w LEFT JOIN pg_proc p ON p.oid = to_regprocedure(w.signature)
WHERE p.oid IS NULL OR pg_get_function_result(p.oid) <> w.result
UNION ALL
SELECT 'information', 'contract_functions', 'was replaced by one that does not notify', 'function marketing.notify_pipeline_event(text,text,jsonb)',
       'SELECT marketing.restore_events() takes the rollback back'
FROM pg_proc p
WHERE p.oid = to_regprocedure('marketing.notify_pipeline_event(text,text,jsonb)')
  AND regexp_replace(p.prosrc, '--[^\n]*|/\*.*?\*/', '', 'g') !~* 'ring_pipeline_event|pg_notify'
ORDER BY record;

-- check contract_triggers
-- Events, counts, what completes rows made by hand, and what tells the pages.
WITH wanted (relation, names, advice) AS (
    VALUES
        ('intake.company_raw_intake', 'trigger_company_raw_intake_event trigger_company_raw_intake_updated_event', 'events'),
        ('marketing.company_master', 'trigger_company_master_event trigger_company_master_updated_event', 'events'),
        ('marketing.company_slots', 'trigger_company_slots_event trigger_company_slots_updated_event', 'events'),
        ('marketing.contact_enrichment', 'trigger_contact_enrichment_event trigger_contact_enrichment_updated_event', 'events'),
        ('marketing.email_verification', 'trigger_email_verification_event trigger_email_verification_updated_event', 'events'),
        ('marketing.people_raw_intake', 'trigger_people_raw_intake_event trigger_people_raw_intake_updated_event', 'events'),
        ('intake.company_raw_intake', 'count_insert count_update count_delete count_truncate', 'counts'),
        ('marketing.company_master', 'count_insert count_update count_delete count_truncate', 'counts'),
        ('marketing.company_slots', 'count_insert count_update count_delete count_truncate', 'counts'),
        ('marketing.contact_enrichment', 'count_insert count_update count_delete count_truncate', 'counts'),
        ('marketing.email_verification', 'count_insert count_update count_delete count_truncate', 'counts'),
        ('marketing.pipeline_events', 'count_insert count_update count_delete count_truncate', 'counts'),
        ('marketing.workflow_stats', 'count_insert count_update count_delete count_truncate', 'counts'),
        ('marketing.company_scores', 'count_insert count_update count_delete count_truncate', 'counts'),
        ('marketing.ple_results', 'keep_insert keep_update keep_delete keep_truncate', 'scores'),
        ('intake.company_raw_intake', 'place_insert place_delete place_truncate', ''),
        ('marketing.company_master', 'place_insert place_update place_delete place_truncate', ''),
        ('marketing.bit_signals', 'keep_insert keep_update keep_delete keep_truncate', 'scores'),
        ('marketing.pipeline_events', 'choose_announcement complete_by_hand', ''),
        ('marketing.pipeline_errors', 'complete_by_hand ring_pipeline_errors', ''),
        ('marketing.workflow_stats', 'complete_by_hand name_phase ring_workflow_stats', ''),
        ('marketing.company_master', 'complete_by_hand touch_company_master', ''),
        ('marketing.audit_log', 'keep_audit_log', ''),
        ('marketing.contact_enrichment', 'complete_by_hand', ''),
        ('marketing.email_verification', 'apply_email_verdicts_insert apply_email_verdicts_update', '')
), triggers AS (
    SELECT w.relation, w.advice, name, t.tgenabled
    FROM wanted w CROSS JOIN regexp_split_to_table(w.names, ' ') AS name
    LEFT JOIN pg_trigger t ON t.tgrelid = to_regclass(w.relation) AND t.tgname = name
    WHERE to_regclass(w.relation) IS NOT NULL
)
SELECT 'fault' AS severity, 'contract_triggers' AS check,
       CASE WHEN tgenabled IS NULL THEN 'is missing' WHEN tgenabled = 'D' THEN 'is disabled' ELSE 'is enabled for replicas only' END AS what,
       format('trigger %s on %s', name, relation) AS record,
       CASE WHEN tgenabled IS NULL AND advice = 'events' THEN 'SELECT marketing.restore_events()'
            WHEN tgenabled IS NULL THEN 'Make it again from its migration'
            ELSE format('ALTER TABLE %s ENABLE TRIGGER %s', relation, name) END
       || CASE advice WHEN 'counts' THEN '; then `server doctor --recount`' ELSE '' END AS advice
FROM triggers WHERE tgenabled IS NULL OR tgenabled NOT IN ('O', 'A')
ORDER BY record;

-- check contract_keys
-- The unique indexes that refuse a second effect.
WITH wanted (relation, columns) AS (
    VALUES
        ('intake.company_raw_intake', 'id'), ('marketing.pipeline_events', 'id'), ('marketing.workflow_stats', 'event_id'),
        ('marketing.company_master', 'company_unique_id'), ('marketing.company_master', 'source_record_id'),
        ('marketing.company_slots', 'company_slot_unique_id'), ('marketing.contact_enrichment', 'company_slot_unique_id'),
        ('marketing.people_master', 'unique_id'), ('marketing.dead_letters', 'event_id'),
        ('marketing.external_calls', 'idempotency_key')
)
SELECT 'fault' AS severity, 'contract_keys' AS check, 'has no valid unique index on ' || columns AS what, 'table ' || relation AS record,
       'Remove what stands twice, then make the index again from its migration' AS advice
FROM wanted w
WHERE to_regclass(w.relation) IS NOT NULL AND NOT EXISTS (
    SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = to_regclass(w.relation) AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1 AND a.attname = w.columns)
ORDER BY record, what;

-- check text_indexes
-- Without them every search of a rare text reads all companies and contacts.
SELECT 'warning' AS severity, 'text_indexes' AS check,
       CASE WHEN i.indexrelid IS NULL THEN 'is missing, so that rare text is looked for row by row' ELSE 'is not valid: it was not finished' END AS what,
       'index ' || w.name AS record,
       CASE WHEN i.indexrelid IS NULL THEN '' ELSE format('DROP INDEX %s; then ', w.name) END
       || 'SELECT marketing.index_texts(), which needs pg_trgm of PostgreSQL''s contrib, and says what is in its way' AS advice
FROM (VALUES ('intake.company_raw_intake_text'), ('marketing.company_master_text'), ('marketing.companies_elsewhere_text'),
             ('marketing.contact_enrichment_text')) AS w (name)
LEFT JOIN pg_index i ON i.indexrelid = to_regclass(w.name)
WHERE i.indisvalid IS NOT TRUE
ORDER BY record;

-- check contract_bodies
-- What is missing is told of above. notify_pipeline_event is replaced by whoever rolls notifications back, which is told of, too.
SELECT 'warning' AS severity, 'contract_bodies' AS check,
       'was altered after its migration' AS what, m.object AS record,
       format('Make it again from its migration, or accept it: SELECT marketing.note_bodies(%L)', m.object) AS advice
FROM marketing.body_marks() m JOIN marketing.contract_bodies b USING (object, version)
WHERE m.mark <> b.mark AND m.object NOT LIKE '%notify_pipeline_event%'
UNION ALL
SELECT 'information', 'contract_bodies', format('%s functions, views and triggers were noted on another version of PostgreSQL and not compared', count(*)),
       'version ' || min(m.version), 'DELETE FROM marketing.contract_bodies; SELECT marketing.note_bodies() notes them as they are now'
FROM marketing.body_marks() m JOIN marketing.contract_bodies b USING (object) WHERE m.version <> b.version HAVING count(*) > 0
ORDER BY record;
