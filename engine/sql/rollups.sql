-- The counts that pages read against a recount of the tables. Statement, rows and use are as in invariants.sql; the part
-- above the line "compared" is also what `server doctor --recount` fills the rollups from.

-- check rollups
-- One statement is one snapshot: it may be asked while everything runs.
WITH runs AS (
    SELECT 'run' AS metric, date_trunc('minute', created_at, 'UTC') AS bucket,
           coalesce(phase, marketing.workflow_phase(workflow_name)) AS phase, workflow_name AS label, status AS detail,
           count(*) AS n, count(duration_seconds) AS timed, coalesce(sum(duration_seconds), 0)::DOUBLE PRECISION AS seconds
    FROM marketing.workflow_stats GROUP BY 2, 3, 4, 5
), counted AS (
    SELECT 'event' AS metric, date_trunc('day', created_at, 'UTC') AS bucket, '' AS phase, event_type AS label, status AS detail,
           count(*) AS n, count(*) FILTER (WHERE status = 'processed' AND processed_at IS NOT NULL) AS timed,
           coalesce(sum(extract(epoch FROM processed_at - created_at)) FILTER (WHERE status = 'processed'), 0)::DOUBLE PRECISION AS seconds
    FROM marketing.pipeline_events GROUP BY 2, 4, 5
    UNION ALL
    SELECT 'batch', '-infinity', batch_id, event_type, status, count(*), 0, 0
    FROM marketing.pipeline_events WHERE octet_length(batch_id) <= 500 GROUP BY 3, 4, 5
    UNION ALL
    SELECT * FROM runs
    UNION ALL
    SELECT 'run_hour', date_trunc('hour', bucket, 'UTC'), phase, label, detail, sum(n)::BIGINT, sum(timed)::BIGINT, sum(seconds)
    FROM runs GROUP BY 2, 3, 4, 5
    UNION ALL
    SELECT 'intake', '-infinity', '', CASE validated WHEN TRUE THEN 'valid' WHEN FALSE THEN 'rejected' ELSE 'waiting' END, '', count(*), 0, 0
    FROM intake.company_raw_intake GROUP BY 4
    UNION ALL
    SELECT 'master', '-infinity', '', '', '', count(*), 0, 0 FROM marketing.company_master HAVING count(*) > 0
    UNION ALL
    SELECT 'slot', '-infinity', '', '', '', count(*), 0, 0 FROM marketing.company_slots HAVING count(*) > 0
    UNION ALL
    SELECT 'enrichment', '-infinity', '', enrichment_status, coalesce(enrichment_data ->> 'reason', ''), count(*), 0, 0
    FROM marketing.contact_enrichment GROUP BY 4, 5
    UNION ALL
    SELECT 'verification', '-infinity', '', verification_status, '', count(*), 0, 0
    FROM marketing.email_verification GROUP BY 4
    UNION ALL
    SELECT 'score', '-infinity', '', CASE WHEN ple_score > 0.75 OR bit_intent_score > 0.75 THEN 'target' ELSE '' END, '',
           count(*), count(ple_score), coalesce(sum(ple_score), 0)
    FROM marketing.company_scores GROUP BY 4
    UNION ALL
    SELECT 'error', date_trunc('day', created_at, 'UTC'), '', group_key, CASE WHEN resolved THEN 'resolved' ELSE 'open' END, count(*), 0, 0
    FROM marketing.pipeline_errors GROUP BY 2, 4, 5
)
-- compared
SELECT 'fault' AS severity, 'rollups' AS check,
       CASE WHEN coalesce(r.n, 0) <> coalesce(c.n, 0) THEN format('the rollup says %s, a recount %s', coalesce(r.n, 0), coalesce(c.n, 0))
            WHEN coalesce(r.timed, 0) <> coalesce(c.timed, 0) THEN format('the rollup says %s with a duration, a recount %s', coalesce(r.timed, 0), coalesce(c.timed, 0))
            ELSE format('the rollup says %s s, a recount %s s', coalesce(r.seconds, 0), coalesce(c.seconds, 0)) END AS what,
       concat_ws(' / ', metric, nullif(nullif(bucket::TEXT, '-infinity'), ''), nullif(phase, ''), nullif(label, ''), nullif(detail, '')) AS record,
       'Run `server doctor --recount`' AS advice
FROM (SELECT metric, bucket, phase, label, detail, sum(n) AS n, sum(timed) AS timed, sum(seconds) AS seconds
      FROM marketing.v_rollup GROUP BY 1, 2, 3, 4, 5) r
FULL JOIN counted c USING (metric, bucket, phase, label, detail)
WHERE coalesce(r.n, 0) <> coalesce(c.n, 0) OR coalesce(r.timed, 0) <> coalesce(c.timed, 0)
   -- Sums of fractions differ in their last digits by the order in which they were added and taken away.
   OR abs(coalesce(r.seconds, 0) - coalesce(c.seconds, 0)) > 0.1 + 1e-6 * abs(coalesce(c.seconds, 0))
ORDER BY metric, bucket, label, detail;
