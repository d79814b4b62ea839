-- Counts that pages read, kept exact by statement triggers without two writers ever meeting on one row:
-- each statement appends its difference to rollup_deltas; a worker folds the differences into rollups now and then.

CREATE TABLE marketing.rollups (
    metric  TEXT NOT NULL,
    bucket  TIMESTAMPTZ NOT NULL,
    phase   TEXT NOT NULL,
    label   TEXT NOT NULL,
    detail  TEXT NOT NULL,
    n       BIGINT NOT NULL,
    timed   BIGINT NOT NULL,
    seconds DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (metric, bucket, phase, label, detail)
);

CREATE TABLE marketing.rollup_deltas (
    metric  TEXT NOT NULL,
    bucket  TIMESTAMPTZ NOT NULL,
    phase   TEXT NOT NULL,
    label   TEXT NOT NULL,
    detail  TEXT NOT NULL,
    n       BIGINT NOT NULL,
    timed   BIGINT NOT NULL,
    seconds DOUBLE PRECISION NOT NULL
);
ALTER TABLE marketing.rollup_deltas SET (autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0);

CREATE VIEW marketing.v_rollup AS
    SELECT metric, bucket, phase, label, detail, n, timed, seconds FROM marketing.rollups
    UNION ALL
    SELECT metric, bucket, phase, label, detail, n, timed, seconds FROM marketing.rollup_deltas;

-- Folds the differences; returns how many there were.
CREATE FUNCTION marketing.fold_rollups() RETURNS BIGINT LANGUAGE sql AS $$
    WITH moved AS (
        DELETE FROM marketing.rollup_deltas RETURNING *
    ), folded AS (
        INSERT INTO marketing.rollups AS r
        SELECT metric, bucket, phase, label, detail, sum(n), sum(timed), sum(seconds)
        FROM moved GROUP BY metric, bucket, phase, label, detail
        ON CONFLICT (metric, bucket, phase, label, detail) DO UPDATE
        SET n = r.n + excluded.n, timed = r.timed + excluded.timed, seconds = r.seconds + excluded.seconds
    )
    SELECT count(*) FROM moved
$$;

-- The phase of a workflow: the list first, then the pattern of its name, for workflows that nobody listed.
CREATE FUNCTION marketing.workflow_phase(name TEXT) RETURNS TEXT LANGUAGE sql STABLE AS $$
    SELECT coalesce(
        (SELECT phase FROM marketing.workflows WHERE workflow_name = name),
        CASE
            WHEN name ~* '(validat|enrich|verif|promot|slot)' THEN 'enrichment'
            WHEN name ~* '(^|[_ -])(ple|bit)([_ -]|$)|intelligence' THEN 'intelligence'
            WHEN name ~* '(messag|write|campaign|personali)' THEN 'messaging'
            WHEN name ~* '(send|launch|deliver|reply|crm)' THEN 'delivery'
            ELSE 'other'
        END)
$$;

-- One counting trigger for all tables. Arguments: metric, then the SQL expressions of bucket, phase, label, detail
-- and seconds over a row. Dynamic SQL, so that no plan made for one row is reused for ten thousand.
CREATE FUNCTION marketing.count_rows() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, intake, pg_catalog AS $$
DECLARE
    source TEXT;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM marketing.rollups WHERE metric = TG_ARGV[0];
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
$$;

-- Attaches the counting trigger to a table.
CREATE FUNCTION marketing.count_table(counted REGCLASS, metric TEXT, bucket TEXT, phase TEXT, label TEXT, detail TEXT, seconds TEXT)
RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    arguments TEXT := format('%L, %L, %L, %L, %L, %L', metric, bucket, phase, label, detail, seconds);
BEGIN
    EXECUTE format('CREATE TRIGGER count_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION marketing.count_rows(%s)', counted, arguments);
    EXECUTE format('CREATE TRIGGER count_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
        FOR EACH STATEMENT EXECUTE FUNCTION marketing.count_rows(%s)', counted, arguments);
    EXECUTE format('CREATE TRIGGER count_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows
        FOR EACH STATEMENT EXECUTE FUNCTION marketing.count_rows(%s)', counted, arguments);
    EXECUTE format('CREATE TRIGGER count_truncate AFTER TRUNCATE ON %s
        FOR EACH STATEMENT EXECUTE FUNCTION marketing.count_rows(%s)', counted, arguments);
END
$$;

SELECT marketing.count_table('intake.company_raw_intake', 'intake', $$'-infinity'::TIMESTAMPTZ$$, $$''$$,
    $$CASE validated WHEN TRUE THEN 'valid' WHEN FALSE THEN 'rejected' ELSE 'waiting' END$$, $$''$$, 'NULL');
SELECT marketing.count_table('marketing.company_master', 'master', $$'-infinity'::TIMESTAMPTZ$$, $$''$$, $$''$$, $$''$$, 'NULL');
SELECT marketing.count_table('marketing.company_slots', 'slot', $$'-infinity'::TIMESTAMPTZ$$, $$''$$, $$''$$, $$''$$, 'NULL');
SELECT marketing.count_table('marketing.contact_enrichment', 'enrichment', $$'-infinity'::TIMESTAMPTZ$$, $$''$$,
    'enrichment_status', $$coalesce(enrichment_data ->> 'reason', '')$$, 'NULL');
SELECT marketing.count_table('marketing.email_verification', 'verification', $$'-infinity'::TIMESTAMPTZ$$, $$''$$,
    'verification_status', $$''$$, 'NULL');
SELECT marketing.count_table('marketing.pipeline_events', 'event', $$date_trunc('day', created_at, 'UTC')$$, $$''$$,
    'event_type', 'status',
    $$CASE WHEN status = 'processed' THEN extract(epoch FROM processed_at - created_at) END$$);
SELECT marketing.count_table('marketing.workflow_stats', 'run', $$date_trunc('minute', created_at, 'UTC')$$,
    'coalesce(phase, marketing.workflow_phase(workflow_name))', 'workflow_name', 'status', 'duration_seconds');
