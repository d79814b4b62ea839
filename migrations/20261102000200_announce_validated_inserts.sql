-- A row that arrives validated (n8n, psql) makes company_created and company_validated: its promotion does not depend
-- on our validation, which leaves such rows alone. The first event has the smaller id.
CREATE OR REPLACE FUNCTION marketing.on_company_raw_intake_insert() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, intake, pg_catalog AS $$
DECLARE
    rung BIGINT;
BEGIN
    WITH made AS (
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table, batch_id, correlation_id)
        SELECT happened.event_type,
               jsonb_build_object('id', id, 'record_id', id, 'company', company, 'company_name', company,
                   'website', website, 'batch_id', import_batch_id, 'import_batch_id', import_batch_id,
                   'validated', validated, 'validated_by', validated_by, 'created_at', created_at,
                   'trigger_time', now()),
               'intake.company_raw_intake', import_batch_id, correlation_id
        FROM new_rows
        CROSS JOIN LATERAL (SELECT 'company_created' AS event_type, 1 AS place
                            UNION ALL SELECT 'company_validated', 2 WHERE validated) AS happened
        ORDER BY id, place
        RETURNING *
    )
    SELECT count(marketing.ring_pipeline_event(id, source_table, event_type, payload, created_at)) INTO rung FROM made;
    RETURN NULL;
END
$$;
