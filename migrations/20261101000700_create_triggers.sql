-- Each write makes its events: one statement, one trigger call, however many rows.
-- A trigger with transition tables serves one operation only, hence two triggers a table;
-- all names match both '%_event' and 'trigger_%event'.

CREATE FUNCTION marketing.on_company_raw_intake_insert() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, intake, pg_catalog AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table, batch_id, correlation_id)
        SELECT 'company_created',
               jsonb_build_object('id', id, 'record_id', id, 'company', company, 'company_name', company,
                   'website', website, 'batch_id', import_batch_id, 'import_batch_id', import_batch_id,
                   'validated', validated, 'created_at', created_at, 'trigger_time', now()),
               'intake.company_raw_intake', import_batch_id, correlation_id
        FROM new_rows ORDER BY id
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_company_raw_intake_event AFTER INSERT ON intake.company_raw_intake
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_company_raw_intake_insert();

-- A change to validated TRUE is company_validated, any other change company_updated, no change nothing.
-- The plan of the join is kept from the first call; nested loops are off so that it also suits ten thousand rows.
CREATE FUNCTION marketing.on_company_raw_intake_update() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, intake, pg_catalog SET enable_nestloop = off AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table, batch_id, correlation_id)
        SELECT CASE WHEN n.validated AND o.validated IS NOT TRUE THEN 'company_validated' ELSE 'company_updated' END,
               jsonb_build_object('id', n.id, 'record_id', n.id, 'company', n.company, 'company_name', n.company,
                   'website', n.website, 'batch_id', n.import_batch_id, 'import_batch_id', n.import_batch_id,
                   'validated', n.validated, 'validated_by', n.validated_by, 'created_at', n.created_at,
                   'trigger_time', now()),
               'intake.company_raw_intake', n.import_batch_id, n.correlation_id
        FROM new_rows n JOIN old_rows o ON o.id = n.id
        WHERE o IS DISTINCT FROM n
        ORDER BY n.id
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_company_raw_intake_updated_event AFTER UPDATE ON intake.company_raw_intake
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_company_raw_intake_update();

CREATE FUNCTION marketing.on_company_master_insert() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table, batch_id, correlation_id)
        SELECT 'company_promoted',
               jsonb_build_object('id', id, 'record_id', company_unique_id, 'company_unique_id', company_unique_id,
                   'company', company_name, 'company_name', company_name, 'website', website_url,
                   'website_url', website_url, 'batch_id', import_batch_id, 'import_batch_id', import_batch_id,
                   'created_at', created_at, 'trigger_time', now()),
               'marketing.company_master', import_batch_id, correlation_id
        FROM new_rows ORDER BY id
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_company_master_event AFTER INSERT ON marketing.company_master
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_company_master_insert();

CREATE FUNCTION marketing.on_company_master_update() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog SET enable_nestloop = off AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table, batch_id, correlation_id)
        SELECT 'company_master_updated',
               jsonb_build_object('id', n.id, 'record_id', n.company_unique_id, 'company_unique_id', n.company_unique_id,
                   'company', n.company_name, 'company_name', n.company_name, 'website', n.website_url,
                   'website_url', n.website_url, 'batch_id', n.import_batch_id, 'import_batch_id', n.import_batch_id,
                   'created_at', n.created_at, 'trigger_time', now()),
               'marketing.company_master', n.import_batch_id, n.correlation_id
        FROM new_rows n JOIN old_rows o ON o.company_unique_id = n.company_unique_id
        WHERE o IS DISTINCT FROM n
        ORDER BY n.id
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_company_master_updated_event AFTER UPDATE ON marketing.company_master
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_company_master_update();

-- The names of the company are looked up row by row through its key, whatever the size of the statement.
CREATE FUNCTION marketing.on_company_slots_insert() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table, batch_id, correlation_id)
        SELECT 'slots_created',
               jsonb_build_object('id', s.id, 'record_id', s.company_slot_unique_id, 'slot_id', s.company_slot_unique_id,
                   'company_id', s.company_unique_id, 'company_unique_id', s.company_unique_id,
                   'slot_type', s.slot_type, 'slot_label', s.slot_label,
                   'company', m.company_name, 'company_name', m.company_name,
                   'website', m.website_url, 'website_url', m.website_url,
                   'batch_id', m.import_batch_id, 'import_batch_id', m.import_batch_id,
                   'created_at', s.created_at, 'trigger_time', now()),
               'marketing.company_slots', m.import_batch_id, m.correlation_id
        FROM new_rows s
        CROSS JOIN LATERAL (SELECT * FROM marketing.company_master c
                            WHERE c.company_unique_id = s.company_unique_id LIMIT 1) m
        ORDER BY s.id
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_company_slots_event AFTER INSERT ON marketing.company_slots
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_company_slots_insert();

CREATE FUNCTION marketing.on_company_slots_update() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog SET enable_nestloop = off AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table)
        SELECT 'slot_updated',
               jsonb_build_object('id', n.id, 'record_id', n.company_slot_unique_id, 'slot_id', n.company_slot_unique_id,
                   'company_id', n.company_unique_id, 'slot_type', n.slot_type, 'slot_label', n.slot_label,
                   'created_at', n.created_at, 'trigger_time', now()),
               'marketing.company_slots'
        FROM new_rows n JOIN old_rows o ON o.company_slot_unique_id = n.company_slot_unique_id
        WHERE o IS DISTINCT FROM n
        ORDER BY n.id
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_company_slots_updated_event AFTER UPDATE ON marketing.company_slots
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_company_slots_update();

CREATE FUNCTION marketing.on_people_raw_intake_insert() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table)
        SELECT 'contact_created',
               jsonb_build_object('id', n.id, 'record_id', n.unique_id, 'unique_id', n.unique_id,
                   'company_id', n.company_unique_id, 'slot_id', n.company_slot_unique_id, 'full_name', n.full_name,
                   'email', n.email, 'title', n.title, 'created_at', n.created_at, 'trigger_time', now()),
               'marketing.people_raw_intake'
        FROM new_rows n
        ORDER BY n.id
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_people_raw_intake_event AFTER INSERT ON marketing.people_raw_intake
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_people_raw_intake_insert();

CREATE FUNCTION marketing.on_people_raw_intake_update() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog SET enable_nestloop = off AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table)
        SELECT 'contact_updated',
               jsonb_build_object('id', n.id, 'record_id', n.unique_id, 'unique_id', n.unique_id,
                   'company_id', n.company_unique_id, 'slot_id', n.company_slot_unique_id, 'full_name', n.full_name,
                   'email', n.email, 'title', n.title, 'created_at', n.created_at, 'trigger_time', now()),
               'marketing.people_raw_intake'
        FROM new_rows n JOIN old_rows o ON o.id = n.id
        WHERE o IS DISTINCT FROM n
        ORDER BY n.id
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_people_raw_intake_updated_event AFTER UPDATE ON marketing.people_raw_intake
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_people_raw_intake_update();
