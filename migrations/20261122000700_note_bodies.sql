-- What functions, views and triggers were when a migration made them, so that `server doctor` sees what somebody altered.

CREATE TABLE marketing.contract_bodies (
    object  TEXT PRIMARY KEY,
    mark    TEXT NOT NULL,
    -- Another PostgreSQL may write the same view in other words: marks are compared within one version.
    version INT NOT NULL
);

-- The path is empty so that names are written in full, whoever asks.
CREATE FUNCTION marketing.body_marks() RETURNS TABLE (object TEXT, mark TEXT, version INT, made XID)
LANGUAGE sql STABLE SET search_path = pg_catalog AS $$
    SELECT b.object, md5(b.body), current_setting('server_version_num')::INT / 10000, b.made
    FROM (
        SELECT 'function ' || p.oid::REGPROCEDURE AS object, concat_ws(E'\n', p.prosrc, p.proconfig::TEXT, p.prosecdef::TEXT) AS body, p.xmin AS made, p.pronamespace AS place
        FROM pg_proc p
        UNION ALL
        SELECT 'view ' || c.oid::REGCLASS, pg_get_viewdef(c.oid), r.xmin, c.relnamespace
        FROM pg_class c JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename = '_RETURN' WHERE c.relkind = 'v'
        UNION ALL
        SELECT format('trigger %I on %s', t.tgname, t.tgrelid::REGCLASS), pg_get_triggerdef(t.oid), t.xmin, c.relnamespace
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
    ) b JOIN pg_namespace n ON n.oid = b.place
    WHERE n.nspname IN ('intake', 'marketing')
$$;

-- Without a name: what is not noted yet, and what this transaction made. A migration that makes a function, view or trigger
-- ends with it. With a name: that object as it is now, for whoever altered it on purpose. Returns how many were noted.
CREATE FUNCTION marketing.note_bodies(one TEXT DEFAULT NULL) RETURNS BIGINT LANGUAGE sql AS $$
    WITH noted AS (
        INSERT INTO marketing.contract_bodies AS b (object, mark, version)
        SELECT m.object, m.mark, m.version FROM marketing.body_marks() m
        WHERE m.object = one
           OR (one IS NULL AND (m.made = pg_current_xact_id()::XID
                                OR NOT EXISTS (SELECT FROM marketing.contract_bodies known WHERE known.object = m.object)))
        ON CONFLICT (object) DO UPDATE SET mark = EXCLUDED.mark, version = EXCLUDED.version
        RETURNING 1
    )
    SELECT count(*) FROM noted
$$;
COMMENT ON FUNCTION marketing.note_bodies(TEXT) IS
    'Notes what functions, views and triggers are, for server doctor: new ones, or the one that is named';

SELECT marketing.grant_roles();
SELECT marketing.note_bodies();
