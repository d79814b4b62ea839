-- The functions of the contract. Identifiers of events fit an INT literal and a BIGINT alike.

-- Sends one notification on channel pipeline_event: event_id, table, event_type, payload, timestamp.
-- PostgreSQL refuses bodies of 8000 bytes, which would abort the writer: a long payload is cut to its keys.
-- SET outreach.notify = 'off' silences a session; events are still recorded.
CREATE FUNCTION marketing.ring_pipeline_event(event_id BIGINT, source TEXT, event_type TEXT, payload JSONB, at TIMESTAMPTZ)
RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
    body TEXT;
BEGIN
    IF current_setting('outreach.notify', TRUE) = 'off' THEN
        RETURN FALSE;
    END IF;
    body := jsonb_build_object('event_id', event_id, 'table', source, 'event_type', event_type,
                               'payload', payload, 'timestamp', at)::TEXT;
    IF octet_length(body) > 7900 THEN
        body := jsonb_build_object('event_id', event_id, 'table', source, 'event_type', event_type, 'timestamp', at,
            'payload', jsonb_build_object('record_id', payload -> 'record_id', 'id', payload -> 'id', 'truncated', TRUE))::TEXT;
    END IF;
    PERFORM pg_notify('pipeline_event', body);
    RETURN TRUE;
END
$$;

-- Records one event and notifies: for people and workflows that make events by hand.
CREATE FUNCTION marketing.notify_pipeline_event(table_name TEXT, event_type TEXT, payload JSONB)
RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER SET search_path = marketing, pg_catalog AS $$
DECLARE
    made marketing.pipeline_events;
BEGIN
    INSERT INTO marketing.pipeline_events AS e (event_type, payload, source_table, batch_id)
    VALUES (notify_pipeline_event.event_type, notify_pipeline_event.payload, table_name,
            coalesce(notify_pipeline_event.payload ->> 'batch_id', notify_pipeline_event.payload ->> 'import_batch_id'))
    RETURNING * INTO made;
    PERFORM marketing.ring_pipeline_event(made.id, made.source_table, made.event_type, made.payload, made.created_at);
END
$$;

CREATE FUNCTION marketing.mark_event_processed(event_id BIGINT) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = marketing, pg_catalog AS $$
BEGIN
    UPDATE marketing.pipeline_events
    SET status = 'processed', processed_at = now(), locked_by = NULL, locked_at = NULL
    WHERE id = event_id;
    PERFORM pg_notify('workflow_event', jsonb_build_object('event_id', event_id, 'status', 'processed')::TEXT);
END
$$;

CREATE FUNCTION marketing.mark_event_failed(event_id BIGINT, error_msg TEXT) RETURNS VOID
LANGUAGE plpgsql SECURITY DEFINER SET search_path = marketing, pg_catalog AS $$
BEGIN
    UPDATE marketing.pipeline_events
    SET status = 'failed', error_message = error_msg, retry_count = retry_count + 1, processed_at = now(),
        locked_by = NULL, locked_at = NULL
    WHERE id = event_id;
    PERFORM pg_notify('workflow_event', jsonb_build_object('event_id', event_id, 'status', 'failed')::TEXT);
END
$$;

-- Records an error, and fails the pending or processing events of that type and record.
-- The error names the newest of them, so that it can be retried.
CREATE FUNCTION marketing.log_pipeline_error(type TEXT, record TEXT, msg TEXT, details JSONB DEFAULT NULL, severity TEXT DEFAULT 'error')
RETURNS INT LANGUAGE plpgsql SECURITY DEFINER SET search_path = marketing, pg_catalog AS $$
DECLARE
    event BIGINT;
    error INT;
BEGIN
    WITH failed AS (
        UPDATE marketing.pipeline_events
        SET status = 'failed', error_message = msg, retry_count = retry_count + 1, processed_at = now(),
            locked_by = NULL, locked_at = NULL
        WHERE event_type = type AND payload ->> 'record_id' = record AND status IN ('pending', 'processing')
        RETURNING id
    )
    SELECT max(id) INTO event FROM failed;
    IF event IS NULL THEN
        SELECT max(id) INTO event FROM marketing.pipeline_events
        WHERE event_type = type AND payload ->> 'record_id' = record AND status = 'failed';
    END IF;
    INSERT INTO marketing.pipeline_errors (event_type, record_id, error_message, error_details, severity, event_id)
    VALUES (type, record, msg, details, log_pipeline_error.severity, event)
    RETURNING id INTO error;
    RETURN error;
END
$$;

CREATE FUNCTION marketing.log_pipeline_error(type TEXT, record BIGINT, msg TEXT, details JSONB DEFAULT NULL, severity TEXT DEFAULT 'error')
RETURNS INT LANGUAGE sql AS $$
    SELECT marketing.log_pipeline_error(type, record::TEXT, msg, details, severity)
$$;

CREATE FUNCTION marketing.resolve_pipeline_error(error_id INT, resolver TEXT, notes TEXT DEFAULT NULL) RETURNS VOID
LANGUAGE sql SECURITY DEFINER SET search_path = marketing, pg_catalog AS $$
    UPDATE marketing.pipeline_errors
    SET resolved = TRUE, resolved_at = now(), resolved_by = resolver, resolution_notes = notes
    WHERE id = error_id
$$;
