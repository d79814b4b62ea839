-- The counting triggers planned their statement each time, which was most of what a single row's counting cost. Now each
-- table has functions of its own, whose plans are kept. They hash: a plan made for one row then suits ten thousand.

CREATE OR REPLACE FUNCTION marketing.count_table(counted REGCLASS, metric TEXT, bucket TEXT, phase TEXT, label TEXT, detail TEXT, seconds TEXT)
RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    columns TEXT := format('%s AS bucket, %s AS phase, %s AS label, %s AS detail, (%s)::DOUBLE PRECISION AS seconds',
                           bucket, phase, label, detail, seconds);
    operation TEXT;
    source TEXT;
    body TEXT;
    transitions TEXT;
BEGIN
    FOR operation, source, transitions IN VALUES
        ('insert', format('SELECT 1 AS sign, %s FROM new_rows', columns), 'REFERENCING NEW TABLE AS new_rows'),
        ('update', format('SELECT 1 AS sign, %1$s FROM new_rows UNION ALL SELECT -1, %1$s FROM old_rows', columns),
                   'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows'),
        ('delete', format('SELECT -1 AS sign, %s FROM old_rows', columns), 'REFERENCING OLD TABLE AS old_rows'),
        ('truncate', NULL, '')
    LOOP
        IF operation = 'truncate' THEN
            body := format('DELETE FROM marketing.rollups WHERE metric IN (%L, %L);
                            DELETE FROM marketing.rollup_deltas WHERE metric = %L;', metric, metric || '_hour', metric);
        ELSE
            body := format($query$
                INSERT INTO marketing.rollup_deltas (metric, bucket, phase, label, detail, n, timed, seconds)
                SELECT %L, bucket, phase, label, detail, sum(sign), coalesce(sum(sign) FILTER (WHERE seconds IS NOT NULL), 0),
                       coalesce(sum(sign * seconds), 0)
                FROM (%s) AS changed
                GROUP BY bucket, phase, label, detail
                HAVING sum(sign) <> 0 OR coalesce(sum(sign * seconds), 0) <> 0;$query$, metric, source);
        END IF;
        EXECUTE format('CREATE OR REPLACE FUNCTION marketing.%I() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
            SET search_path = marketing, intake, pg_catalog SET enable_sort = off AS %L',
            format('count_%s_%s', metric, operation), format('BEGIN %s RETURN NULL; END', body));
        EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION marketing.%I()',
            'count_' || operation, operation, counted, transitions, format('count_%s_%s', metric, operation));
    END LOOP;
END
$$;

-- Writers wait while this is committed, readers do not. All tables or none: whoever writes two of them has an order of their
-- own, and would otherwise wait for us while we wait for them.
DO $$
BEGIN
    PERFORM set_config('lock_timeout', '300ms', TRUE);
    FOR try IN 1..200 LOOP
        BEGIN
            LOCK TABLE intake.company_raw_intake, marketing.company_master, marketing.company_slots, marketing.contact_enrichment,
                marketing.email_verification, marketing.pipeline_events, marketing.workflow_stats, marketing.company_scores
                IN SHARE ROW EXCLUSIVE MODE;
            EXIT;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            IF try = 200 THEN
                RAISE EXCEPTION 'the tables are in use: stop the workers, then migrate again';
            END IF;
            PERFORM pg_sleep(0.05);
        END;
    END LOOP;
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
    'event_type', 'status', $$CASE WHEN status = 'processed' THEN date_part('epoch', processed_at - created_at) END$$);
SELECT marketing.count_table('marketing.workflow_stats', 'run', $$date_trunc('minute', created_at, 'UTC')$$,
    'coalesce(phase, marketing.workflow_phase(workflow_name))', 'workflow_name', 'status', 'duration_seconds');
SELECT marketing.count_table('marketing.company_scores', 'score', $$'-infinity'::TIMESTAMPTZ$$, $$''$$,
    $$CASE WHEN ple_score > 0.75 OR bit_intent_score > 0.75 THEN 'target' ELSE '' END$$, $$''$$, 'ple_score');

DROP FUNCTION marketing.count_rows();
SELECT marketing.grant_roles();
