-- The indexes that the contract lists, under the names that people were told to create them by: their
-- CREATE INDEX IF NOT EXISTS then finds them instead of building a second one.

-- A domain beyond 1000 bytes is none, and would abort the writer: a B-tree entry ends at 2704 bytes. Same answers as
-- before otherwise, without regular expressions: this runs for every row of an import.
CREATE OR REPLACE FUNCTION intake.website_domain(website TEXT) RETURNS TEXT
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    host TEXT := lower(btrim(website));
    mark INT := strpos(host, '://');
BEGIN
    IF mark > 1 AND left(host, 1) BETWEEN 'a' AND 'z' COLLATE "C"
       AND ltrim(left(host, mark - 1), 'abcdefghijklmnopqrstuvwxyz0123456789+.-') = '' THEN
        host := substr(host, mark + 3);
    END IF;
    host := split_part(split_part(split_part(host, '/', 1), '?', 1), '#', 1);
    mark := strpos(host, '@');
    IF mark > 0 THEN
        host := substr(host, mark + 1);
    END IF;
    IF left(host, 4) = 'www.' THEN
        host := substr(host, 5);
    END IF;
    host := rtrim(split_part(host, ':', 1), '.');
    RETURN CASE WHEN octet_length(host) BETWEEN 1 AND 1000 THEN host END;
END
$$;

-- Those that exist get their names.
ALTER INDEX intake.company_raw_intake_batch RENAME TO idx_intake_batch_id;
ALTER INDEX marketing.company_master_batch RENAME TO idx_master_batch_id;
ALTER INDEX marketing.company_master_name RENAME TO idx_company_master_company_name;
ALTER INDEX marketing.company_slots_company RENAME TO idx_company_slots_company_id;
ALTER INDEX marketing.contact_enrichment_status RENAME TO idx_enrichment_status;
ALTER INDEX marketing.email_verification_email RENAME TO idx_verification_email;
ALTER INDEX marketing.people_master_company RENAME TO idx_people_master_company_id;
ALTER INDEX marketing.people_master_slot RENAME TO idx_people_master_slot_id;
ALTER INDEX marketing.people_master_email RENAME TO idx_people_master_email;
ALTER INDEX marketing.people_master_verified RENAME TO idx_people_email_verified;
ALTER INDEX marketing.pipeline_events_type RENAME TO idx_pipeline_events_type;
ALTER INDEX marketing.pipeline_errors_type RENAME TO idx_pipeline_errors_event;
ALTER INDEX marketing.pipeline_errors_record RENAME TO idx_pipeline_errors_record;
ALTER INDEX marketing.pipeline_errors_resolved RENAME TO idx_pipeline_errors_resolved;
ALTER INDEX marketing.pipeline_errors_severity RENAME TO idx_pipeline_errors_severity;
ALTER INDEX marketing.workflow_stats_name_created RENAME TO idx_workflow_stats_name_created;
ALTER INDEX marketing.workflow_stats_status RENAME TO idx_workflow_stats_status;
ALTER INDEX marketing.workflow_stats_created RENAME TO idx_workflow_stats_created;
ALTER INDEX marketing.workflow_stats_batch RENAME TO idx_workflow_stats_batch;
ALTER INDEX public.shq_validation_log_source RENAME TO idx_validation_log_source;
ALTER INDEX public.shq_validation_log_executed RENAME TO idx_validation_log_executed;

CREATE INDEX idx_company_raw_intake_website ON intake.company_raw_intake USING hash (website);
CREATE INDEX idx_company_raw_intake_industry ON intake.company_raw_intake (industry) WHERE industry IS NOT NULL;
CREATE INDEX idx_company_raw_intake_state ON intake.company_raw_intake (company_state) WHERE company_state IS NOT NULL;
CREATE INDEX idx_intake_state ON intake.company_raw_intake (state_abbrev) WHERE state_abbrev IS NOT NULL;
-- What waits has an index of its own, company_raw_intake_open.
CREATE INDEX idx_intake_validated ON intake.company_raw_intake (validated) WHERE validated IS NOT NULL;

CREATE INDEX idx_company_master_industry ON marketing.company_master (industry) WHERE industry IS NOT NULL;
CREATE INDEX idx_company_master_source_system ON marketing.company_master (source_system);
CREATE INDEX idx_company_master_promoted_at ON marketing.company_master (promoted_from_intake_at);
CREATE INDEX idx_verification_status ON marketing.email_verification (verification_status);
CREATE INDEX idx_people_master_full_name ON marketing.people_master (full_name);
CREATE INDEX idx_people_master_title ON marketing.people_master (title);
CREATE INDEX idx_people_master_source_system ON marketing.people_master (source_system);
CREATE INDEX idx_people_master_promoted_at ON marketing.people_master (promoted_from_intake_at);

-- The queue's rows change state several times a second and most are processed in the end: those are left out, so that
-- the index stays as small as what waits, and an acknowledgement writes no entry. Counts of the past come from rollups.
CREATE INDEX idx_pipeline_events_status ON marketing.pipeline_events (status, created_at) WHERE status <> 'processed';
-- "What happened to this company?" by its name, as the trigger test asks: of every company there are a few such events.
CREATE INDEX pipeline_events_company ON marketing.pipeline_events USING hash ((payload ->> 'company'));

-- Nearly all runs are started by an event and are ok: one looks for the others.
CREATE INDEX idx_workflow_stats_name ON marketing.workflow_stats (workflow_name) WHERE status <> 'ok';
CREATE INDEX idx_workflow_stats_triggered_by ON marketing.workflow_stats (triggered_by, created_at) WHERE triggered_by <> 'neon_event';
