-- Errors of one cause are one group: the same event type, and the same message but for what differs from record to record.

CREATE FUNCTION marketing.normal_error(message TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(btrim(
        regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
            left(message, 4000),
            '[[:xdigit:]]{8}(-[[:xdigit:]]{4}){3}-[[:xdigit:]]{12}', '<id>', 'g'),
            'https?://[^[:space:]"”]+', '<url>', 'g'),
            '[[:alnum:]._%+-]+@[[:alnum:].-]+', '<address>', 'g'),
            '“[^”]*”', '“…”', 'g'),
            '=\([^)]*\)', '=(…)', 'g'),
            '[0-9]+([.,:-][0-9]+)*', '<n>', 'g'),
            '[[:space:]]+', ' ', 'g')), 500)
$$;
COMMENT ON FUNCTION marketing.normal_error(TEXT) IS 'The message without ids, addresses, numbers and quoted values; at most 500 characters';

CREATE FUNCTION marketing.error_group_key(event_type TEXT, message TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT left(md5(event_type || E'\n' || marketing.normal_error(message)), 16)
$$;

-- What people know and decided of a group. How many errors it has, and whether any is open, is counted from the errors.
CREATE TABLE marketing.error_groups (
    group_key     TEXT PRIMARY KEY,
    event_type    TEXT NOT NULL,
    message       TEXT NOT NULL,
    first_seen    TIMESTAMPTZ NOT NULL,
    assigned_to   TEXT,
    -- When no error of it was open any more. An open one after that is a regression.
    resolved_at   TIMESTAMPTZ,
    resolved_by   TEXT,
    -- Ignored until a time, a number of errors in all, or a number within an hour; whatever comes first. None is for ever.
    ignored_at    TIMESTAMPTZ,
    ignored_by    TEXT,
    ignored_why   TEXT,
    ignored_until TIMESTAMPTZ,
    ignored_total BIGINT CHECK (ignored_total > 0),
    ignored_rate  BIGINT CHECK (ignored_rate > 0)
);
CREATE TABLE marketing.error_group_notes (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    group_key TEXT NOT NULL REFERENCES marketing.error_groups ON DELETE CASCADE,
    at        TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    author    TEXT NOT NULL,
    body      TEXT NOT NULL CHECK (length(body) BETWEEN 1 AND 4000)
);
CREATE INDEX error_group_notes_group ON marketing.error_group_notes (group_key, id);

LOCK TABLE marketing.pipeline_errors IN SHARE ROW EXCLUSIVE MODE;
ALTER TABLE marketing.pipeline_errors ADD COLUMN group_key TEXT;
UPDATE marketing.pipeline_errors SET group_key = marketing.error_group_key(event_type, error_message);
ALTER TABLE marketing.pipeline_errors ALTER COLUMN group_key SET NOT NULL;
CREATE INDEX pipeline_errors_group ON marketing.pipeline_errors (group_key, created_at);
CREATE INDEX pipeline_errors_group_open ON marketing.pipeline_errors (group_key, created_at) WHERE NOT resolved;
INSERT INTO marketing.error_groups (group_key, event_type, message, first_seen)
SELECT DISTINCT ON (group_key) group_key, event_type, marketing.normal_error(error_message), created_at
FROM marketing.pipeline_errors ORDER BY group_key, created_at;

-- With the rights of the owner: whoever may write an error need not know of groups.
CREATE FUNCTION marketing.key_error() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER SET search_path = marketing, pg_catalog AS $$
BEGIN
    NEW.group_key := error_group_key(NEW.event_type, NEW.error_message);
    RETURN NEW;
END
$$;
CREATE TRIGGER key_error BEFORE INSERT OR UPDATE OF event_type, error_message, group_key ON marketing.pipeline_errors
    FOR EACH ROW EXECUTE FUNCTION marketing.key_error();

-- In one order, so that two statements with several new groups never wait for each other.
CREATE FUNCTION marketing.group_errors() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER SET search_path = marketing, pg_catalog AS $$
BEGIN
    INSERT INTO error_groups (group_key, event_type, message, first_seen)
    SELECT DISTINCT ON (n.group_key) n.group_key, n.event_type, normal_error(n.error_message), n.created_at
    FROM new_rows n
    WHERE NOT EXISTS (SELECT FROM error_groups g WHERE g.group_key = n.group_key)
    ORDER BY n.group_key, n.created_at
    ON CONFLICT (group_key) DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER group_inserted AFTER INSERT ON marketing.pipeline_errors REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.group_errors();
CREATE TRIGGER group_updated AFTER UPDATE ON marketing.pipeline_errors REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION marketing.group_errors();

SELECT marketing.count_table('marketing.pipeline_errors', 'error', $$date_trunc('day', created_at, 'UTC')$$, $$''$$,
    'group_key', $$CASE WHEN resolved THEN 'resolved' ELSE 'open' END$$, 'NULL');
INSERT INTO marketing.rollups (metric, bucket, phase, label, detail, n, timed, seconds)
SELECT 'error', date_trunc('day', created_at, 'UTC'), '', group_key, CASE WHEN resolved THEN 'resolved' ELSE 'open' END, count(*), 0, 0
FROM marketing.pipeline_errors GROUP BY 2, 4, 5;

-- Groups with what their errors say of them.
CREATE VIEW marketing.v_error_groups AS
    WITH counted AS (
        SELECT label AS group_key, sum(n)::BIGINT AS total, coalesce(sum(n) FILTER (WHERE detail = 'open'), 0)::BIGINT AS open
        FROM marketing.v_rollup WHERE metric = 'error' GROUP BY label
    )
    SELECT g.group_key, g.event_type, g.message, g.first_seen,
           coalesce((SELECT max(e.created_at) FROM marketing.pipeline_errors e WHERE e.group_key = g.group_key), g.first_seen) AS last_seen,
           coalesce(c.total, 0) AS total, coalesce(c.open, 0) AS open,
           CASE WHEN coalesce(c.open, 0) = 0 THEN 'resolved'
                WHEN g.ignored_at IS NOT NULL
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

-- Marks the groups of which the last open error was resolved one by one, or by a retry that passed. Returns how many.
CREATE FUNCTION marketing.close_error_groups() RETURNS BIGINT LANGUAGE sql AS $$
    WITH closed AS (
        UPDATE marketing.error_groups g
        SET resolved_at = now(), resolved_by = (
            SELECT e.resolved_by FROM marketing.pipeline_errors e WHERE e.group_key = g.group_key AND e.resolved
            ORDER BY e.resolved_at DESC NULLS LAST LIMIT 1)
        WHERE NOT EXISTS (SELECT FROM marketing.pipeline_errors e WHERE e.group_key = g.group_key AND NOT e.resolved)
          AND (g.resolved_at IS NULL OR EXISTS (
              SELECT FROM marketing.pipeline_errors e WHERE e.group_key = g.group_key AND e.created_at > g.resolved_at))
        RETURNING 1
    )
    SELECT count(*) FROM closed
$$;

SELECT marketing.grant_roles();
