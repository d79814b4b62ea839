-- Work by the clock: what runs when, how each run ended, how long things are kept, and queue tables that do not bloat.

-- One row a schedule. Any process may run it: whoever locks the row takes the tick, holds it while its heart beats, and
-- moves next_run_at on, so that ticks missed while nothing ran are made up for once.
CREATE TABLE marketing.schedules (
    name             TEXT PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    title            TEXT NOT NULL,
    -- Five fields: minute, hour, day of the month, month, day of the week.
    cron             TEXT NOT NULL,
    zone             TEXT NOT NULL DEFAULT 'UTC',
    job              TEXT NOT NULL,
    params           JSONB NOT NULL DEFAULT '{}',
    paused           BOOLEAN NOT NULL DEFAULT FALSE,
    pause_reason     TEXT,
    paused_by        TEXT,
    paused_at        TIMESTAMPTZ,
    -- NULL until a runner has worked it out from cron.
    next_run_at      TIMESTAMPTZ,
    last_run_at      TIMESTAMPTZ,
    last_status      TEXT CHECK (last_status IN ('ok', 'failed', 'stopped', 'lost')),
    last_result      JSONB,
    last_duration_ms BIGINT,
    run_requested_at TIMESTAMPTZ,
    run_requested_by TEXT,
    -- Who runs it now, which run that is, and when it last said so.
    leased_by        TEXT,
    leased_run       BIGINT,
    lease_beat_at    TIMESTAMPTZ,
    updated_by       TEXT,
    updated_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
    CHECK (paused = (paused_at IS NOT NULL)),
    CHECK ((leased_by IS NULL) = (lease_beat_at IS NULL))
) WITH (fillfactor = 50);

CREATE TABLE marketing.schedule_runs (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name         TEXT NOT NULL REFERENCES marketing.schedules ON DELETE CASCADE,
    due_at       TIMESTAMPTZ NOT NULL,
    started_at   TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    finished_at  TIMESTAMPTZ,
    status       TEXT NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'ok', 'failed', 'stopped', 'lost')),
    result       JSONB,
    error        TEXT,
    -- 'schedule', or the name of the person who asked for it.
    triggered_by TEXT NOT NULL DEFAULT 'schedule',
    runner       TEXT NOT NULL,
    -- One tick is one run, however many processes there are.
    UNIQUE (name, due_at)
);

-- How long what is kept. NULL and 0 are for ever.
CREATE TABLE marketing.retention_settings (
    what       TEXT PRIMARY KEY
               CHECK (what IN ('events', 'errors', 'dead_letters', 'runs', 'audit', 'schedule_runs')),
    keep_days  INT CHECK (keep_days BETWEEN 0 AND 36500),
    updated_by TEXT,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
INSERT INTO marketing.retention_settings (what, keep_days) VALUES
    ('events', 30), ('errors', 90), ('dead_letters', 180), ('runs', 90), ('audit', 400), ('schedule_runs', 90);

-- At night and one after the other: events first, because their runs go with them.
INSERT INTO marketing.schedules (name, title, cron, job) VALUES
    ('prune_events', 'Delete old processed and cancelled events', '10 3 * * *', 'prune_events'),
    ('prune_dead_letters', 'Delete old dead letters', '25 3 * * *', 'prune_dead_letters'),
    ('prune_errors', 'Delete old resolved errors', '30 3 * * *', 'prune_errors'),
    ('prune_runs', 'Delete old runs of workflows', '35 3 * * *', 'prune_runs'),
    ('prune_audit', 'Delete old entries of the audit log', '40 3 * * *', 'prune_audit'),
    ('prune_schedule_runs', 'Delete old runs of schedules', '45 3 * * *', 'prune_schedule_runs'),
    ('vacuum_queue', 'Give back the space of what was deleted', '0 4 * * *', 'vacuum_queue');

-- The queue's rows are written once and change their status once or twice. No such change can be a heap-only update,
-- because indexes name the status, so room left on the pages would be wasted: fillfactor stays 100. What counts is that
-- vacuum comes after a fixed number of dead rows, not after a share of ten million, and is not slowed down half-way.
ALTER TABLE marketing.pipeline_events SET (
    autovacuum_vacuum_scale_factor = 0.005, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_limit = 2000,
    autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
-- One row a worker, written each second and never in an indexed column: with room on its page the new version stays
-- there, no index is written, and the next reader clears the old one away.
ALTER TABLE marketing.pipeline_workers SET (fillfactor = 30, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
-- The same for settings, of which next_batch_at moves with every batch that is held back.
ALTER TABLE marketing.stage_settings SET (fillfactor = 30, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
-- Emptied every two seconds and read by every page: its dead rows must go without delay.
ALTER TABLE marketing.rollup_deltas SET (autovacuum_vacuum_cost_delay = 0);
-- The buckets of today are written every two seconds; their key is not.
ALTER TABLE marketing.rollups SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

SELECT marketing.grant_roles();
