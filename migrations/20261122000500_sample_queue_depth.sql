-- How much waited or was in work, hour by hour: what a queue held at a time cannot be told from the events afterwards.
CREATE TABLE marketing.queue_depth (
    bucket  TIMESTAMPTZ PRIMARY KEY,
    -- The deepest sample of the hour, the sum of all of them and how many these are.
    most    BIGINT NOT NULL CHECK (most >= 0),
    total   BIGINT NOT NULL CHECK (total >= 0),
    samples BIGINT NOT NULL CHECK (samples > 0)
);

-- Each process of the server calls it once a minute.
CREATE FUNCTION marketing.sample_queue_depth() RETURNS VOID LANGUAGE sql AS $$
    INSERT INTO marketing.queue_depth AS d (bucket, most, total, samples)
    SELECT date_trunc('hour', now(), 'UTC'), w.n, w.n, 1
    FROM (SELECT greatest(coalesce(sum(n), 0), 0)::BIGINT AS n FROM marketing.v_rollup
          WHERE metric = 'event' AND detail IN ('pending', 'processing')) w
    ON CONFLICT (bucket) DO UPDATE
    SET most = greatest(d.most, EXCLUDED.most), total = d.total + EXCLUDED.total, samples = d.samples + EXCLUDED.samples
$$;

SELECT marketing.grant_roles();
