-- One step through the runs of schedules from the lowest id: deletes old ones that have ended.
-- Parameters and the way as for events.
WITH walked AS MATERIALIZED (
    SELECT id, started_at, status FROM marketing.schedule_runs WHERE id > $1 ORDER BY id LIMIT $2
), deleted AS (
    DELETE FROM marketing.schedule_runs
    WHERE id = ANY (ARRAY(SELECT id FROM walked WHERE started_at < $3 AND status <> 'running'))
    RETURNING id
)
SELECT (SELECT max(id) FROM walked) AS last_id,
       coalesce((SELECT bool_and(started_at >= $3) FROM walked), TRUE) AS done,
       jsonb_build_object('schedule_runs', (SELECT count(*) FROM deleted)) AS deleted
