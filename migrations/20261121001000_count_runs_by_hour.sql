-- Runs are counted by the minute, so that a window may begin at any of them; a week is then up to 100,000 counts. The same
-- by the hour, as metric run_hour: a window reads the minutes of its first, partial hour, and whole hours after that.

CREATE OR REPLACE VIEW marketing.v_rollup AS
    SELECT metric, bucket, phase, label, detail, n, timed, seconds FROM marketing.rollups
    UNION ALL
    SELECT metric, bucket, phase, label, detail, n, timed, seconds FROM marketing.rollup_deltas
    UNION ALL
    SELECT 'run_hour', date_trunc('hour', bucket, 'UTC'), phase, label, detail, n, timed, seconds
    FROM marketing.rollup_deltas WHERE metric = 'run';

-- Folds the differences; returns how many there were.
CREATE OR REPLACE FUNCTION marketing.fold_rollups() RETURNS BIGINT LANGUAGE sql AS $$
    WITH moved AS (
        DELETE FROM marketing.rollup_deltas RETURNING *
    ), counted AS (
        SELECT * FROM moved
        UNION ALL
        SELECT 'run_hour', date_trunc('hour', bucket, 'UTC'), phase, label, detail, n, timed, seconds FROM moved WHERE metric = 'run'
    ), folded AS (
        INSERT INTO marketing.rollups AS r
        SELECT metric, bucket, phase, label, detail, sum(n), sum(timed), sum(seconds)
        FROM counted GROUP BY metric, bucket, phase, label, detail
        ON CONFLICT (metric, bucket, phase, label, detail) DO UPDATE
        SET n = r.n + excluded.n, timed = r.timed + excluded.timed, seconds = r.seconds + excluded.seconds
    )
    SELECT count(*) FROM moved
$$;

LOCK TABLE marketing.rollups, marketing.rollup_deltas IN SHARE ROW EXCLUSIVE MODE;
INSERT INTO marketing.rollups
SELECT 'run_hour', date_trunc('hour', bucket, 'UTC'), phase, label, detail, sum(n), sum(timed), sum(seconds)
FROM marketing.rollups WHERE metric = 'run' GROUP BY 2, 3, 4, 5;

-- As before, and a truncated table takes its hours along.
CREATE OR REPLACE FUNCTION marketing.count_rows() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, intake, pg_catalog AS $body$
DECLARE
    source TEXT;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM marketing.rollups WHERE metric IN (TG_ARGV[0], TG_ARGV[0] || '_hour');
        DELETE FROM marketing.rollup_deltas WHERE metric = TG_ARGV[0];
        RETURN NULL;
    END IF;
    source := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT 1 AS sign, * FROM new_rows'
        WHEN 'DELETE' THEN 'SELECT -1 AS sign, * FROM old_rows'
        ELSE 'SELECT 1 AS sign, * FROM new_rows UNION ALL SELECT -1 AS sign, * FROM old_rows'
    END;
    EXECUTE format($query$
        INSERT INTO marketing.rollup_deltas (metric, bucket, phase, label, detail, n, timed, seconds)
        SELECT %L, %s, %s, %s, %s, sum(sign), sum(CASE WHEN (%s) IS NULL THEN 0 ELSE sign END),
               coalesce(sum(sign * (%s)::DOUBLE PRECISION), 0)
        FROM (%s) AS changed
        GROUP BY 2, 3, 4, 5
        HAVING sum(sign) <> 0 OR coalesce(sum(sign * (%s)::DOUBLE PRECISION), 0) <> 0
    $query$, TG_ARGV[0], TG_ARGV[1], TG_ARGV[2], TG_ARGV[3], TG_ARGV[4], TG_ARGV[5], TG_ARGV[5], source, TG_ARGV[5]);
    RETURN NULL;
END
$body$;

CREATE OR REPLACE VIEW marketing.v_phase_stats AS
    WITH since AS (
        SELECT date_trunc('minute', now() - INTERVAL '24 hours', 'UTC') AS minute
    ), runs AS (
        SELECT r.* FROM marketing.v_rollup r
        WHERE r.metric = 'run' AND r.bucket >= (SELECT minute FROM since)
          AND r.bucket < (SELECT date_trunc('hour', minute + INTERVAL '59 minutes', 'UTC') FROM since)
        UNION ALL
        SELECT r.* FROM marketing.v_rollup r
        WHERE r.metric = 'run_hour' AND r.bucket >= (SELECT date_trunc('hour', minute + INTERVAL '59 minutes', 'UTC') FROM since)
    )
    SELECT p.phase,
           coalesce(sum(r.n), 0)::BIGINT AS total_runs,
           coalesce(sum(r.n) FILTER (WHERE r.detail IN ('error', 'timeout')), 0)::BIGINT AS errors,
           coalesce(round(100.0 * sum(r.n) FILTER (WHERE r.detail IN ('error', 'timeout')) / nullif(sum(r.n), 0), 2), 0) AS error_rate,
           round((sum(r.seconds) / nullif(sum(r.timed), 0))::NUMERIC, 4) AS avg_duration
    FROM (VALUES ('enrichment', 1), ('intelligence', 2), ('messaging', 3), ('delivery', 4), ('other', 5)) AS p (phase, place)
    LEFT JOIN runs r ON r.phase = p.phase
    GROUP BY p.phase, p.place
    HAVING p.phase <> 'other' OR sum(r.n) > 0
    ORDER BY p.place;

CREATE OR REPLACE VIEW marketing.v_workflow_summary AS
    WITH since AS (
        SELECT date_trunc('minute', now() - INTERVAL '7 days', 'UTC') AS minute
    ), runs AS (
        SELECT r.* FROM marketing.v_rollup r
        WHERE r.metric = 'run' AND r.bucket >= (SELECT minute FROM since)
          AND r.bucket < (SELECT date_trunc('hour', minute + INTERVAL '59 minutes', 'UTC') FROM since)
        UNION ALL
        SELECT r.* FROM marketing.v_rollup r
        WHERE r.metric = 'run_hour' AND r.bucket >= (SELECT date_trunc('hour', minute + INTERVAL '59 minutes', 'UTC') FROM since)
    )
    SELECT label AS workflow_name, sum(n)::BIGINT AS total_runs,
           coalesce(sum(n) FILTER (WHERE detail = 'ok'), 0)::BIGINT AS successful_runs,
           coalesce(sum(n) FILTER (WHERE detail = 'error'), 0)::BIGINT AS error_runs,
           coalesce(sum(n) FILTER (WHERE detail = 'timeout'), 0)::BIGINT AS timeout_runs,
           coalesce(round(100.0 * sum(n) FILTER (WHERE detail IN ('error', 'timeout')) / sum(n), 2), 0) AS error_rate_pct,
           round((sum(seconds) / nullif(sum(timed), 0))::NUMERIC, 4) AS avg_duration_seconds,
           (SELECT created_at FROM marketing.workflow_stats s WHERE s.workflow_name = label
            ORDER BY created_at DESC LIMIT 1) AS last_run_at
    FROM runs
    GROUP BY label HAVING sum(n) > 0
    ORDER BY sum(n) DESC;

-- As before, but a workflow of which every run was deleted again is not known by them.
CREATE OR REPLACE VIEW marketing.v_workflow_health AS
    WITH known AS (
        SELECT workflow_name FROM marketing.workflows
        UNION
        SELECT label FROM marketing.v_rollup
        WHERE metric = 'run' AND bucket >= date_trunc('minute', now() - INTERVAL '1 hour', 'UTC')
        GROUP BY label HAVING sum(n) > 0
    ), runs AS (
        SELECT k.workflow_name,
               coalesce(sum(r.n), 0)::BIGINT AS total_runs,
               coalesce(sum(r.n) FILTER (WHERE r.detail IN ('error', 'timeout')), 0)::BIGINT AS error_count,
               coalesce(round(100.0 * sum(r.n) FILTER (WHERE r.detail IN ('error', 'timeout')) / nullif(sum(r.n), 0), 2), 0) AS error_rate_pct,
               round((sum(r.seconds) / nullif(sum(r.timed), 0))::NUMERIC, 4) AS avg_duration_sec
        FROM known k
        LEFT JOIN marketing.v_rollup r
            ON r.metric = 'run' AND r.label = k.workflow_name
            AND r.bucket >= date_trunc('minute', now() - INTERVAL '1 hour', 'UTC')
        GROUP BY k.workflow_name
    )
    SELECT runs.workflow_name, total_runs, error_count, error_rate_pct, avg_duration_sec,
           (SELECT created_at FROM marketing.workflow_stats s WHERE s.workflow_name = runs.workflow_name
            ORDER BY created_at DESC LIMIT 1) AS last_run,
           CASE WHEN total_runs = 0 THEN 'idle'
                WHEN error_rate_pct > 10 THEN 'critical'
                WHEN error_rate_pct > 5 THEN 'warning'
                ELSE 'healthy' END AS health_status
    FROM runs
    ORDER BY error_rate_pct DESC, workflow_name;
