-- One step through the errors from the lowest id: deletes what is resolved for longer than it is kept.
-- Parameters and the way as for events.
WITH walked AS MATERIALIZED (
    SELECT id, created_at FROM marketing.pipeline_errors WHERE id > $1 ORDER BY id LIMIT $2
), doomed AS MATERIALIZED (
    SELECT e.id FROM marketing.pipeline_errors e
    WHERE e.id = ANY (ARRAY(SELECT id FROM walked WHERE created_at < $3))
      AND e.resolved AND coalesce(e.resolved_at, e.created_at) < $3
    FOR UPDATE SKIP LOCKED
), deleted AS (
    DELETE FROM marketing.pipeline_errors WHERE id = ANY (ARRAY(SELECT id FROM doomed)) RETURNING id
)
SELECT (SELECT max(id)::BIGINT FROM walked) AS last_id,
       coalesce((SELECT bool_and(created_at >= $3) FROM walked), TRUE) AS done,
       jsonb_build_object('errors', (SELECT count(*) FROM deleted)) AS deleted
