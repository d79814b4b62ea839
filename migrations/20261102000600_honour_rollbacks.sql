-- The rollbacks that people were told work as told: replacing notify_pipeline_event silences the triggers too, and
-- dropping or disabling a table's one event trigger stops the events of its inserts and of its updates.

-- Whether marketing.notify_pipeline_event still notifies. The triggers do not call it, for they work on ten thousand
-- rows at once; they ask this once a statement. Its text tells, without comments: the version that people put in
-- its place keeps the call of pg_notify as a comment.
CREATE FUNCTION marketing.notifications_are_on() RETURNS BOOLEAN LANGUAGE sql STABLE AS $$
    SELECT current_setting('outreach.notify', TRUE) IS DISTINCT FROM 'off' AND EXISTS (
        SELECT FROM pg_proc
        WHERE oid = to_regprocedure('marketing.notify_pipeline_event(TEXT, TEXT, JSONB)')
          AND regexp_replace(regexp_replace(prosrc, '--[^\n]*', '', 'g'), '/\*.*?\*/', '', 'g')
              ~* '(\mpg_notify|\mring_pipeline_event)\s*\(|\mNOTIFY\s+"?pipeline_event')
$$;

-- Whether a trigger is there and enabled.
CREATE FUNCTION marketing.trigger_is_on(of_table REGCLASS, trigger_name NAME) RETURNS BOOLEAN LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM pg_trigger
                   WHERE tgrelid = of_table AND tgname = trigger_name AND tgenabled IN ('O', 'A'))
$$;

-- As before, in two thirds of the time: the body is put together as text.
CREATE OR REPLACE FUNCTION marketing.ring_pipeline_event(event_id BIGINT, source TEXT, event_type TEXT, payload JSONB, at TIMESTAMPTZ)
RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
    head TEXT := concat('{"event_id": ', event_id, ', "table": ', coalesce(to_json(source)::TEXT, 'null'),
                        ', "event_type": ', to_json(event_type), ', "timestamp": ', to_json(at), ', "payload": ');
    body TEXT := concat(head, payload, '}');
BEGIN
    IF octet_length(body) > 7900 THEN
        body := concat(head, jsonb_build_object('record_id', payload -> 'record_id', 'id', payload -> 'id', 'truncated', TRUE), '}');
    END IF;
    PERFORM pg_notify('pipeline_event', body);
    RETURN TRUE;
END
$$;

-- Parameters keep the names that people use when they replace the function: PostgreSQL refuses to rename them.
DROP FUNCTION marketing.notify_pipeline_event(TEXT, TEXT, JSONB);

-- Makes what a rollback took away: the function above, and event triggers that are missing. Says how many it made.
-- "Run the migration again" of the old guides is SELECT marketing.restore_events().
CREATE FUNCTION marketing.restore_events() RETURNS INT LANGUAGE plpgsql AS $restore$
DECLARE
    wanted RECORD;
    made INT := 0;
BEGIN
    CREATE OR REPLACE FUNCTION marketing.notify_pipeline_event(p_table_name TEXT, p_event_type TEXT, p_payload JSONB)
    RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER SET search_path = marketing, pg_catalog AS $$
    DECLARE
        made marketing.pipeline_events;
    BEGIN
        INSERT INTO marketing.pipeline_events (event_type, payload, source_table)
        VALUES (p_event_type, p_payload, p_table_name)
        RETURNING * INTO made;
        IF marketing.notifications_are_on() THEN
            PERFORM marketing.ring_pipeline_event(made.id, made.source_table, made.event_type, made.payload, made.created_at);
        END IF;
    END
    $$;
    FOR wanted IN
        SELECT of_table, name, operation FROM unnest(
            ARRAY['intake.company_raw_intake', 'marketing.company_master', 'marketing.company_slots',
                  'marketing.people_raw_intake', 'marketing.contact_enrichment', 'marketing.email_verification']) AS of_table
        CROSS JOIN LATERAL (VALUES (format('trigger_%s_event', split_part(of_table, '.', 2)), 'insert'),
                                   (format('trigger_%s_updated_event', split_part(of_table, '.', 2)), 'update')) AS t (name, operation)
        WHERE NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = of_table::REGCLASS AND tgname = name)
    LOOP
        IF wanted.operation = 'insert' THEN
            EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows
                FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_%s_insert()',
                wanted.name, wanted.of_table, split_part(wanted.of_table, '.', 2));
        ELSE
            -- A trigger with transition tables serves one operation, yet people know one trigger a table: the second
            -- follows the first.
            EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
                FOR EACH STATEMENT WHEN (marketing.trigger_is_on(%L, %L)) EXECUTE FUNCTION marketing.on_%s_update()',
                wanted.name, wanted.of_table, wanted.of_table, replace(wanted.name, '_updated_event', '_event'),
                split_part(wanted.of_table, '.', 2));
        END IF;
        made := made + 1;
    END LOOP;
    RETURN made;
END
$restore$;
COMMENT ON FUNCTION marketing.restore_events() IS
    'Makes the event triggers and notify_pipeline_event again after a rollback dropped or replaced them';

DROP TRIGGER trigger_company_raw_intake_updated_event ON intake.company_raw_intake;
DROP TRIGGER trigger_company_master_updated_event ON marketing.company_master;
DROP TRIGGER trigger_company_slots_updated_event ON marketing.company_slots;
DROP TRIGGER trigger_people_raw_intake_updated_event ON marketing.people_raw_intake;
DROP TRIGGER trigger_contact_enrichment_updated_event ON marketing.contact_enrichment;
DROP TRIGGER trigger_email_verification_updated_event ON marketing.email_verification;
SELECT marketing.restore_events();

-- Every function that rings asks first. They stay as they are otherwise; the question is the same one line in all.
DO $$
DECLARE
    ringing REGPROCEDURE;
    definition TEXT;
    changed INT := 0;
BEGIN
    FOR ringing IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = 'marketing'::REGNAMESPACE AND (proname ~ '^on_.*_(insert|update)$' OR proname ~ '^record_')
          AND prosrc LIKE '% INTO rung FROM made;%'
    LOOP
        definition := replace(pg_get_functiondef(ringing), ' INTO rung FROM made;',
                              E' INTO rung FROM made\n    WHERE (SELECT marketing.notifications_are_on());');
        EXECUTE definition;
        changed := changed + 1;
    END LOOP;
    IF changed <> 10 THEN
        RAISE EXCEPTION 'expected ten functions that ring, found %', changed;
    END IF;
END
$$;

SELECT marketing.grant_roles();
