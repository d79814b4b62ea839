-- Companies on their way: one row for each intake row, and for each master row that came from elsewhere.
-- The state is the furthest that was reached. Sorted by (created_at, place).
CREATE INDEX company_raw_intake_created ON intake.company_raw_intake (created_at, id);
CREATE INDEX company_raw_intake_key ON intake.company_raw_intake ((id::TEXT));
CREATE INDEX company_master_created ON marketing.company_master (created_at, id);

CREATE FUNCTION marketing.company_state(barton_id TEXT) RETURNS TEXT LANGUAGE sql STABLE AS $$
    SELECT CASE
        WHEN EXISTS (SELECT FROM marketing.company_slots s JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
                     WHERE s.company_unique_id = barton_id AND c.email_status = 'valid') THEN 'verified'
        WHEN EXISTS (SELECT FROM marketing.company_slots s JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
                     WHERE s.company_unique_id = barton_id AND c.enrichment_status = 'completed') THEN 'enriched'
        WHEN EXISTS (SELECT FROM marketing.company_slots s WHERE s.company_unique_id = barton_id) THEN 'slotted'
        ELSE 'promoted' END
$$;

CREATE VIEW marketing.v_companies AS
    SELECT i.id::TEXT AS key, m.company_unique_id AS barton_id, i.company AS name, i.website, i.industry,
           i.import_batch_id AS batch_id, i.created_at, i.id AS place, i.correlation_id,
           CASE WHEN m.company_unique_id IS NOT NULL THEN marketing.company_state(m.company_unique_id)
                WHEN i.validated THEN 'validated'
                WHEN i.validated = FALSE THEN 'rejected'
                ELSE 'imported' END AS state
    FROM intake.company_raw_intake i
    LEFT JOIN marketing.company_master m ON m.source_record_id = i.id::TEXT
    UNION ALL
    SELECT m.company_unique_id, m.company_unique_id, m.company_name, m.website_url, m.industry,
           m.import_batch_id, m.created_at, m.id, m.correlation_id, marketing.company_state(m.company_unique_id)
    FROM marketing.company_master m
    WHERE NOT EXISTS (SELECT FROM intake.company_raw_intake i WHERE i.id::TEXT = m.source_record_id);
