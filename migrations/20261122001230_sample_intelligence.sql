-- How many targets there were and what the scores came to, hour by hour: a company keeps its newest score only, so that what was
-- true yesterday cannot be told afterwards.
CREATE TABLE marketing.intelligence_samples (
    bucket    TIMESTAMPTZ PRIMARY KEY,
    targets   BIGINT NOT NULL,
    -- Companies with a score, and the sum of their scores.
    scored    BIGINT NOT NULL,
    score_sum DOUBLE PRECISION NOT NULL
);

-- Each process of the server calls it once a minute; the first call of an hour notes.
CREATE FUNCTION marketing.sample_intelligence() RETURNS VOID LANGUAGE sql AS $$
    INSERT INTO marketing.intelligence_samples (bucket, targets, scored, score_sum)
    SELECT date_trunc('hour', now(), 'UTC'), coalesce(sum(n) FILTER (WHERE label = 'target'), 0), coalesce(sum(timed), 0),
           coalesce(sum(seconds), 0)
    FROM marketing.v_rollup WHERE metric = 'score'
    ON CONFLICT (bucket) DO NOTHING
$$;

SELECT marketing.grant_roles();
SELECT marketing.note_bodies();
