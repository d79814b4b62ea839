-- Who resolved many errors at once may take it back: exactly those that this act resolved, and that nobody has touched since.
CREATE TABLE marketing.error_resolutions (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    resolved_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    resolved_by TEXT NOT NULL
);

-- Of the act; what was resolved elsewhere has none, or another resolved_at than the act.
ALTER TABLE marketing.pipeline_errors ADD COLUMN resolution_id BIGINT;
CREATE INDEX pipeline_errors_resolution ON marketing.pipeline_errors (resolution_id) WHERE resolution_id IS NOT NULL;

SELECT marketing.grant_roles();
