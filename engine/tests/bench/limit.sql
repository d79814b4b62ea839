-- What the five stages do to companies that wait, as one would write it by hand for the whole of them: the answers of the
-- providers are there already (schema bench), nobody may fail, and nothing is fetched, leased or logged on the way.

UPDATE intake.company_raw_intake i
SET validated = TRUE, validation_notes = a.validation_notes, validated_at = now(), validated_by = a.validated_by
FROM bench.intake a WHERE a.id = i.id;

INSERT INTO marketing.company_master
    (company_unique_id, company_name, website_url, source_system, source_record_id, import_batch_id, validated_at,
     validated_by, data_quality_score, correlation_id)
SELECT a.company_unique_id, i.company, i.website, a.source_system, i.id::TEXT, i.import_batch_id, i.validated_at,
       i.validated_by, a.data_quality_score, i.correlation_id
FROM bench.masters a JOIN intake.company_raw_intake i ON i.id::TEXT = a.source_record_id
ORDER BY i.id;

INSERT INTO marketing.company_slots (company_slot_unique_id, company_unique_id, slot_type, slot_label)
SELECT company_slot_unique_id, company_unique_id, slot_type, slot_label FROM bench.slots ORDER BY company_slot_unique_id;

INSERT INTO marketing.contact_enrichment
    (company_slot_unique_id, company_name, linkedin_url, full_name, title, email, phone, enrichment_status, enrichment_source,
     enrichment_data, enriched_at)
SELECT company_slot_unique_id, company_name, linkedin_url, full_name, title, email, phone, enrichment_status, enrichment_source,
       enrichment_data, now()
FROM bench.contacts ORDER BY company_slot_unique_id;

INSERT INTO marketing.people_master
    (unique_id, company_unique_id, company_slot_unique_id, first_name, last_name, title, email, work_phone_e164,
     linkedin_url, source_system, source_record_id)
SELECT p.unique_id, p.company_unique_id, p.company_slot_unique_id, p.first_name, p.last_name, p.title, p.email,
       p.work_phone_e164, p.linkedin_url, p.source_system, c.id::TEXT
FROM bench.people p JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
ORDER BY p.unique_id;

INSERT INTO marketing.email_verification
    (enrichment_id, email, verification_status, verification_service, verification_result, verified_at)
SELECT c.id, v.email, v.verification_status, v.verification_service, v.verification_result, now()
FROM bench.verifications v JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
ORDER BY c.id;

INSERT INTO marketing.workflow_stats
    (workflow_name, status, duration_seconds, triggered_by, batch_id, record_id, phase, event_id, correlation_id, attempt)
SELECT w.workflow_name, 'ok', 0, 'neon_event', e.batch_id, e.payload ->> 'record_id', w.phase, e.id, e.correlation_id, 1
FROM marketing.pipeline_events e JOIN bench.workflows w USING (event_type);

UPDATE marketing.pipeline_events SET status = 'processed', processed_at = clock_timestamp() WHERE status = 'pending';
