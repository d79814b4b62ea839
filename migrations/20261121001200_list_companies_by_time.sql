-- The list of companies is two lists: intake rows, and masters that came from elsewhere. Which masters these are, no index
-- can tell; so they are written down. Each list is then read by time, and a page is the newest of both.

-- Whole, so that a planner sees that a row has one master at most, and leaves the join out where nothing is asked of it.
DROP INDEX marketing.company_master_source_record;
CREATE UNIQUE INDEX company_master_source_record ON marketing.company_master (source_record_id);

-- The companies of a batch, too, are read by time.
DROP INDEX intake.idx_intake_batch_id;
CREATE INDEX idx_intake_batch_id ON intake.company_raw_intake (import_batch_id, created_at, id);

CREATE TABLE marketing.companies_elsewhere (
    company_unique_id TEXT PRIMARY KEY,
    created_at        TIMESTAMPTZ NOT NULL,
    id                BIGINT NOT NULL
);
CREATE INDEX companies_elsewhere_created ON marketing.companies_elsewhere (created_at, id);

CREATE FUNCTION marketing.place_companies(companies TEXT[]) RETURNS VOID LANGUAGE sql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
    DELETE FROM marketing.companies_elsewhere WHERE company_unique_id = ANY(companies);
    INSERT INTO marketing.companies_elsewhere (company_unique_id, created_at, id)
    SELECT m.company_unique_id, m.created_at, m.id FROM marketing.company_master m
    WHERE m.company_unique_id = ANY(companies)
      AND NOT EXISTS (SELECT FROM intake.company_raw_intake i WHERE i.id::TEXT = m.source_record_id)
    ON CONFLICT (company_unique_id) DO NOTHING;
$$;

-- Promotion writes masters of intake rows, which are not kept here: for these it is one look each.
CREATE FUNCTION marketing.on_master_place() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO marketing.companies_elsewhere (company_unique_id, created_at, id)
        SELECT m.company_unique_id, m.created_at, m.id FROM new_rows m
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
CREATE TRIGGER place_insert AFTER INSERT ON marketing.company_master REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_master_place();
CREATE TRIGGER place_update AFTER UPDATE ON marketing.company_master REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_master_place();
CREATE TRIGGER place_delete AFTER DELETE ON marketing.company_master REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_master_place();
CREATE TRIGGER place_truncate AFTER TRUNCATE ON marketing.company_master
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_master_place();

-- An intake row that goes leaves its master behind; one that comes with a number of its own may take one in.
CREATE FUNCTION marketing.on_intake_place() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM marketing.place_companies(ARRAY(SELECT company_unique_id FROM marketing.company_master));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM marketing.place_companies(ARRAY(SELECT m.company_unique_id FROM marketing.company_master m
            WHERE m.source_record_id = ANY(ARRAY(SELECT id::TEXT FROM old_rows))));
    ELSIF EXISTS (SELECT FROM marketing.companies_elsewhere) THEN
        DELETE FROM marketing.companies_elsewhere e USING marketing.company_master m
        WHERE m.source_record_id = ANY(ARRAY(SELECT id::TEXT FROM new_rows)) AND e.company_unique_id = m.company_unique_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER place_insert AFTER INSERT ON intake.company_raw_intake REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_intake_place();
CREATE TRIGGER place_delete AFTER DELETE ON intake.company_raw_intake REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_intake_place();
CREATE TRIGGER place_truncate AFTER TRUNCATE ON intake.company_raw_intake
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_intake_place();

INSERT INTO marketing.companies_elsewhere (company_unique_id, created_at, id)
SELECT m.company_unique_id, m.created_at, m.id FROM marketing.company_master m
WHERE NOT EXISTS (SELECT FROM intake.company_raw_intake i WHERE i.id::TEXT = m.source_record_id);

-- The state is company_state's, in words that a planner can look into: a function with sub-selects is called row by row.
CREATE VIEW marketing.v_companies_imported AS
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
           i.validated
    FROM intake.company_raw_intake i
    LEFT JOIN marketing.company_master m ON m.source_record_id = i.id::TEXT;

CREATE VIEW marketing.v_companies_elsewhere AS
    SELECT m.company_unique_id AS key, m.company_unique_id AS barton_id, m.company_name AS name, m.website_url AS website,
           m.industry, m.import_batch_id AS batch_id, e.created_at, e.id AS place, m.correlation_id,
           marketing.company_state(m.company_unique_id) AS state, TRUE AS validated
    FROM marketing.companies_elsewhere e JOIN marketing.company_master m USING (company_unique_id);

CREATE OR REPLACE VIEW marketing.v_companies AS
    SELECT key, barton_id, name, website, industry, batch_id, created_at, place, correlation_id, state
    FROM marketing.v_companies_imported
    UNION ALL
    SELECT key, barton_id, name, website, industry, batch_id, created_at, place, correlation_id, state
    FROM marketing.v_companies_elsewhere;

SELECT marketing.grant_roles();
