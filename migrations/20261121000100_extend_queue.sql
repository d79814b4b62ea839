-- What an operator can do with an event beside retrying it, and what the queue remembers of each attempt.

-- Cancelled: a person said that it shall not be done. The four states that people know keep their meaning.
ALTER TABLE marketing.pipeline_events DROP CONSTRAINT pipeline_events_status_check;
ALTER TABLE marketing.pipeline_events ADD CONSTRAINT pipeline_events_status_check
    CHECK (status IN ('pending', 'processing', 'processed', 'failed', 'cancelled'));
-- The event that this one repeats, with another payload or from a stage on. Without a foreign key: the old one may be
-- deleted when its time has come.
ALTER TABLE marketing.pipeline_events ADD COLUMN repeats_id BIGINT;
CREATE INDEX pipeline_events_repeats ON marketing.pipeline_events (repeats_id) WHERE repeats_id IS NOT NULL;
CREATE INDEX pipeline_events_open_batch ON marketing.pipeline_events (batch_id, event_type) WHERE status <> 'processed';

-- Failed events that nothing will try again by itself. The event stays where it is, as failed; this says why, and
-- since when. A retry takes it out.
CREATE TABLE marketing.dead_letters (
    event_id  BIGINT PRIMARY KEY REFERENCES marketing.pipeline_events ON DELETE CASCADE,
    kind      TEXT NOT NULL CHECK (kind IN ('attempts', 'permanent', 'unknown_outcome', 'person')),
    reason    TEXT NOT NULL,
    moved_by  TEXT NOT NULL,
    moved_at  TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX dead_letters_moved ON marketing.dead_letters (moved_at, event_id);

INSERT INTO marketing.dead_letters (event_id, kind, reason, moved_by, moved_at)
SELECT id, 'attempts', coalesce(error_message, 'failed before dead letters were kept'), 'migration', coalesce(processed_at, now())
FROM marketing.pipeline_events WHERE status = 'failed';

-- Each attempt of an event is one run: which one, by which worker, and when the next is due.
ALTER TABLE marketing.workflow_stats
    ADD COLUMN attempt INT, ADD COLUMN worker_id TEXT, ADD COLUMN next_attempt_at TIMESTAMPTZ;

-- The effect key: a stage's effects on the database are committed together with its run that is ok, and of these there is
-- one an event. Whoever comes second is refused here, with all that it wrote.
-- Events that were set back by hand may have two from before: the older one keeps its event in metadata.
UPDATE marketing.workflow_stats w
SET event_id = NULL, metadata = coalesce(w.metadata, '{}') || jsonb_build_object('event_id', w.event_id)
WHERE w.status = 'ok' AND w.event_id IS NOT NULL
  AND EXISTS (SELECT FROM marketing.workflow_stats n WHERE n.event_id = w.event_id AND n.status = 'ok' AND n.id > w.id);
DROP INDEX marketing.workflow_stats_event;
CREATE UNIQUE INDEX workflow_stats_effect ON marketing.workflow_stats (event_id) WHERE status = 'ok' AND event_id IS NOT NULL;
CREATE INDEX workflow_stats_attempts ON marketing.workflow_stats (event_id) WHERE status <> 'ok' AND event_id IS NOT NULL;

-- Second effects that the key refused.
CREATE TABLE marketing.refused_effects (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id   BIGINT NOT NULL,
    stage      TEXT NOT NULL,
    worker_id  TEXT NOT NULL,
    refused_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX refused_effects_event ON marketing.refused_effects (event_id);

-- So that a person finds the process that a worker runs in.
ALTER TABLE marketing.pipeline_workers ADD COLUMN host TEXT, ADD COLUMN pid BIGINT;

-- What a stage is told while it runs. NULL is the stage's own default.
CREATE TABLE marketing.stage_settings (
    stage           TEXT PRIMARY KEY,
    paused          BOOLEAN NOT NULL DEFAULT FALSE,
    pause_reason    TEXT,
    paused_by       TEXT,
    paused_at       TIMESTAMPTZ,
    concurrency     INT CHECK (concurrency BETWEEN 1 AND 256),
    batch_size      INT CHECK (batch_size BETWEEN 1 AND 2000),
    min_delay_ms    INT CHECK (min_delay_ms BETWEEN 0 AND 3600000),
    attempts        INT CHECK (attempts BETWEEN 1 AND 100),
    backoff_base_ms INT CHECK (backoff_base_ms BETWEEN 10 AND 3600000),
    backoff_cap_ms  INT CHECK (backoff_cap_ms BETWEEN 10 AND 86400000),
    time_out_ms     INT CHECK (time_out_ms BETWEEN 100 AND 3600000),
    -- Not before this moment does any worker take another batch; kept here because workers are many.
    next_batch_at   TIMESTAMPTZ NOT NULL DEFAULT '-infinity',
    updated_by      TEXT,
    updated_at      TIMESTAMPTZ NOT NULL DEFAULT now(),
    CHECK (paused = (paused_at IS NOT NULL))
);
INSERT INTO marketing.stage_settings (stage) VALUES ('validate'), ('promote'), ('slots'), ('enrich'), ('verify');

-- A paused batch: its events are put aside (next_attempt_at = 'infinity') as they come up, and due again when it goes on.
CREATE TABLE marketing.batch_pauses (
    batch_id  TEXT PRIMARY KEY,
    reason    TEXT NOT NULL,
    paused_by TEXT NOT NULL,
    paused_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE FUNCTION marketing.on_settings_change() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    PERFORM pg_notify('settings_event', TG_TABLE_NAME);
    RETURN NULL;
END
$$;
-- Not next_batch_at, which moves with every batch of a stage that is held back.
CREATE TRIGGER tell_settings AFTER INSERT OR DELETE OR UPDATE OF paused, concurrency, batch_size, min_delay_ms, attempts,
        backoff_base_ms, backoff_cap_ms, time_out_ms ON marketing.stage_settings
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_settings_change();
CREATE TRIGGER tell_settings AFTER INSERT OR DELETE OR UPDATE ON marketing.batch_pauses
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_settings_change();

-- Calls to the world outside that must not be made twice: the intent is committed before the call, the outcome after.
-- Where no outcome was written, nobody knows whether it happened, and a person decides.
CREATE TABLE marketing.external_calls (
    idempotency_key TEXT PRIMARY KEY,
    event_id        BIGINT NOT NULL,
    stage           TEXT NOT NULL,
    state           TEXT NOT NULL DEFAULT 'intended' CHECK (state IN ('intended', 'done', 'failed', 'unknown')),
    worker_id       TEXT NOT NULL,
    attempt         INT NOT NULL,
    intended_at     TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    outcome_at      TIMESTAMPTZ,
    message         TEXT
);
CREATE INDEX external_calls_event ON marketing.external_calls (event_id);
CREATE INDEX external_calls_open ON marketing.external_calls (worker_id) WHERE state IN ('intended', 'unknown');

SELECT marketing.grant_roles();
