-- Programs outside get the events of the pipeline by HTTP: who wants which, and what became of each delivery.
CREATE TABLE app.webhooks (
    id              BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name            TEXT NOT NULL CHECK (name = btrim(name) AND length(name) BETWEEN 1 AND 60),
    -- May hold a token, so that pages see only a part of it.
    url             TEXT NOT NULL CHECK (length(url) BETWEEN 1 AND 2000),
    -- NULL is all of them.
    event_types     TEXT[] CHECK (cardinality(event_types) BETWEEN 1 AND 50),
    -- Signing needs it as it is. Only the statement that delivers reads it.
    secret          TEXT NOT NULL CHECK (length(secret) = 64),
    secret_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
    enabled         BOOLEAN NOT NULL DEFAULT TRUE,
    -- Why nothing is sent although nobody said so: its events wait.
    paused_reason   TEXT,
    -- The receiver asked to be left alone until then.
    rest_until      TIMESTAMPTZ,
    created_by      TEXT NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- Noted at most once a second.
    last_success_at TIMESTAMPTZ,
    last_failure_at TIMESTAMPTZ,
    last_error      TEXT,
    dead_in_a_row   INT NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX webhooks_name ON app.webhooks (lower(name));

-- An event on its way to a webhook. No reference to the event, which goes with its own age.
CREATE TABLE app.webhook_deliveries (
    webhook_id      BIGINT NOT NULL REFERENCES app.webhooks ON DELETE CASCADE,
    event_id        BIGINT NOT NULL,
    event_type      TEXT NOT NULL,
    made_at         TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- Failed is tried again, dead is not.
    status          TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'failed', 'delivered', 'dead')),
    attempts        INT NOT NULL DEFAULT 0,
    next_attempt_at TIMESTAMPTZ,
    tried_at        TIMESTAMPTZ,
    http_status     INT,
    duration_ms     INT,
    error           TEXT,
    -- The beginning of the answer's body.
    answer          TEXT CHECK (octet_length(answer) <= 1024),
    PRIMARY KEY (webhook_id, event_id)
);
-- For the list of a status, and for what was never tried, in the order of events.
CREATE INDEX webhook_deliveries_status ON app.webhook_deliveries (webhook_id, status, event_id);
CREATE INDEX webhook_deliveries_again ON app.webhook_deliveries (webhook_id, next_attempt_at) WHERE status = 'failed';
-- Each row is written twice or more within minutes.
ALTER TABLE app.webhook_deliveries SET (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05);

-- How far the events were handed out to the webhooks, as in marketing.event_relay_position, and who does it.
CREATE TABLE app.webhook_position (
    id        BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (id),
    -- NULL while no webhook is on: events are not looked at then.
    handed_to BIGINT,
    missing   INT8MULTIRANGE NOT NULL DEFAULT '{}',
    judged    INT8MULTIRANGE NOT NULL DEFAULT '{}',
    horizon   XID8,
    -- One process delivers at a time, as long as it beats.
    runner    TEXT,
    beat_at   TIMESTAMPTZ
);
INSERT INTO app.webhook_position DEFAULT VALUES;

-- What can be sent at this moment.
CREATE VIEW app.webhooks_due AS
SELECT w.id FROM app.webhooks w
WHERE w.enabled AND w.paused_reason IS NULL AND (w.rest_until IS NULL OR w.rest_until <= now())
  AND (EXISTS (SELECT FROM app.webhook_deliveries d WHERE d.webhook_id = w.id AND d.status = 'pending')
       OR EXISTS (SELECT FROM app.webhook_deliveries d
                  WHERE d.webhook_id = w.id AND d.status = 'failed' AND d.next_attempt_at <= now()));

-- The ids that are missing behind a position, after a look at `fresh` ids and all that were missing, which found `present`.
-- Transactions below `finished` were over before the look. For whoever goes through the events by id.
CREATE FUNCTION marketing.track_missing(INOUT missing INT8MULTIRANGE, INOUT judged INT8MULTIRANGE, INOUT horizon XID8,
                                        fresh INT8MULTIRANGE, present INT8MULTIRANGE, finished XID8)
LANGUAGE plpgsql AS $$
BEGIN
    IF horizon IS NULL OR finished >= horizon THEN
        -- What is missing of the judged ones was rolled back. The fresh ones are judged after the next look: a statement
        -- takes an id a moment before its transaction gets its number, where it was not given one before.
        judged := missing - present;
        missing := fresh - present;
        horizon := pg_snapshot_xmax(pg_current_snapshot());
    ELSE
        judged := judged - present;
        missing := missing + fresh - present;
    END IF;
END
$$;

-- As before, with the missing ids left to track_missing.
CREATE OR REPLACE FUNCTION marketing.announce_events(most INT DEFAULT 5000, OUT announced INT, OUT transactions INT, OUT more BOOLEAN, OUT settled BOOLEAN)
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
    SELECT t.missing, t.judged, t.horizon INTO place.missing, place.judged, place.horizon
    FROM marketing.track_missing(place.missing, place.judged, place.horizon, fresh, present, finished) t;
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

-- Makes the deliveries of the next committed events, at most so many new ones, and says whether there may be more at once.
-- The caller has locked the position, or this waits for whoever has.
CREATE FUNCTION app.hand_out_events(most INT, OUT more BOOLEAN)
LANGUAGE plpgsql SET search_path = app, marketing, pg_catalog AS $$
DECLARE
    place app.webhook_position;
    finished XID8;
    up_to BIGINT;
    fresh INT8MULTIRANGE;
    present INT8MULTIRANGE;
BEGIN
    more := FALSE;
    SELECT * INTO place FROM app.webhook_position FOR UPDATE;
    IF place.handed_to IS NULL THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM app.webhooks WHERE enabled) THEN
        UPDATE app.webhook_position SET handed_to = NULL, missing = '{}', judged = '{}', horizon = NULL;
        RETURN;
    END IF;
    -- Transactions below this number are over: the statements below see what they wrote.
    finished := pg_snapshot_xmin(pg_current_snapshot());
    SELECT max(e.id), count(*) = most INTO up_to, more FROM (
        SELECT id FROM marketing.pipeline_events WHERE id > place.handed_to ORDER BY id LIMIT most) e;
    up_to := coalesce(up_to, place.handed_to);
    fresh := int8multirange(int8range(place.handed_to, up_to, '(]'));
    IF isempty(place.missing + place.judged + fresh) THEN
        RETURN;
    END IF;
    WITH seen AS MATERIALIZED (
        SELECT e.id, e.event_type FROM unnest(place.missing + place.judged + fresh) AS span
        CROSS JOIN LATERAL (SELECT p.id, p.event_type FROM marketing.pipeline_events p
                            WHERE p.id >= lower(span) AND p.id < upper(span) ORDER BY p.id) e
    ), made AS (
        INSERT INTO app.webhook_deliveries (webhook_id, event_id, event_type)
        SELECT w.id, s.id, s.event_type FROM app.webhooks w
        JOIN seen s ON w.event_types IS NULL OR s.event_type = ANY (w.event_types)
        WHERE w.enabled
        ON CONFLICT DO NOTHING
    )
    SELECT coalesce(range_agg(int8range(s.id, s.id, '[]')), '{}') INTO present FROM seen s;
    SELECT t.missing, t.judged, t.horizon INTO place.missing, place.judged, place.horizon
    FROM marketing.track_missing(place.missing, place.judged, place.horizon, fresh, present, finished) t;
    UPDATE app.webhook_position
    SET handed_to = up_to, missing = place.missing, judged = place.judged, horizon = place.horizon;
END
$$;

-- Has what is committed from now on handed out, to a webhook that the caller's transaction switches on; the others get
-- first what was committed before, so that this one does not. Where no other is on, the ids that are missing among the
-- last hundred thousand may still be committed.
CREATE FUNCTION app.follow_events() RETURNS VOID
LANGUAGE plpgsql SET search_path = app, marketing, pg_catalog AS $$
DECLARE
    newest BIGINT;
    gaps INT8MULTIRANGE;
    handing BOOLEAN := TRUE;
BEGIN
    PERFORM FROM app.webhook_position FOR UPDATE;
    WHILE handing LOOP
        SELECT more INTO handing FROM app.hand_out_events(5000);
    END LOOP;
    IF EXISTS (SELECT FROM app.webhook_position WHERE handed_to IS NULL) THEN
        SELECT coalesce(max(p.id), 0) INTO newest FROM marketing.pipeline_events p;
        SELECT int8multirange(int8range(newest - 100000, newest, '(]')) - coalesce(range_agg(int8range(e.id, e.id, '[]')), '{}')
        INTO gaps
        FROM marketing.pipeline_events e WHERE e.id > newest - 100000 AND e.id <= newest;
        UPDATE app.webhook_position SET handed_to = newest, missing = gaps, judged = '{}', horizon = NULL;
    END IF;
END
$$;

-- One turn of the process that delivers: whether it is that, whether any webhook is on, whether more events may wait to be
-- handed out, and which webhooks have something to be sent.
CREATE FUNCTION app.turn_webhooks(process TEXT, lease DOUBLE PRECISION, most INT, OUT mine BOOLEAN, OUT following BOOLEAN,
                                  OUT more BOOLEAN, OUT due BIGINT[])
LANGUAGE plpgsql SET search_path = app, marketing, pg_catalog AS $$
DECLARE
    place app.webhook_position;
BEGIN
    following := FALSE; more := FALSE; due := '{}';
    SELECT * INTO place FROM app.webhook_position FOR UPDATE;
    mine := place.runner IS NULL OR place.runner = process
            OR place.beat_at < clock_timestamp() - make_interval(secs => lease);
    IF NOT mine THEN
        RETURN;
    END IF;
    IF place.runner IS DISTINCT FROM process OR place.beat_at < clock_timestamp() - make_interval(secs => lease / 5) THEN
        UPDATE app.webhook_position SET runner = process, beat_at = clock_timestamp();
    END IF;
    SELECT h.more INTO more FROM app.hand_out_events(most) h;
    SELECT handed_to IS NOT NULL INTO following FROM app.webhook_position;
    due := ARRAY(SELECT id FROM app.webhooks_due);
END
$$;

ALTER TABLE marketing.retention_settings DROP CONSTRAINT retention_settings_what_check;
ALTER TABLE marketing.retention_settings ADD CONSTRAINT retention_settings_what_check
    CHECK (what IN ('events', 'errors', 'dead_letters', 'runs', 'audit', 'schedule_runs', 'action_items', 'webhook_deliveries'));
INSERT INTO marketing.retention_settings (what, keep_days) VALUES ('webhook_deliveries', 30);
INSERT INTO marketing.schedules (name, title, cron, job) VALUES
    ('prune_webhook_deliveries', 'Delete old deliveries to webhooks', '55 3 * * *', 'prune_webhook_deliveries');

SELECT marketing.grant_roles();
SELECT marketing.note_bodies();
