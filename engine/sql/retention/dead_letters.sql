-- One step through the dead letters, oldest first: deletes events that are dead for longer than they are kept, with all
-- that belongs to them. $1 is 0, because what was deleted is not found again; $2 rows, $3 the moment.
WITH doomed AS MATERIALIZED (
    SELECT e.id FROM marketing.pipeline_events e
    WHERE e.id = ANY (ARRAY(
              SELECT d.event_id FROM marketing.dead_letters d JOIN marketing.pipeline_events p ON p.id = d.event_id
              WHERE d.moved_at < $3 AND p.status = 'failed' AND p.id > $1 ORDER BY d.moved_at, d.event_id LIMIT $2))
      AND e.status = 'failed'
    FOR UPDATE SKIP LOCKED
), deleted AS (
    DELETE FROM marketing.pipeline_events WHERE id = ANY (ARRAY(SELECT id FROM doomed)) RETURNING id
), ok_runs AS (
    DELETE FROM marketing.workflow_stats
    WHERE event_id = ANY (ARRAY(SELECT id FROM doomed)) AND event_id IS NOT NULL AND status = 'ok' RETURNING 1
), other_runs AS (
    DELETE FROM marketing.workflow_stats
    WHERE event_id = ANY (ARRAY(SELECT id FROM doomed)) AND event_id IS NOT NULL AND status <> 'ok' RETURNING 1
), calls AS (
    DELETE FROM marketing.external_calls
    WHERE event_id = ANY (ARRAY(SELECT id FROM doomed)) AND state <> 'unknown' RETURNING 1
), refusals AS (
    DELETE FROM marketing.refused_effects WHERE event_id = ANY (ARRAY(SELECT id FROM doomed)) RETURNING 1
)
SELECT 0::BIGINT AS last_id,
       (SELECT count(*) FROM deleted) = 0 AS done,
       jsonb_build_object(
           'events', (SELECT count(*) FROM deleted),
           'runs', (SELECT count(*) FROM ok_runs) + (SELECT count(*) FROM other_runs),
           'external_calls', (SELECT count(*) FROM calls),
           'refused_effects', (SELECT count(*) FROM refusals)) AS deleted
