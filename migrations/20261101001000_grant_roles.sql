-- Least privilege for the roles of the original set-up, where they exist: nothing may be deleted by n8n.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'n8n_user') THEN
        GRANT USAGE ON SCHEMA intake, marketing TO n8n_user;
        GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA intake, marketing TO n8n_user;
        GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA intake, marketing TO n8n_user;
        GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA intake, marketing TO n8n_user;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'dashboard_user') THEN
        GRANT USAGE ON SCHEMA intake, marketing TO dashboard_user;
        GRANT SELECT ON ALL TABLES IN SCHEMA intake, marketing TO dashboard_user;
    END IF;
END
$$;
