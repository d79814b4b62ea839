-- Acts of people: what a bulk action was told, how far it is, what it touched; and the log of every act.

-- A bulk action is a row: any process continues it after its cursor. Those of before were done at once.
ALTER TABLE marketing.pipeline_actions
    ADD COLUMN kind TEXT NOT NULL DEFAULT 'process_now'
        CHECK (kind IN ('process_now', 'retry', 'cancel', 'requeue', 'dead_letter', 'release', 'purge', 'undo', 'replay')),
    -- Which events: {"ids": [1, 2]}, {"matching": {…}} or {"dead_letters": {…}}.
    ADD COLUMN selection JSONB,
    ADD COLUMN params JSONB,
    ADD COLUMN reason TEXT,
    ADD COLUMN state TEXT NOT NULL DEFAULT 'done' CHECK (state IN ('running', 'done', 'cancelled', 'failed')),
    ADD COLUMN requested_by_id BIGINT,
    ADD COLUMN origin TEXT NOT NULL DEFAULT 'system',
    -- No event after this id: an action takes what its preview counted.
    ADD COLUMN up_to BIGINT,
    -- The last event that was looked at.
    ADD COLUMN cursor BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN done BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN skipped BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN cancel_requested_by TEXT,
    ADD COLUMN cancel_requested_at TIMESTAMPTZ,
    -- Not before this moment does any process look at a running action: a replay waits for its events.
    ADD COLUMN due_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    ADD COLUMN started_at TIMESTAMPTZ,
    ADD COLUMN finished_at TIMESTAMPTZ,
    ADD COLUMN error TEXT,
    ADD COLUMN undo_of BIGINT REFERENCES marketing.pipeline_actions,
    ADD COLUMN undone_by BIGINT REFERENCES marketing.pipeline_actions;
UPDATE marketing.pipeline_actions
SET kind = CASE WHEN title LIKE 'Retry%' THEN 'retry' ELSE kind END, done = total,
    started_at = created_at, finished_at = created_at;
CREATE INDEX pipeline_actions_running ON marketing.pipeline_actions (due_at, id) WHERE state = 'running';

-- Each event that an action changed, as it was and as the action left it. Without a foreign key to the event: a purge
-- deletes it, and retention may. The key refuses a second change by the same action.
CREATE TABLE marketing.pipeline_action_items (
    action_id BIGINT NOT NULL REFERENCES marketing.pipeline_actions ON DELETE CASCADE,
    event_id  BIGINT NOT NULL,
    before    JSONB NOT NULL,
    after     JSONB,
    PRIMARY KEY (action_id, event_id)
);

-- Who did what, when and from where. Rows are added in the transaction of the act, and stay as they are.
CREATE TABLE marketing.audit_log (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    actor       TEXT NOT NULL,
    -- The user's id; 0 for the command line and the system.
    actor_id    BIGINT NOT NULL,
    -- A web address, 'cli' or 'system'.
    origin      TEXT NOT NULL,
    action      TEXT NOT NULL,
    target_kind TEXT NOT NULL,
    target      TEXT NOT NULL,
    before      JSONB,
    after       JSONB,
    details     JSONB
);
CREATE INDEX audit_log_at ON marketing.audit_log (at, id);
CREATE INDEX audit_log_actor ON marketing.audit_log (actor, at, id);
CREATE INDEX audit_log_action ON marketing.audit_log (action, at, id);
CREATE INDEX audit_log_target ON marketing.audit_log (target_kind, target, at, id);

-- One statement trigger for all three: TRUNCATE knows no rows.
CREATE FUNCTION marketing.keep_audit_log() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('outreach.audit_retention', TRUE) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'marketing.audit_log is append-only: % is refused', TG_OP
        USING ERRCODE = 'insufficient_privilege', HINT = 'Old rows are removed by marketing.expire_audit_log(INTERVAL, INT)';
END
$$;
CREATE TRIGGER keep_audit_log BEFORE UPDATE OR DELETE OR TRUNCATE ON marketing.audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.keep_audit_log();

-- The one way out of the log: rows older than the given time, at most so many at once. Returns how many went. The
-- setting is made in the body, for only a superuser may attach one like it to a function; it is taken back at the end.
CREATE FUNCTION marketing.expire_audit_log(older_than INTERVAL, at_most INT DEFAULT 5000) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    gone BIGINT;
BEGIN
    PERFORM set_config('outreach.audit_retention', 'on', TRUE);
    DELETE FROM marketing.audit_log
    WHERE id = ANY (ARRAY(SELECT id FROM marketing.audit_log WHERE at < now() - older_than ORDER BY at, id LIMIT at_most));
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('outreach.audit_retention', 'off', TRUE);
    RETURN gone;
END
$$;

SELECT marketing.grant_roles();
