-- Every event, error and run names the company it is about, by the correlation id that the company's intake row was
-- given: one index scan leads from a row of the pipeline to all others, and to the file and line it came from.

ALTER TABLE marketing.pipeline_errors ADD COLUMN correlation_id UUID;
CREATE INDEX pipeline_errors_correlation ON marketing.pipeline_errors (correlation_id);

-- Without a foreign key: statistics outlive the events they count.
ALTER TABLE marketing.workflow_stats ADD COLUMN event_id BIGINT, ADD COLUMN correlation_id UUID;
CREATE INDEX workflow_stats_event ON marketing.workflow_stats (event_id) WHERE event_id IS NOT NULL;
CREATE INDEX workflow_stats_correlation ON marketing.workflow_stats (correlation_id)
    WHERE correlation_id IS NOT NULL AND event_id IS NULL;

-- The correlation id of what a hand-made payload speaks of, NULL when that is nothing we know. Keys are tried from the
-- company down to the single verification; a bare record_id is understood by the type of its event.
CREATE FUNCTION marketing.correlation_of(event_type TEXT, payload JSONB) RETURNS UUID
LANGUAGE sql STABLE AS $$
    WITH key AS (
        SELECT payload ->> 'correlation_id' AS correlation,
               coalesce(payload ->> 'company_unique_id', payload ->> 'company_id', payload ->> 'record_id') AS company,
               coalesce(payload ->> 'slot_id', payload ->> 'company_slot_unique_id', payload ->> 'record_id') AS slot,
               coalesce(payload ->> 'enrichment_id',
                        CASE WHEN event_type = 'contact_enriched' THEN payload ->> 'record_id' END) AS enrichment,
               CASE WHEN event_type ~ '^email_(verified|failed)$' THEN payload ->> 'record_id' END AS verification,
               coalesce(payload ->> 'unique_id', payload ->> 'record_id') AS person,
               CASE WHEN event_type ~ '^company_(created|updated|validated)$'
                    THEN coalesce(payload ->> 'record_id', payload ->> 'id') END AS intake
    )
    SELECT coalesce(
        CASE WHEN correlation ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN correlation::UUID END,
        CASE WHEN intake ~ '^[0-9]{1,18}$' THEN
            (SELECT i.correlation_id FROM intake.company_raw_intake i WHERE i.id = intake::BIGINT) END,
        (SELECT m.correlation_id FROM marketing.company_master m WHERE m.company_unique_id = company),
        (SELECT m.correlation_id FROM marketing.company_slots s JOIN marketing.company_master m USING (company_unique_id)
         WHERE s.company_slot_unique_id = slot),
        CASE WHEN enrichment ~ '^[0-9]{1,9}$' THEN
            (SELECT m.correlation_id FROM marketing.contact_enrichment c
             JOIN marketing.company_slots s USING (company_slot_unique_id)
             JOIN marketing.company_master m USING (company_unique_id) WHERE c.id = enrichment::INT) END,
        CASE WHEN verification ~ '^[0-9]{1,9}$' THEN
            (SELECT m.correlation_id FROM marketing.email_verification v
             JOIN marketing.contact_enrichment c ON c.id = v.enrichment_id
             JOIN marketing.company_slots s USING (company_slot_unique_id)
             JOIN marketing.company_master m USING (company_unique_id) WHERE v.id = verification::INT) END,
        (SELECT m.correlation_id FROM marketing.people_raw_intake p JOIN marketing.company_master m USING (company_unique_id)
         WHERE p.unique_id = person))
    FROM key
$$;

-- The record that a run of a workflow was about, in the words of the events.
CREATE FUNCTION marketing.event_of_workflow(workflow_name TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN workflow_name ~* 'validat' THEN 'company_created'
        WHEN workflow_name ~* 'promot' THEN 'company_validated'
        WHEN workflow_name ~* 'slot' THEN 'company_promoted'
        WHEN workflow_name ~* 'verif' THEN 'contact_enriched'
        WHEN workflow_name ~* 'enrich' THEN 'slots_created'
        ELSE '' END
$$;

-- These fill in what hand-made rows leave out. They work row by row, so their WHEN keeps them away from rows that the
-- pipeline itself writes: those carry their correlation id, and are ten thousand at a time.
CREATE FUNCTION marketing.complete_event() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    NEW.correlation_id := coalesce(marketing.correlation_of(NEW.event_type, NEW.payload), gen_random_uuid());
    NEW.batch_id := coalesce(NEW.batch_id, NEW.payload ->> 'batch_id', NEW.payload ->> 'import_batch_id');
    RETURN NEW;
END
$$;
CREATE TRIGGER complete_by_hand BEFORE INSERT ON marketing.pipeline_events
    FOR EACH ROW WHEN (NEW.correlation_id IS NULL) EXECUTE FUNCTION marketing.complete_event();

CREATE FUNCTION marketing.complete_error() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    NEW.correlation_id := coalesce(
        (SELECT e.correlation_id FROM marketing.pipeline_events e WHERE e.id = NEW.event_id),
        marketing.correlation_of(NEW.event_type, jsonb_build_object('record_id', NEW.record_id)));
    RETURN NEW;
END
$$;
CREATE TRIGGER complete_by_hand BEFORE INSERT ON marketing.pipeline_errors
    FOR EACH ROW WHEN (NEW.correlation_id IS NULL) EXECUTE FUNCTION marketing.complete_error();

CREATE FUNCTION marketing.complete_run() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    NEW.correlation_id := coalesce(
        (SELECT e.correlation_id FROM marketing.pipeline_events e WHERE e.id = NEW.event_id),
        marketing.correlation_of(marketing.event_of_workflow(NEW.workflow_name),
                                 jsonb_build_object('record_id', NEW.record_id)));
    RETURN NEW;
END
$$;
CREATE TRIGGER complete_by_hand BEFORE INSERT ON marketing.workflow_stats
    FOR EACH ROW WHEN (NEW.correlation_id IS NULL AND NEW.record_id IS NOT NULL)
    EXECUTE FUNCTION marketing.complete_run();

-- Workflows promote with the columns they were told, which do not name the intake row: it is the one of the same batch
-- and domain, that of the same name first. A row which is promoted already lends its correlation id only, because a
-- second master row for it would be refused.
CREATE FUNCTION marketing.complete_master() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
DECLARE
    origin RECORD;
BEGIN
    SELECT i.id, i.correlation_id,
           EXISTS (SELECT FROM marketing.company_master m WHERE m.source_record_id = i.id::TEXT) AS promoted
    INTO origin
    FROM intake.company_raw_intake i
    WHERE i.website_domain = intake.website_domain(NEW.website_url)
      AND (NEW.import_batch_id IS NULL OR i.import_batch_id = NEW.import_batch_id)
    ORDER BY promoted, i.company IS DISTINCT FROM NEW.company_name, i.id
    LIMIT 1;
    IF FOUND THEN
        NEW.correlation_id := origin.correlation_id;
        NEW.source_record_id := CASE WHEN NOT origin.promoted THEN origin.id::TEXT END;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER complete_by_hand BEFORE INSERT ON marketing.company_master
    FOR EACH ROW WHEN (NEW.source_record_id IS NULL) EXECUTE FUNCTION marketing.complete_master();

-- Workflows insert contacts without the company's name, which people are told to read from there.
CREATE FUNCTION marketing.complete_contact() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    NEW.company_name := (SELECT m.company_name FROM marketing.company_slots s JOIN marketing.company_master m USING (company_unique_id)
                         WHERE s.company_slot_unique_id = NEW.company_slot_unique_id);
    RETURN NEW;
END
$$;
CREATE TRIGGER complete_by_hand BEFORE INSERT ON marketing.contact_enrichment
    FOR EACH ROW WHEN (NEW.company_name IS NULL) EXECUTE FUNCTION marketing.complete_contact();

-- Changes of slots and people belong to their company too.
CREATE OR REPLACE FUNCTION marketing.on_company_slots_update() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog SET enable_nestloop = off AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table, batch_id, correlation_id)
        SELECT 'slot_updated',
               jsonb_build_object('id', n.id, 'record_id', n.company_slot_unique_id, 'slot_id', n.company_slot_unique_id,
                   'company_id', n.company_unique_id, 'company_unique_id', n.company_unique_id,
                   'slot_type', n.slot_type, 'slot_label', n.slot_label,
                   'batch_id', m.import_batch_id, 'import_batch_id', m.import_batch_id,
                   'created_at', n.created_at, 'trigger_time', now()),
               'marketing.company_slots', m.import_batch_id, m.correlation_id
        FROM new_rows n JOIN old_rows o ON o.company_slot_unique_id = n.company_slot_unique_id
        CROSS JOIN LATERAL (SELECT * FROM marketing.company_master c
                            WHERE c.company_unique_id = n.company_unique_id LIMIT 1) m
        WHERE o IS DISTINCT FROM n
        ORDER BY n.id
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION marketing.on_people_raw_intake_insert() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table, batch_id, correlation_id)
        SELECT 'contact_created',
               jsonb_build_object('id', n.id, 'record_id', n.unique_id, 'unique_id', n.unique_id,
                   'company_id', n.company_unique_id, 'slot_id', n.company_slot_unique_id, 'full_name', n.full_name,
                   'email', n.email, 'title', n.title,
                   'batch_id', m.import_batch_id, 'import_batch_id', m.import_batch_id,
                   'created_at', n.created_at, 'trigger_time', now()),
               'marketing.people_raw_intake', m.import_batch_id, m.correlation_id
        FROM new_rows n
        CROSS JOIN LATERAL (SELECT * FROM marketing.company_master c
                            WHERE c.company_unique_id = n.company_unique_id LIMIT 1) m
        ORDER BY n.id
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION marketing.on_people_raw_intake_update() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog SET enable_nestloop = off AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table, batch_id, correlation_id)
        SELECT 'contact_updated',
               jsonb_build_object('id', n.id, 'record_id', n.unique_id, 'unique_id', n.unique_id,
                   'company_id', n.company_unique_id, 'slot_id', n.company_slot_unique_id, 'full_name', n.full_name,
                   'email', n.email, 'title', n.title,
                   'batch_id', m.import_batch_id, 'import_batch_id', m.import_batch_id,
                   'created_at', n.created_at, 'trigger_time', now()),
               'marketing.people_raw_intake', m.import_batch_id, m.correlation_id
        FROM new_rows n JOIN old_rows o ON o.id = n.id
        CROSS JOIN LATERAL (SELECT * FROM marketing.company_master c
                            WHERE c.company_unique_id = n.company_unique_id LIMIT 1) m
        WHERE o IS DISTINCT FROM n
        ORDER BY n.id
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
    RETURN NULL;
END
$$;

-- What is there already. Runs of before keep no event: it was not written down.
UPDATE marketing.pipeline_events
SET correlation_id = coalesce(marketing.correlation_of(event_type, payload), gen_random_uuid())
WHERE correlation_id IS NULL;
UPDATE marketing.pipeline_errors x
SET correlation_id = coalesce(
    (SELECT e.correlation_id FROM marketing.pipeline_events e WHERE e.id = x.event_id),
    marketing.correlation_of(x.event_type, jsonb_build_object('record_id', x.record_id)));

SELECT marketing.grant_roles();
