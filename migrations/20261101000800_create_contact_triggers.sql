-- Events of the contacts, and the notifications of errors and runs.

-- A contact that is completed, on insert or by an update that reaches it.
CREATE FUNCTION marketing.record_enriched_contacts(contact_ids INT[]) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table, batch_id, correlation_id)
        SELECT 'contact_enriched',
               jsonb_build_object('id', c.id, 'record_id', c.id, 'enrichment_id', c.id,
                   'slot_id', c.company_slot_unique_id, 'company_id', m.company_unique_id,
                   'company', m.company_name, 'company_name', m.company_name, 'slot_label', s.slot_label,
                   'linkedin_url', c.linkedin_url, 'full_name', c.full_name, 'title', c.title, 'email', c.email,
                   'batch_id', m.import_batch_id, 'import_batch_id', m.import_batch_id,
                   'created_at', c.created_at, 'trigger_time', now()),
               'marketing.contact_enrichment', m.import_batch_id, m.correlation_id
        FROM unnest(contact_ids) AS wanted (id)
        CROSS JOIN LATERAL (SELECT * FROM marketing.contact_enrichment e WHERE e.id = wanted.id LIMIT 1) c
        CROSS JOIN LATERAL (SELECT * FROM marketing.company_slots k
                            WHERE k.company_slot_unique_id = c.company_slot_unique_id LIMIT 1) s
        CROSS JOIN LATERAL (SELECT * FROM marketing.company_master k
                            WHERE k.company_unique_id = s.company_unique_id LIMIT 1) m
        ORDER BY c.id
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
END
$$;

CREATE FUNCTION marketing.on_contact_enrichment_insert() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    PERFORM marketing.record_enriched_contacts(
        (SELECT array_agg(id) FROM new_rows WHERE enrichment_status = 'completed'));
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_contact_enrichment_event AFTER INSERT ON marketing.contact_enrichment
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_contact_enrichment_insert();

CREATE FUNCTION marketing.on_contact_enrichment_update() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog SET enable_nestloop = off AS $$
BEGIN
    PERFORM marketing.record_enriched_contacts(
        (SELECT array_agg(n.id) FROM new_rows n JOIN old_rows o ON o.id = n.id
         WHERE n.enrichment_status = 'completed' AND o.enrichment_status <> 'completed'));
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_contact_enrichment_updated_event AFTER UPDATE ON marketing.contact_enrichment
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_contact_enrichment_update();

-- A verification that has a result: valid is email_verified, anything else email_failed.
CREATE FUNCTION marketing.record_verified_emails(verification_ids INT[]) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table, batch_id, correlation_id)
        SELECT CASE v.verification_status WHEN 'valid' THEN 'email_verified' ELSE 'email_failed' END,
               jsonb_build_object('id', v.id, 'record_id', v.id, 'verification_id', v.id, 'enrichment_id', c.id,
                   'slot_id', c.company_slot_unique_id, 'company_id', m.company_unique_id,
                   'company', m.company_name, 'company_name', m.company_name, 'slot_label', s.slot_label,
                   'full_name', c.full_name, 'email', v.email, 'verification_status', v.verification_status,
                   'batch_id', m.import_batch_id, 'import_batch_id', m.import_batch_id,
                   'created_at', v.created_at, 'trigger_time', now()),
               'marketing.email_verification', m.import_batch_id, m.correlation_id
        FROM unnest(verification_ids) AS wanted (id)
        CROSS JOIN LATERAL (SELECT * FROM marketing.email_verification e WHERE e.id = wanted.id LIMIT 1) v
        CROSS JOIN LATERAL (SELECT * FROM marketing.contact_enrichment k WHERE k.id = v.enrichment_id LIMIT 1) c
        CROSS JOIN LATERAL (SELECT * FROM marketing.company_slots k
                            WHERE k.company_slot_unique_id = c.company_slot_unique_id LIMIT 1) s
        CROSS JOIN LATERAL (SELECT * FROM marketing.company_master k
                            WHERE k.company_unique_id = s.company_unique_id LIMIT 1) m
        ORDER BY v.id
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
END
$$;

CREATE FUNCTION marketing.on_email_verification_insert() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    PERFORM marketing.record_verified_emails(
        (SELECT array_agg(id) FROM new_rows WHERE verification_status <> 'pending'));
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_email_verification_event AFTER INSERT ON marketing.email_verification
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_email_verification_insert();

CREATE FUNCTION marketing.on_email_verification_update() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog SET enable_nestloop = off AS $$
BEGIN
    PERFORM marketing.record_verified_emails(
        (SELECT array_agg(n.id) FROM new_rows n JOIN old_rows o ON o.id = n.id
         WHERE n.verification_status <> 'pending' AND o.verification_status <> n.verification_status));
    RETURN NULL;
END
$$;
CREATE TRIGGER trigger_email_verification_updated_event AFTER UPDATE ON marketing.email_verification
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_email_verification_update();

-- updated_at says when the row last changed. full_name is generated and not filled yet in a BEFORE trigger.
CREATE FUNCTION marketing.touch_updated_at() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(OLD) - 'full_name' IS DISTINCT FROM to_jsonb(NEW) - 'full_name' THEN
        NEW.updated_at := now();
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER touch_company_master BEFORE UPDATE ON marketing.company_master
    FOR EACH ROW EXECUTE FUNCTION marketing.touch_updated_at();
CREATE TRIGGER touch_people_master BEFORE UPDATE ON marketing.people_master
    FOR EACH ROW EXECUTE FUNCTION marketing.touch_updated_at();
CREATE TRIGGER touch_people_raw_intake BEFORE UPDATE ON marketing.people_raw_intake
    FOR EACH ROW EXECUTE FUNCTION marketing.touch_updated_at();

-- Pages learn from these two channels that errors or runs changed: one notification a statement.
CREATE FUNCTION marketing.on_pipeline_errors_write() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('error_event', jsonb_build_object('operation', lower(TG_OP))::TEXT);
    RETURN NULL;
END
$$;
CREATE TRIGGER ring_pipeline_errors AFTER INSERT OR UPDATE OR DELETE ON marketing.pipeline_errors
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_pipeline_errors_write();

CREATE FUNCTION marketing.on_workflow_stats_insert() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('workflow_event', body::TEXT) FROM (
        SELECT jsonb_build_object('workflow_name', workflow_name, 'runs', count(*),
                                  'errors', count(*) FILTER (WHERE status IN ('error', 'timeout'))) AS body
        FROM new_rows GROUP BY workflow_name) AS bodies;
    RETURN NULL;
END
$$;
CREATE TRIGGER ring_workflow_stats AFTER INSERT ON marketing.workflow_stats
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_workflow_stats_insert();
