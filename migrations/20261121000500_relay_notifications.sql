-- PostgreSQL lets transactions that notify commit one after the other, each with its own wait for the disk: 32 writers of
-- single rows share what one could do. While there are many of them, their triggers leave the notification to a relay,
-- which announces the events of many transactions in one of its own. A server that sees the rate says so for seconds at a
-- time, so that triggers notify by themselves again soon after the last server is gone.

-- Read by every statement that makes events: nothing else is written here.
CREATE TABLE marketing.event_relay (
    id BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (id),
    deferring_until TIMESTAMPTZ
);
INSERT INTO marketing.event_relay DEFAULT VALUES;

-- How far the relay came. Ids are not in the order of commits: one that is missing may be rolled back or not committed yet.
CREATE TABLE marketing.event_relay_position (
    id BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (id),
    -- NULL while there is nothing to relay.
    swept_to BIGINT,
    missing INT8MULTIRANGE NOT NULL DEFAULT '{}',
    -- Missing ids of which every transaction that may have taken one has a number below the horizon.
    judged INT8MULTIRANGE NOT NULL DEFAULT '{}',
    horizon XID8,
    -- Transactions from this number on began after the end of the deferring.
    ended_at XID8
);
INSERT INTO marketing.event_relay_position DEFAULT VALUES;

ALTER TABLE marketing.pipeline_events ADD COLUMN deferred BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE marketing.pipeline_events ALTER COLUMN deferred
    SET DEFAULT coalesce(current_setting('outreach.deferring', TRUE), '') = 'on';
COMMENT ON COLUMN marketing.pipeline_events.deferred IS 'Its notification was left to the relay: marketing.announce_events()';

-- Before the first id of a statement is taken. Its transaction has a number already, for it wrote what fired the trigger.
CREATE FUNCTION marketing.choose_announcement() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    PERFORM set_config('outreach.deferring',
        CASE WHEN (SELECT deferring_until > clock_timestamp() FROM marketing.event_relay) THEN 'on' ELSE '' END, TRUE);
    RETURN NULL;
END
$$;
-- Events that people and workflows insert by themselves are not announced, as ever.
CREATE TRIGGER choose_announcement BEFORE INSERT ON marketing.pipeline_events
    FOR EACH STATEMENT WHEN (pg_trigger_depth() > 0) EXECUTE FUNCTION marketing.choose_announcement();

-- As before, unless the relay does it.
CREATE OR REPLACE FUNCTION marketing.ring_pipeline_event(event_id BIGINT, source TEXT, event_type TEXT, payload JSONB, at TIMESTAMPTZ)
RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
    head TEXT;
    body TEXT;
BEGIN
    IF current_setting('outreach.deferring', TRUE) = 'on' THEN
        RETURN FALSE;
    END IF;
    head := concat('{"event_id": ', event_id, ', "table": ', coalesce(to_json(source)::TEXT, 'null'),
                   ', "event_type": ', to_json(event_type), ', "timestamp": ', to_json(at), ', "payload": ');
    body := concat(head, payload, '}');
    IF octet_length(body) > 7900 THEN
        body := concat(head, jsonb_build_object('record_id', payload -> 'record_id', 'id', payload -> 'id', 'truncated', TRUE), '}');
    END IF;
    PERFORM pg_notify('pipeline_event', body);
    RETURN TRUE;
END
$$;

-- Has triggers leave their notifications to the relay for the next seconds. Who calls this must call announce_events()
-- until it says that all is settled.
CREATE FUNCTION marketing.defer_announcements(seconds DOUBLE PRECISION) RETURNS VOID LANGUAGE plpgsql
SET search_path = marketing, pg_catalog AS $$
BEGIN
    -- A sweep in hand may be about to settle.
    PERFORM FROM marketing.event_relay_position FOR UPDATE;
    -- Whoever sees the new time takes an id that is higher than all that are seen here.
    UPDATE marketing.event_relay_position
    SET swept_to = coalesce(swept_to, (SELECT coalesce(max(e.id), 0) FROM marketing.pipeline_events e)), ended_at = NULL;
    UPDATE marketing.event_relay SET deferring_until = clock_timestamp() + make_interval(secs => seconds);
END
$$;

-- Announces what was deferred and is committed, each event once, at most so many new ones. Says how many events, of how
-- many transactions; whether there may be more at once; and whether all is settled, so that nobody need call again.
CREATE FUNCTION marketing.announce_events(most INT DEFAULT 5000, OUT announced INT, OUT transactions INT, OUT more BOOLEAN, OUT settled BOOLEAN)
LANGUAGE plpgsql SET search_path = marketing, pg_catalog AS $$
DECLARE
    place marketing.event_relay_position;
    finished XID8;
    up_to BIGINT;
    fresh INT8MULTIRANGE;
    present INT8MULTIRANGE;
    audible BOOLEAN := marketing.notifications_are_on();
    is_over BOOLEAN;
    rung BIGINT;
BEGIN
    announced := 0; transactions := 0; more := FALSE; settled := FALSE;
    SELECT * INTO place FROM marketing.event_relay_position FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN; -- Somebody else does it at this moment.
    END IF;
    settled := place.swept_to IS NULL;
    IF settled THEN
        RETURN;
    END IF;
    SELECT deferring_until IS NULL OR deferring_until <= clock_timestamp() INTO is_over FROM marketing.event_relay;
    -- Transactions below this number are over: the statements below see what they wrote.
    finished := pg_snapshot_xmin(pg_current_snapshot());
    SELECT max(e.id), count(*) = most INTO up_to, more FROM (
        SELECT id FROM marketing.pipeline_events WHERE id > place.swept_to ORDER BY id LIMIT most) e;
    up_to := coalesce(up_to, place.swept_to);
    fresh := int8multirange(int8range(place.swept_to, up_to, '(]'));
    SELECT coalesce(range_agg(int8range(e.id, e.id, '[]')), '{}'), count(*) FILTER (WHERE e.deferred),
           count(DISTINCT e.created_at) FILTER (WHERE e.deferred),
           count(marketing.ring_pipeline_event(e.id, e.source_table, e.event_type, e.payload, e.created_at))
               FILTER (WHERE e.deferred AND audible)
    INTO present, announced, transactions, rung
    FROM (SELECT p.* FROM unnest(place.missing + place.judged + fresh) AS span
          CROSS JOIN LATERAL (SELECT * FROM marketing.pipeline_events
                              WHERE id >= lower(span) AND id < upper(span) ORDER BY id) p) e;
    IF place.horizon IS NULL OR finished >= place.horizon THEN
        -- What is missing of the judged ones was rolled back.
        place.judged := place.missing + fresh - present;
        place.missing := '{}';
        place.horizon := pg_snapshot_xmax(pg_current_snapshot());
    ELSE
        place.judged := place.judged - present;
        place.missing := place.missing + fresh - present;
    END IF;
    IF NOT is_over THEN
        place.ended_at := NULL;
    ELSIF place.ended_at IS NULL THEN
        place.ended_at := pg_snapshot_xmax(pg_current_snapshot());
    ELSE
        settled := finished >= place.ended_at AND NOT more;
    END IF;
    IF settled THEN
        UPDATE marketing.event_relay_position
        SET swept_to = NULL, missing = '{}', judged = '{}', horizon = NULL, ended_at = NULL;
    ELSE
        UPDATE marketing.event_relay_position
        SET swept_to = up_to, missing = place.missing, judged = place.judged, horizon = place.horizon, ended_at = place.ended_at;
    END IF;
END
$$;
COMMENT ON FUNCTION marketing.announce_events(INT) IS
    'Sends the notifications that triggers left to the relay; the servers call it, and anyone may';

SELECT marketing.grant_roles();
