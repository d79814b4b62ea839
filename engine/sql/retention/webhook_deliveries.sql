-- One step through the deliveries of each webhook from its oldest event: deletes old ones, whatever became of them.
-- $1 is 0, because what was deleted is not found again; $2 rows of each webhook, $3 the moment.
WITH walked AS MATERIALIZED (
    SELECT d.webhook_id, d.event_id FROM app.webhooks w
    CROSS JOIN LATERAL (SELECT webhook_id, event_id, made_at FROM app.webhook_deliveries
                        WHERE webhook_id = w.id ORDER BY event_id LIMIT $2) d
    WHERE w.id > $1 AND d.made_at < $3
), deleted AS (
    DELETE FROM app.webhook_deliveries d USING walked o
    WHERE d.webhook_id = o.webhook_id AND d.event_id = o.event_id RETURNING 1
)
SELECT 0::BIGINT AS last_id,
       (SELECT count(*) FROM deleted) = 0 AS done,
       jsonb_build_object('webhook_deliveries', (SELECT count(*) FROM deleted)) AS deleted
