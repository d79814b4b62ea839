-- The newest PLE score and the strongest BIT signal of each company: history grows, and dashboards ask for these only.

CREATE TABLE marketing.company_scores (
    company_id       TEXT PRIMARY KEY,
    ple_score        NUMERIC,
    ple_at           TIMESTAMPTZ,
    bit_intent_score NUMERIC,
    last_signal_at   TIMESTAMPTZ
);
CREATE INDEX company_scores_targets ON marketing.company_scores ((greatest(ple_score, bit_intent_score)) DESC, company_id)
    WHERE ple_score > 0.75 OR bit_intent_score > 0.75;

-- Writes the companies' rows anew. They are locked first and read then, so that of two writers the second sees what the
-- first has committed.
CREATE FUNCTION marketing.keep_scores(companies TEXT[]) RETURNS VOID LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    INSERT INTO marketing.company_scores (company_id)
    SELECT DISTINCT c FROM unnest(companies) c ORDER BY c
    ON CONFLICT (company_id) DO NOTHING;
    PERFORM FROM marketing.company_scores WHERE company_id IN (SELECT unnest(companies)) ORDER BY company_id FOR UPDATE;
    UPDATE marketing.company_scores s
    SET ple_score = p.ple_score, ple_at = p.calculated_at, bit_intent_score = b.score, last_signal_at = b.at
    FROM (SELECT DISTINCT c AS company_id FROM unnest(companies) c) o
    LEFT JOIN LATERAL (SELECT r.ple_score, r.calculated_at FROM marketing.ple_results r WHERE r.company_id = o.company_id
                       ORDER BY r.calculated_at DESC, r.id DESC LIMIT 1) p ON TRUE
    CROSS JOIN LATERAL (SELECT max(g.bit_intent_score) AS score, max(g.signal_timestamp) AS at
                        FROM marketing.bit_signals g WHERE g.company_id = o.company_id) b
    WHERE s.company_id = o.company_id
      AND (s.ple_score, s.ple_at, s.bit_intent_score, s.last_signal_at)
          IS DISTINCT FROM (p.ple_score, p.calculated_at, b.score, b.at);
    DELETE FROM marketing.company_scores s
    WHERE s.company_id IN (SELECT unnest(companies)) AND s.ple_score IS NULL AND s.bit_intent_score IS NULL;
END
$$;

CREATE FUNCTION marketing.on_scores_write() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        PERFORM marketing.keep_scores(ARRAY(SELECT company_id FROM marketing.company_scores));
    ELSIF TG_OP = 'INSERT' THEN
        PERFORM marketing.keep_scores(ARRAY(SELECT DISTINCT company_id FROM new_rows));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM marketing.keep_scores(ARRAY(SELECT DISTINCT company_id FROM old_rows));
    ELSE
        PERFORM marketing.keep_scores(ARRAY(SELECT company_id FROM new_rows UNION SELECT company_id FROM old_rows));
    END IF;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    scored TEXT;
BEGIN
    FOREACH scored IN ARRAY ARRAY['marketing.ple_results', 'marketing.bit_signals'] LOOP
        EXECUTE format('CREATE TRIGGER keep_insert AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_scores_write()', scored);
        EXECUTE format('CREATE TRIGGER keep_update AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
            FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_scores_write()', scored);
        EXECUTE format('CREATE TRIGGER keep_delete AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows
            FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_scores_write()', scored);
        EXECUTE format('CREATE TRIGGER keep_truncate AFTER TRUNCATE ON %s
            FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_scores_write()', scored);
    END LOOP;
END
$$;

-- How many are targets, and the sum of the scores, are counts like the others.
SELECT marketing.count_table('marketing.company_scores', 'score', $$'-infinity'::TIMESTAMPTZ$$, $$''$$,
    $$CASE WHEN ple_score > 0.75 OR bit_intent_score > 0.75 THEN 'target' ELSE '' END$$, $$''$$, 'ple_score');

SELECT marketing.keep_scores(ARRAY(SELECT company_id FROM marketing.ple_results UNION SELECT company_id FROM marketing.bit_signals));

CREATE OR REPLACE VIEW marketing.v_sniper_targets AS
    SELECT company_id, ple_score, bit_intent_score, ple_at AS ple_updated_at, last_signal_at
    FROM marketing.company_scores
    WHERE ple_score > 0.75 OR bit_intent_score > 0.75
    ORDER BY greatest(ple_score, bit_intent_score) DESC, company_id;

CREATE OR REPLACE VIEW marketing.v_phase_card_metrics AS
    SELECT 'intelligence' AS phase, 'sniper_targets' AS metric, coalesce(sum(n), 0)::NUMERIC AS value
    FROM marketing.v_rollup WHERE metric = 'score' AND label = 'target'
    UNION ALL
    SELECT 'intelligence', 'ple_score_avg', round((sum(seconds) / nullif(sum(timed), 0))::NUMERIC, 3)
    FROM marketing.v_rollup WHERE metric = 'score'
    UNION ALL
    SELECT 'intelligence', 'bit_signals', count(*)::NUMERIC FROM marketing.bit_signals
    WHERE created_at > now() - INTERVAL '24 hours';

SELECT marketing.grant_roles();
