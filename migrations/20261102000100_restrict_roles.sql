-- What each role may do, in one function that is safe to call at any time: it grants what is missing and nothing else.
--
-- PostgreSQL lets PUBLIC execute every new function, and per-schema default privileges cannot take that back; ours write
-- with the rights of their owner, so a role that may only read could have written through them. Hence: nobody executes
-- our functions but those named here. Roles may appear after the migrations, and later migrations add tables and
-- functions, so each start of the application calls it again after migrating. What an administrator granted beyond this
-- is left alone.
CREATE FUNCTION marketing.grant_roles(n8n TEXT DEFAULT 'n8n_user', dashboard TEXT DEFAULT 'dashboard_user')
RETURNS INT LANGUAGE plpgsql AS $$
DECLARE
    schemas CONSTANT TEXT[] := ARRAY['intake', 'marketing'];
    -- The functions of the contract that write: for workflows, not for readers.
    writing CONSTANT TEXT[] := ARRAY['notify_pipeline_event', 'mark_event_processed', 'mark_event_failed',
                                     'log_pipeline_error', 'resolve_pipeline_error'];
    -- Views, generated columns and triggers call these with the rights of whoever uses the table: they stay with PUBLIC.
    reading CONSTANT TEXT[] := ARRAY['website_domain', 'company_state', 'workflow_phase', 'trigger_is_on'];
    -- Tables that workflows fill. The rest is the application's own: counts, workers, imports.
    written CONSTANT TEXT[] := ARRAY['company_raw_intake', 'company_master', 'company_slots', 'contact_enrichment',
        'email_verification', 'people_master', 'people_raw_intake', 'company_missing', 'ple_results', 'bit_signals',
        'pipeline_events', 'pipeline_errors', 'workflow_stats'];
    command TEXT;
    made INT := 0;
BEGIN
    -- Two sessions granting on one object at once would fail with "tuple concurrently updated".
    PERFORM pg_advisory_xact_lock(hashtext('marketing.grant_roles'));
    FOR command IN
        WITH role AS (
            SELECT r.oid, r.rolname, r.rolname = n8n AS writes
            FROM pg_roles r WHERE r.rolname IN (n8n, dashboard)
        ), ours AS (
            SELECT n.oid, n.nspname, n.nspowner FROM pg_namespace n WHERE n.nspname = ANY (schemas)
        ), routine AS (
            SELECT p.oid, p.proname, p.oid::REGPROCEDURE AS name, p.proowner, p.proacl
            FROM pg_proc p JOIN ours ON ours.oid = p.pronamespace
            -- Only an owner grants; what somebody else made here is theirs.
            WHERE p.prokind = 'f' AND pg_has_role(p.proowner, 'USAGE')
        ), relation AS (
            SELECT c.oid, c.relname, c.oid::REGCLASS AS name, c.relkind
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND pg_has_role(c.relowner, 'USAGE')
              AND (n.nspname = ANY (schemas) OR c.oid = to_regclass('public.shq_validation_log'))
        )
        SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', name) FROM routine
        WHERE proname <> ALL (reading)
          AND EXISTS (SELECT FROM aclexplode(coalesce(proacl, acldefault('f', proowner))) WHERE grantee = 0)
        UNION ALL
        SELECT format('GRANT USAGE ON SCHEMA %I TO %I', nspname, rolname) FROM ours, role
        WHERE pg_has_role(nspowner, 'USAGE') AND NOT has_schema_privilege(role.oid, ours.oid, 'USAGE')
        UNION ALL
        SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', name, rolname) FROM routine, role
        WHERE writes AND proname = ANY (writing)
          -- The right of PUBLIC, which goes at this call, must not hide that the role has none of its own.
          AND NOT EXISTS (SELECT FROM aclexplode(proacl) a WHERE a.grantee = role.oid AND a.privilege_type = 'EXECUTE')
        UNION ALL
        SELECT format('GRANT SELECT ON %s TO %I', name, rolname) FROM relation, role
        WHERE relkind <> 'S' AND NOT has_table_privilege(role.oid, relation.oid, 'SELECT')
        UNION ALL
        SELECT format('GRANT INSERT, UPDATE ON %s TO %I', name, rolname) FROM relation, role
        WHERE writes AND relkind IN ('r', 'p') AND relname = ANY (written)
          AND NOT (has_table_privilege(role.oid, relation.oid, 'INSERT') AND has_table_privilege(role.oid, relation.oid, 'UPDATE'))
        UNION ALL
        SELECT format('GRANT INSERT ON %s TO %I', name, rolname) FROM relation, role
        WHERE writes AND relname = 'shq_validation_log' AND NOT has_table_privilege(role.oid, relation.oid, 'INSERT')
        UNION ALL
        SELECT format('GRANT USAGE, SELECT ON SEQUENCE %s TO %I', s.name, rolname)
        FROM relation s
        JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::REGCLASS AND d.deptype IN ('a', 'i')
        JOIN relation t ON t.oid = d.refobjid, role
        WHERE writes AND s.relkind = 'S' AND t.relname = ANY (written)
          -- A no-op in the plain form, and evaluated only for sequences.
          AND CASE WHEN s.relkind = 'S' THEN NOT has_sequence_privilege(role.oid, s.oid, 'USAGE') END
        UNION ALL
        -- What a later migration creates is readable before the next call of this function.
        SELECT format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT ON TABLES TO %I', nspname, rolname)
        FROM ours, role
        WHERE NOT EXISTS (
            SELECT FROM pg_default_acl a, aclexplode(a.defaclacl) g
            WHERE a.defaclrole = current_user::REGROLE AND a.defaclnamespace = ours.oid AND a.defaclobjtype = 'r'
              AND g.grantee = role.oid AND g.privilege_type = 'SELECT')
    LOOP
        EXECUTE command;
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION marketing.grant_roles(TEXT, TEXT) IS
    'Grants n8n and dashboard roles what they need, as far as they exist; returns the number of grants that were missing';

-- Once: an earlier migration let n8n write the application's own tables and run its inner functions too.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'n8n_user') THEN
        REVOKE INSERT, UPDATE ON intake.import_batches, intake.import_rejects, marketing.pipeline_workers,
            marketing.pipeline_actions, marketing.rollups, marketing.rollup_deltas, marketing.workflows FROM n8n_user;
        REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA intake, marketing FROM n8n_user;
    END IF;
END
$$;

SELECT marketing.grant_roles();
