-- Rare text is found by the trigrams in it. The indexes are over all that a list is searched for at once: a superset, of which
-- the list then looks at each column. They need pg_trgm, which comes with PostgreSQL's contrib; without it the lists are
-- searched row by row, with the same results.

-- Of masters only those of companies that came from elsewhere are searched; they are few, and hence copied.
ALTER TABLE marketing.companies_elsewhere ADD COLUMN searched TEXT NOT NULL DEFAULT '';
UPDATE marketing.companies_elsewhere e SET searched = concat_ws(E'\n', m.company_unique_id, m.company_name, m.website_url)
FROM marketing.company_master m WHERE m.company_unique_id = e.company_unique_id;

CREATE OR REPLACE FUNCTION marketing.place_companies(companies TEXT[]) RETURNS VOID LANGUAGE sql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
    DELETE FROM marketing.companies_elsewhere WHERE company_unique_id = ANY(companies);
    INSERT INTO marketing.companies_elsewhere (company_unique_id, created_at, id, name_key, searched)
    SELECT m.company_unique_id, m.created_at, m.id, lower(left(coalesce(m.company_name, ''), 60)),
           concat_ws(E'\n', m.company_unique_id, m.company_name, m.website_url)
    FROM marketing.company_master m
    WHERE m.company_unique_id = ANY(companies)
      AND NOT EXISTS (SELECT FROM intake.company_raw_intake i WHERE i.id::TEXT = m.source_record_id)
    ON CONFLICT (company_unique_id) DO NOTHING;
$$;

CREATE OR REPLACE FUNCTION marketing.on_master_place() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO marketing.companies_elsewhere (company_unique_id, created_at, id, name_key, searched)
        SELECT m.company_unique_id, m.created_at, m.id, lower(left(coalesce(m.company_name, ''), 60)),
               concat_ws(E'\n', m.company_unique_id, m.company_name, m.website_url)
        FROM new_rows m
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

-- The words of `searched` are those of the index.
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
           i.validated, lower(left(coalesce(i.company, ''), 60)) AS name_key,
           coalesce(i.company, '') || E'\n' || coalesce(i.website, '') AS searched
    FROM intake.company_raw_intake i
    LEFT JOIN marketing.company_master m ON m.source_record_id = i.id::TEXT;

CREATE OR REPLACE VIEW marketing.v_companies_elsewhere AS
    SELECT m.company_unique_id AS key, m.company_unique_id AS barton_id, m.company_name AS name, m.website_url AS website,
           m.industry, m.import_batch_id AS batch_id, e.created_at, e.id AS place, m.correlation_id,
           marketing.company_state(m.company_unique_id) AS state, TRUE AS validated, e.name_key, e.searched
    FROM marketing.companies_elsewhere e JOIN marketing.company_master m USING (company_unique_id);

-- Makes the extension and the indexes that are missing; while an index is made, nobody writes to its table. Whoever cannot wait
-- makes it before, CONCURRENTLY and under the same name. Returns why there are none, or NULL. What is under way is in no index:
-- a row is indexed when it was validated, or when its person was looked for, and once more with the verdict on the address.
-- New rows gather in a list of 4 MB before they are sorted in: a search reads it, which takes 3 ms when it is full, and
-- sorting in 1 MB at a time costs writers twice as much, 16 MB hardly less.
CREATE FUNCTION marketing.index_texts() RETURNS TEXT LANGUAGE plpgsql AS $$
DECLARE
    class TEXT;
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
    -- Somebody may have put it elsewhere before. Searching needs no path to it.
    SELECT format('%I.gin_trgm_ops', n.nspname) INTO STRICT class
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
    EXECUTE replace(replace($made$
        CREATE INDEX IF NOT EXISTS company_raw_intake_text ON intake.company_raw_intake
            USING gin ((coalesce(company, '') || E'\n' || coalesce(website, '')) CLASS) WITH (LIST) WHERE validated IS NOT NULL;
        CREATE INDEX IF NOT EXISTS company_master_text ON marketing.company_master USING gin (company_unique_id CLASS) WITH (LIST);
        CREATE INDEX IF NOT EXISTS companies_elsewhere_text ON marketing.companies_elsewhere USING gin (searched CLASS) WITH (LIST);
        CREATE INDEX IF NOT EXISTS contact_enrichment_text ON marketing.contact_enrichment
            USING gin ((coalesce(full_name, '') || E'\n' || coalesce(email, '') || E'\n' || coalesce(company_name, '')) CLASS)
            WITH (LIST) WHERE enrichment_status IN ('completed', 'failed');
    $made$, 'CLASS', class), 'LIST', 'fastupdate = on, gin_pending_list_limit = 4096');
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLERRM;
END
$$;
REVOKE ALL ON FUNCTION marketing.index_texts() FROM PUBLIC;
COMMENT ON FUNCTION marketing.index_texts() IS
    'Makes pg_trgm and the indexes that searching for text uses, where they are missing; returns why it could not';

DO $$
DECLARE
    reason TEXT := marketing.index_texts();
BEGIN
    IF reason IS NOT NULL THEN
        RAISE NOTICE 'rare text is looked for row by row, for there is no pg_trgm: %', reason;
    END IF;
END
$$;
-- The indexed words are counted, so that a planner knows how many rows a text has.
ANALYZE intake.company_raw_intake, marketing.contact_enrichment, marketing.companies_elsewhere;

SELECT marketing.grant_roles();
SELECT marketing.note_bodies();
