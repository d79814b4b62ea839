-- The queue, its errors, its workers, its actions and the statistics of its runs.

CREATE TABLE marketing.pipeline_actions (
    id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title        TEXT NOT NULL,
    requested_by TEXT NOT NULL,
    total        BIGINT NOT NULL DEFAULT 0,
    created_at   TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- A public contract: people and n8n read and write it with SQL. The columns after processed_at serve our workers.
-- A worker's lease lasts as long as its row in pipeline_workers beats; attempt is the fence against one that slept.
CREATE TABLE marketing.pipeline_events (
    id              BIGSERIAL PRIMARY KEY,
    event_type      TEXT NOT NULL,
    payload         JSONB NOT NULL,
    status          TEXT NOT NULL DEFAULT 'pending'
                    CHECK (status IN ('pending', 'processing', 'processed', 'failed')),
    error_message   TEXT,
    retry_count     INT NOT NULL DEFAULT 0,
    created_at      TIMESTAMPTZ NOT NULL DEFAULT now(),
    processed_at    TIMESTAMPTZ,
    next_attempt_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    locked_at       TIMESTAMPTZ,
    locked_by       TEXT,
    attempt         INT NOT NULL DEFAULT 0,
    max_attempts    INT,
    source_table    TEXT,
    batch_id        TEXT,
    correlation_id  UUID,
    action_id       BIGINT REFERENCES marketing.pipeline_actions
);
-- Claims read the first, ages of the queue the second; both hold only what waits.
CREATE INDEX pipeline_events_claim ON marketing.pipeline_events (event_type, next_attempt_at, id) WHERE status = 'pending';
CREATE INDEX pipeline_events_waiting ON marketing.pipeline_events (event_type, created_at) WHERE status = 'pending';
CREATE INDEX pipeline_events_leased ON marketing.pipeline_events (locked_by) WHERE status = 'processing';
CREATE INDEX pipeline_events_failed ON marketing.pipeline_events (event_type, created_at) WHERE status = 'failed';
CREATE INDEX pipeline_events_type ON marketing.pipeline_events (event_type, created_at);
CREATE INDEX pipeline_events_record ON marketing.pipeline_events ((payload ->> 'record_id'));
CREATE INDEX pipeline_events_correlation ON marketing.pipeline_events (correlation_id);
CREATE INDEX pipeline_events_action ON marketing.pipeline_events (action_id) WHERE action_id IS NOT NULL;
-- Rows here change state within seconds: vacuum early, or claims walk over the dead.
ALTER TABLE marketing.pipeline_events SET (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.05);

CREATE TABLE marketing.pipeline_workers (
    worker_id    TEXT PRIMARY KEY,
    started_at   TIMESTAMPTZ NOT NULL DEFAULT now(),
    heartbeat_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE marketing.pipeline_errors (
    id               SERIAL PRIMARY KEY,
    event_type       TEXT NOT NULL,
    record_id        TEXT,
    error_message    TEXT NOT NULL,
    error_details    JSONB,
    severity         TEXT NOT NULL DEFAULT 'error' CHECK (severity IN ('warning', 'error', 'critical')),
    resolved         BOOLEAN NOT NULL DEFAULT FALSE,
    resolved_at      TIMESTAMPTZ,
    resolved_by      TEXT,
    resolution_notes TEXT,
    created_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
    event_id         BIGINT REFERENCES marketing.pipeline_events ON DELETE SET NULL,
    retried_at       TIMESTAMPTZ,
    retried_by       TEXT
);
CREATE INDEX pipeline_errors_type ON marketing.pipeline_errors (event_type, id);
CREATE INDEX pipeline_errors_record ON marketing.pipeline_errors (record_id, id);
CREATE INDEX pipeline_errors_resolved ON marketing.pipeline_errors (resolved, created_at);
CREATE INDEX pipeline_errors_created ON marketing.pipeline_errors (created_at, id);
CREATE INDEX pipeline_errors_severity ON marketing.pipeline_errors (severity);
CREATE INDEX pipeline_errors_event ON marketing.pipeline_errors (event_id);

CREATE TABLE marketing.workflow_stats (
    id               BIGSERIAL PRIMARY KEY,
    workflow_name    TEXT NOT NULL,
    status           TEXT NOT NULL CHECK (status IN ('ok', 'error', 'timeout', 'cancelled')),
    duration_seconds NUMERIC,
    error_message    TEXT,
    triggered_by     TEXT,
    batch_id         TEXT,
    record_id        TEXT,
    metadata         JSONB,
    created_at       TIMESTAMPTZ NOT NULL DEFAULT now(),
    phase            TEXT
);
CREATE INDEX workflow_stats_name_created ON marketing.workflow_stats (workflow_name, created_at);
CREATE INDEX workflow_stats_status ON marketing.workflow_stats (status) WHERE status <> 'ok';
CREATE INDEX workflow_stats_created ON marketing.workflow_stats (created_at);
CREATE INDEX workflow_stats_batch ON marketing.workflow_stats (batch_id) WHERE batch_id IS NOT NULL;

-- The workflows that exist, so that one which does not run shows as idle, and the phase each belongs to.
CREATE TABLE marketing.workflows (
    workflow_name TEXT PRIMARY KEY,
    phase         TEXT NOT NULL CHECK (phase IN ('enrichment', 'intelligence', 'messaging', 'delivery'))
);
INSERT INTO marketing.workflows (workflow_name, phase) VALUES
    ('WF_Validate_Company', 'enrichment'),
    ('WF_Promote_Company', 'enrichment'),
    ('WF_Create_Slots', 'enrichment'),
    ('WF_Enrich_Contacts', 'enrichment'),
    ('WF_Verify_Emails', 'enrichment');
