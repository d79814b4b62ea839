-- Who resolves a group is done with it: what comes afterwards is told, whatever was ignored before.
CREATE OR REPLACE VIEW marketing.v_error_groups AS
    WITH counted AS (
        SELECT label AS group_key, sum(n)::BIGINT AS total, coalesce(sum(n) FILTER (WHERE detail = 'open'), 0)::BIGINT AS open
        FROM marketing.v_rollup WHERE metric = 'error' GROUP BY label
    )
    SELECT g.group_key, g.event_type, g.message, g.first_seen,
           coalesce((SELECT max(e.created_at) FROM marketing.pipeline_errors e WHERE e.group_key = g.group_key), g.first_seen) AS last_seen,
           coalesce(c.total, 0) AS total, coalesce(c.open, 0) AS open,
           CASE WHEN coalesce(c.open, 0) = 0 THEN 'resolved'
                WHEN g.ignored_at IS NOT NULL
                     AND (g.resolved_at IS NULL OR g.ignored_at > g.resolved_at)
                     AND (g.ignored_until IS NULL OR g.ignored_until > now())
                     AND (g.ignored_total IS NULL OR c.total < g.ignored_total)
                     AND (g.ignored_rate IS NULL OR (
                         SELECT count(*) FROM marketing.pipeline_errors e
                         WHERE e.group_key = g.group_key AND e.created_at > now() - INTERVAL '1 hour') < g.ignored_rate)
                THEN 'ignored'
                WHEN g.resolved_at IS NOT NULL THEN 'regressed'
                ELSE 'open' END AS state,
           g.assigned_to, g.resolved_at, g.resolved_by,
           g.ignored_at, g.ignored_by, g.ignored_why, g.ignored_until, g.ignored_total, g.ignored_rate
    FROM marketing.error_groups g LEFT JOIN counted c USING (group_key);

SELECT marketing.note_bodies();
