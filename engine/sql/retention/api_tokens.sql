-- One step through the tokens of programs from the lowest id: deletes those that expired or were revoked long ago. They are few, and
-- end in any order, so all are looked at. Parameters and the way as for events.
WITH walked AS MATERIALIZED (
    SELECT id, least(expires_at, revoked_at) AS ended_at FROM app.api_tokens WHERE id > $1 ORDER BY id LIMIT $2
), deleted AS (
    DELETE FROM app.api_tokens WHERE id = ANY (ARRAY(SELECT id FROM walked WHERE ended_at < $3)) RETURNING id
)
SELECT (SELECT max(id) FROM walked) AS last_id,
       (SELECT count(*) FROM walked) < $2 AS done,
       jsonb_build_object('api_tokens', (SELECT count(*) FROM deleted)) AS deleted
