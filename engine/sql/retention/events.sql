-- One step through the queue from its lowest id: deletes what is done for longer than it is kept, with its runs.
-- $1 the last id of the step before, $2 rows to look at, $3 the moment before which what was done may go.
--
-- Walked by key, because ids rise with time: no index on processed_at is needed, which every acknowledgement would pay
-- for. A step that holds only rows made after the moment is the last: nothing is processed before it is made.
WITH walked AS MATERIALIZED (
    SELECT id, created_at FROM marketing.pipeline_events WHERE id > $1 ORDER BY id LIMIT $2
), doomed AS MATERIALIZED (
    -- Asked again of the locked row: somebody may have set it back in between. Who holds a row keeps it until tomorrow.
    SELECT e.id FROM marketing.pipeline_events e
    WHERE e.id = ANY (ARRAY(SELECT id FROM walked WHERE created_at < $3))
      AND e.status IN ('processed', 'cancelled') AND coalesce(e.processed_at, e.created_at) < $3
    FOR UPDATE SKIP LOCKED
), deleted AS (
    DELETE FROM marketing.pipeline_events WHERE id = ANY (ARRAY(SELECT id FROM doomed)) RETURNING id
), ok_runs AS (
    -- In two statements, because good and other runs have an index each.
    DELETE FROM marketing.workflow_stats
    WHERE event_id = ANY (ARRAY(SELECT id FROM doomed)) AND event_id IS NOT NULL AND status = 'ok' RETURNING 1
), other_runs AS (
    DELETE FROM marketing.workflow_stats
    WHERE event_id = ANY (ARRAY(SELECT id FROM doomed)) AND event_id IS NOT NULL AND status <> 'ok' RETURNING 1
), calls AS (
    -- A call of unknown outcome waits for a person, whatever became of its event.
    DELETE FROM marketing.external_calls
    WHERE event_id = ANY (ARRAY(SELECT id FROM doomed)) AND state <> 'unknown' RETURNING 1
), refusals AS (
    DELETE FROM marketing.refused_effects WHERE event_id = ANY (ARRAY(SELECT id FROM doomed)) RETURNING 1
)
SELECT (SELECT max(id) FROM walked) AS last_id,
       coalesce((SELECT bool_and(created_at >= $3) FROM walked), TRUE) AS done,
       jsonb_build_object(
           'events', (SELECT count(*) FROM deleted),
           'runs', (SELECT count(*) FROM ok_runs) + (SELECT count(*) FROM other_runs),
           'external_calls', (SELECT count(*) FROM calls),
           'refused_effects', (SELECT count(*) FROM refusals)) AS deleted
