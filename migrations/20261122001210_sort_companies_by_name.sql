-- Companies by their names: of both parts of the list the first characters, as people look for them. What has no name comes
-- first. The list asks with the words of the view, which are those of the index.
CREATE INDEX company_raw_intake_name ON intake.company_raw_intake (lower(left(coalesce(company, ''), 60)), id);

ALTER TABLE marketing.companies_elsewhere ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE marketing.companies_elsewhere e SET name_key = lower(left(coalesce(m.company_name, ''), 60))
FROM marketing.company_master m WHERE m.company_unique_id = e.company_unique_id;
CREATE INDEX companies_elsewhere_name ON marketing.companies_elsewhere (name_key, id);

CREATE OR REPLACE FUNCTION marketing.place_companies(companies TEXT[]) RETURNS VOID LANGUAGE sql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
    DELETE FROM marketing.companies_elsewhere WHERE company_unique_id = ANY(companies);
    INSERT INTO marketing.companies_elsewhere (company_unique_id, created_at, id, name_key)
    SELECT m.company_unique_id, m.created_at, m.id, lower(left(coalesce(m.company_name, ''), 60)) FROM marketing.company_master m
    WHERE m.company_unique_id = ANY(companies)
      AND NOT EXISTS (SELECT FROM intake.company_raw_intake i WHERE i.id::TEXT = m.source_record_id)
    ON CONFLICT (company_unique_id) DO NOTHING;
$$;

CREATE OR REPLACE FUNCTION marketing.on_master_place() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO marketing.companies_elsewhere (company_unique_id, created_at, id, name_key)
        SELECT m.company_unique_id, m.created_at, m.id, lower(left(coalesce(m.company_name, ''), 60)) FROM new_rows m
        WHERE NOT EXISTS (SELECT FROM intake.company_raw_intake i WHERE i.id::TEXT = m.source_record_id)
        ON CONFLICT (company_unique_id) DO NOTHING;
    ELSIF TG_OP = 'DELETE' THEN
        DELETE FROM marketing.companies_elsewhere e USING old_rows o WHERE e.company_unique_id = o.company_unique_id;
    ELSIF TG_OP = 'TRUNCATE' THEN
        DELETE FROM marketing.companies_elsewhere;
    ELSE
        PERFORM marketing.place_companies(ARRAY(
            (SELECT company_unique_id FROM new_rows) UNION (SELECT company_unique_id FROM old_rows)));
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE VIEW marketing.v_companies_imported AS
    SELECT i.id::TEXT AS key, m.company_unique_id AS barton_id, i.company AS name, i.website, i.industry,
           i.import_batch_id AS batch_id, i.created_at, i.id AS place, i.correlation_id,
           CASE WHEN m.company_unique_id IS NULL THEN
                    CASE WHEN i.validated THEN 'validated' WHEN i.validated = FALSE THEN 'rejected' ELSE 'imported' END
                WHEN EXISTS (SELECT FROM marketing.company_slots s JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
                             WHERE s.company_unique_id = m.company_unique_id AND c.email_status = 'valid') THEN 'verified'
                WHEN EXISTS (SELECT FROM marketing.company_slots s JOIN marketing.contact_enrichment c USING (company_slot_unique_id)
                             WHERE s.company_unique_id = m.company_unique_id AND c.enrichment_status = 'completed') THEN 'enriched'
                WHEN EXISTS (SELECT FROM marketing.company_slots s WHERE s.company_unique_id = m.company_unique_id) THEN 'slotted'
                ELSE 'promoted' END AS state,
           i.validated, lower(left(coalesce(i.company, ''), 60)) AS name_key
    FROM intake.company_raw_intake i
    LEFT JOIN marketing.company_master m ON m.source_record_id = i.id::TEXT;

CREATE OR REPLACE VIEW marketing.v_companies_elsewhere AS
    SELECT m.company_unique_id AS key, m.company_unique_id AS barton_id, m.company_name AS name, m.website_url AS website,
           m.industry, m.import_batch_id AS batch_id, e.created_at, e.id AS place, m.correlation_id,
           marketing.company_state(m.company_unique_id) AS state, TRUE AS validated, e.name_key
    FROM marketing.companies_elsewhere e JOIN marketing.company_master m USING (company_unique_id);

CREATE OR REPLACE VIEW marketing.v_companies AS
    SELECT key, barton_id, name, website, industry, batch_id, created_at, place, correlation_id, state, name_key
    FROM marketing.v_companies_imported
    UNION ALL
    SELECT key, barton_id, name, website, industry, batch_id, created_at, place, correlation_id, state, name_key
    FROM marketing.v_companies_elsewhere;

SELECT marketing.note_bodies();
