-- Events that n8n or a person set to processing carry no lease of ours: no worker takes them, and no heartbeat frees
-- them when the workflow dies. This hands them back after a time that no workflow needs: half an hour, the age at which
-- the queue calls an event critical; the slowest call that workflows make is given up after two minutes.
--
-- The time runs from the first call that sees the event (locked_at), because nobody wrote down when it was taken; call
-- it about once a minute. Whoever takes an event may set locked_at, also to a later time to keep it for longer.
-- Not counted as an attempt: nothing is known to have failed.
CREATE FUNCTION marketing.reclaim_unleased_events(patience INTERVAL DEFAULT INTERVAL '30 minutes') RETURNS BIGINT
LANGUAGE sql AS $$
    WITH seen AS (
        UPDATE marketing.pipeline_events SET locked_at = clock_timestamp()
        WHERE id = ANY (ARRAY(
            SELECT id FROM marketing.pipeline_events
            WHERE status = 'processing' AND locked_by IS NULL AND locked_at IS NULL
            FOR UPDATE SKIP LOCKED))
    ), reclaimed AS (
        UPDATE marketing.pipeline_events
        SET status = 'pending', locked_at = NULL, next_attempt_at = now(),
            error_message = format('Handed back: in processing for %s without a worker', patience)
        WHERE id = ANY (ARRAY(
            SELECT id FROM marketing.pipeline_events
            WHERE status = 'processing' AND locked_by IS NULL AND locked_at < clock_timestamp() - patience
            FOR UPDATE SKIP LOCKED))
        RETURNING 1
    )
    SELECT count(*) FROM reclaimed
$$;
COMMENT ON FUNCTION marketing.reclaim_unleased_events(INTERVAL) IS
    'Hands back events that are in processing without a worker for longer than the given time; returns how many';

SELECT marketing.grant_roles();
