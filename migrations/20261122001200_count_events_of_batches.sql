-- How far a batch is, stage by stage, is shown while it runs. A batch of 100,000 companies has a million events, so they are
-- counted as they change, like the others: metric batch, of which phase is the batch, label the type and detail the status.

LOCK TABLE marketing.pipeline_events IN SHARE ROW EXCLUSIVE MODE;

-- Both counts come from one statement, which looks at each changed row once. A batch with a name of more than 500 bytes is
-- not counted: the name becomes a part of the rollups' key, and a key has a limit.
DO $$
DECLARE
    columns TEXT := $columns$date_trunc('day', created_at, 'UTC') AS day, event_type AS label, status AS detail,
        CASE WHEN octet_length(batch_id) <= 500 THEN batch_id END AS batch,
        CASE WHEN status = 'processed' THEN date_part('epoch', processed_at - created_at) END AS seconds$columns$;
    operation TEXT;
    source TEXT;
BEGIN
    FOR operation, source IN VALUES
        ('insert', format('SELECT 1 AS sign, %s FROM new_rows', columns)),
        ('update', format('SELECT 1 AS sign, %1$s FROM new_rows UNION ALL SELECT -1, %1$s FROM old_rows', columns)),
        ('delete', format('SELECT -1 AS sign, %s FROM old_rows', columns))
    LOOP
        EXECUTE format($make$
            CREATE OR REPLACE FUNCTION marketing.%I() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = marketing, intake, pg_catalog SET enable_sort = off AS $body$
            BEGIN
                INSERT INTO marketing.rollup_deltas (metric, bucket, phase, label, detail, n, timed, seconds)
                SELECT k.metric, k.bucket, k.phase, changed.label, changed.detail, sum(sign),
                       coalesce(sum(sign) FILTER (WHERE k.seconds IS NOT NULL), 0), coalesce(sum(sign * k.seconds), 0)
                FROM (%s) AS changed
                CROSS JOIN LATERAL (VALUES ('event', changed.day, '', changed.seconds),
                                           ('batch', '-infinity', changed.batch, NULL)) AS k (metric, bucket, phase, seconds)
                WHERE k.phase IS NOT NULL
                GROUP BY k.metric, k.bucket, k.phase, changed.label, changed.detail
                HAVING sum(sign) <> 0 OR coalesce(sum(sign * k.seconds), 0) <> 0;
                RETURN NULL;
            END
            $body$ $make$, 'count_event_' || operation, source);
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION marketing.count_event_truncate() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, intake, pg_catalog AS $$
BEGIN
    DELETE FROM marketing.rollups WHERE metric IN ('event', 'batch');
    DELETE FROM marketing.rollup_deltas WHERE metric IN ('event', 'batch');
    RETURN NULL;
END
$$;

INSERT INTO marketing.rollups (metric, bucket, phase, label, detail, n, timed, seconds)
SELECT 'batch', '-infinity', batch_id, event_type, status, count(*), 0, 0
FROM marketing.pipeline_events WHERE octet_length(batch_id) <= 500 GROUP BY 3, 4, 5;

SELECT marketing.note_bodies();
