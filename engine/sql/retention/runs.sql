-- One step through the runs from the lowest id: deletes old ones of no event, or of an event that is gone.
-- The attempts of an event live as long as the event. Parameters and the way as for events.
WITH walked AS MATERIALIZED (
    SELECT id, created_at, event_id FROM marketing.workflow_stats WHERE id > $1 ORDER BY id LIMIT $2
), deleted AS (
    DELETE FROM marketing.workflow_stats
    WHERE id = ANY (ARRAY(
        SELECT w.id FROM walked w
        WHERE w.created_at < $3
          -- As a value, which is looked up by key for each run; NOT EXISTS beside an OR reads the whole queue.
          AND (SELECT e.id FROM marketing.pipeline_events e WHERE e.id = w.event_id) IS NULL))
    RETURNING id
)
SELECT (SELECT max(id) FROM walked) AS last_id,
       coalesce((SELECT bool_and(created_at >= $3) FROM walked), TRUE) AS done,
       jsonb_build_object('runs', (SELECT count(*) FROM deleted)) AS deleted
