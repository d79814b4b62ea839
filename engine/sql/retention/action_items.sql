-- One step through what bulk actions changed, oldest action first: deletes it for actions that ended long ago and are not
-- being undone. $1 is 0, because what was deleted is not found again; $2 rows, $3 the moment.
WITH doomed AS MATERIALIZED (
    SELECT i.action_id, i.event_id FROM marketing.pipeline_actions a
    JOIN marketing.pipeline_action_items i ON i.action_id = a.id
    LEFT JOIN marketing.pipeline_actions u ON u.id = a.undone_by
    WHERE a.id > $1 AND a.state <> 'running' AND a.finished_at < $3 AND u.state IS DISTINCT FROM 'running'
    ORDER BY i.action_id, i.event_id LIMIT $2
), deleted AS (
    DELETE FROM marketing.pipeline_action_items i USING doomed d
    WHERE i.action_id = d.action_id AND i.event_id = d.event_id RETURNING 1
)
SELECT 0::BIGINT AS last_id,
       (SELECT count(*) FROM deleted) = 0 AS done,
       jsonb_build_object('action_items', (SELECT count(*) FROM deleted)) AS deleted
