-- The views that the command center and psql users read. Windows over the rollups begin at a full minute.

CREATE VIEW marketing.v_phase_stats AS
    SELECT p.phase,
           coalesce(sum(r.n), 0)::BIGINT AS total_runs,
           coalesce(sum(r.n) FILTER (WHERE r.detail IN ('error', 'timeout')), 0)::BIGINT AS errors,
           coalesce(round(100.0 * sum(r.n) FILTER (WHERE r.detail IN ('error', 'timeout')) / nullif(sum(r.n), 0), 2), 0) AS error_rate,
           round((sum(r.seconds) / nullif(sum(r.timed), 0))::NUMERIC, 4) AS avg_duration
    FROM (VALUES ('enrichment', 1), ('intelligence', 2), ('messaging', 3), ('delivery', 4), ('other', 5)) AS p (phase, place)
    LEFT JOIN marketing.v_rollup r
        ON r.metric = 'run' AND r.phase = p.phase AND r.bucket >= date_trunc('minute', now() - INTERVAL '24 hours', 'UTC')
    GROUP BY p.phase, p.place
    HAVING p.phase <> 'other' OR sum(r.n) > 0
    ORDER BY p.place;

CREATE VIEW marketing.v_workflow_health AS
    WITH known AS (
        SELECT workflow_name FROM marketing.workflows
        UNION
        SELECT label FROM marketing.v_rollup
        WHERE metric = 'run' AND bucket >= date_trunc('minute', now() - INTERVAL '1 hour', 'UTC')
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

CREATE VIEW marketing.v_event_queue_status AS
    WITH counts AS (
        SELECT label AS event_type, sum(n)::BIGINT AS pending_count
        FROM marketing.v_rollup WHERE metric = 'event' AND detail = 'pending'
        GROUP BY label HAVING sum(n) > 0
    )
    SELECT c.event_type, c.pending_count, oldest.at AS oldest_pending, newest.at AS newest_pending,
           round((extract(epoch FROM now() - oldest.at) / 60)::NUMERIC, 2) AS oldest_age_minutes
    FROM counts c
    CROSS JOIN LATERAL (SELECT (SELECT created_at FROM marketing.pipeline_events e
        WHERE e.status = 'pending' AND e.event_type = c.event_type ORDER BY created_at LIMIT 1) AS at) oldest
    CROSS JOIN LATERAL (SELECT (SELECT created_at FROM marketing.pipeline_events e
        WHERE e.status = 'pending' AND e.event_type = c.event_type ORDER BY created_at DESC LIMIT 1) AS at) newest
    ORDER BY oldest.at;

CREATE VIEW marketing.v_daily_throughput AS
    SELECT (bucket AT TIME ZONE 'UTC')::DATE AS date,
           sum(n)::BIGINT AS total_events,
           coalesce(sum(n) FILTER (WHERE detail = 'processed'), 0)::BIGINT AS processed_events,
           coalesce(sum(n) FILTER (WHERE detail = 'failed'), 0)::BIGINT AS failed_events,
           coalesce(sum(n) FILTER (WHERE detail IN ('pending', 'processing')), 0)::BIGINT AS pending_events,
           round((sum(seconds) / nullif(sum(timed), 0))::NUMERIC, 3) AS avg_processing_time_seconds
    FROM marketing.v_rollup
    WHERE metric = 'event' AND bucket >= date_trunc('day', now(), 'UTC') - INTERVAL '29 days'
    GROUP BY bucket
    HAVING sum(n) > 0
    ORDER BY bucket DESC;

CREATE VIEW marketing.v_error_recent AS
    SELECT id, event_type, record_id, error_message, severity, resolved, created_at
    FROM marketing.pipeline_errors
    WHERE created_at > now() - INTERVAL '7 days'
    ORDER BY created_at DESC, id DESC
    LIMIT 200;

CREATE VIEW marketing.vw_unresolved_errors AS
    SELECT event_type, severity, count(*) AS error_count, max(created_at) AS latest_error,
           array_agg(error_message ORDER BY created_at DESC) AS error_messages
    FROM marketing.pipeline_errors
    WHERE NOT resolved
    GROUP BY event_type, severity
    ORDER BY array_position(ARRAY['critical', 'error', 'warning'], severity), max(created_at) DESC;

CREATE VIEW marketing.vw_error_rate_24h AS
    SELECT event_type, count(*) AS total_errors,
           count(*) FILTER (WHERE severity = 'critical') AS critical_count,
           count(*) FILTER (WHERE severity = 'error') AS error_count,
           count(*) FILTER (WHERE severity = 'warning') AS warning_count,
           count(*) FILTER (WHERE resolved) AS resolved_count,
           round(100.0 * count(*) FILTER (WHERE resolved) / count(*), 2) AS resolution_rate_pct
    FROM marketing.pipeline_errors
    WHERE created_at > now() - INTERVAL '24 hours'
    GROUP BY event_type
    ORDER BY count(*) DESC;

CREATE VIEW marketing.v_workflow_stats_recent AS
    SELECT workflow_name, status, duration_seconds, error_message, triggered_by, batch_id, created_at
    FROM marketing.workflow_stats
    WHERE created_at > now() - INTERVAL '24 hours'
    ORDER BY created_at DESC
    LIMIT 1000;

CREATE VIEW marketing.v_workflow_summary AS
    SELECT label AS workflow_name, sum(n)::BIGINT AS total_runs,
           coalesce(sum(n) FILTER (WHERE detail = 'ok'), 0)::BIGINT AS successful_runs,
           coalesce(sum(n) FILTER (WHERE detail = 'error'), 0)::BIGINT AS error_runs,
           coalesce(sum(n) FILTER (WHERE detail = 'timeout'), 0)::BIGINT AS timeout_runs,
           coalesce(round(100.0 * sum(n) FILTER (WHERE detail IN ('error', 'timeout')) / sum(n), 2), 0) AS error_rate_pct,
           round((sum(seconds) / nullif(sum(timed), 0))::NUMERIC, 4) AS avg_duration_seconds,
           (SELECT created_at FROM marketing.workflow_stats s WHERE s.workflow_name = label
            ORDER BY created_at DESC LIMIT 1) AS last_run_at
    FROM marketing.v_rollup
    WHERE metric = 'run' AND bucket >= date_trunc('minute', now() - INTERVAL '7 days', 'UTC')
    GROUP BY label HAVING sum(n) > 0
    ORDER BY sum(n) DESC;

CREATE VIEW marketing.v_workflow_stats_hourly AS
    SELECT label AS workflow_name, sum(n)::BIGINT AS runs_last_hour,
           coalesce(sum(n) FILTER (WHERE detail IN ('error', 'timeout')), 0)::BIGINT AS errors_last_hour,
           round((sum(seconds) / nullif(sum(timed), 0))::NUMERIC, 4) AS avg_duration,
           (SELECT created_at FROM marketing.workflow_stats s WHERE s.workflow_name = label
            ORDER BY created_at DESC LIMIT 1) AS last_run
    FROM marketing.v_rollup
    WHERE metric = 'run' AND bucket >= date_trunc('minute', now() - INTERVAL '1 hour', 'UTC')
    GROUP BY label HAVING sum(n) > 0
    ORDER BY 3 DESC, 2 DESC;

-- The newest PLE score and the strongest BIT signal of each company, where either is above 0.75.
CREATE VIEW marketing.v_sniper_targets AS
    SELECT coalesce(p.company_id, b.company_id) AS company_id, p.ple_score, b.bit_intent_score,
           p.calculated_at AS ple_updated_at, b.last_signal_at
    FROM (SELECT DISTINCT ON (company_id) company_id, ple_score, calculated_at
          FROM marketing.ple_results ORDER BY company_id, calculated_at DESC, id DESC) p
    FULL JOIN (SELECT company_id, max(bit_intent_score) AS bit_intent_score, max(signal_timestamp) AS last_signal_at
               FROM marketing.bit_signals GROUP BY company_id) b ON b.company_id = p.company_id
    WHERE p.ple_score > 0.75 OR b.bit_intent_score > 0.75
    ORDER BY greatest(p.ple_score, b.bit_intent_score) DESC, 1;

-- Figures of the cards that no other view provides; a phase without a source has no row, not a zero.
CREATE VIEW marketing.v_phase_card_metrics AS
    SELECT 'intelligence' AS phase, 'sniper_targets' AS metric, count(*)::NUMERIC AS value FROM marketing.v_sniper_targets
    UNION ALL
    SELECT 'intelligence', 'ple_score_avg', round(avg(ple_score), 3)
    FROM (SELECT DISTINCT ON (company_id) ple_score FROM marketing.ple_results
          ORDER BY company_id, calculated_at DESC, id DESC) newest
    UNION ALL
    SELECT 'intelligence', 'bit_signals', count(*)::NUMERIC FROM marketing.bit_signals
    WHERE created_at > now() - INTERVAL '24 hours';
