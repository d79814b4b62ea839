-- A plan that must not use nested loops is priced, where it needs one after all, as if it were enormous; PostgreSQL then
-- compiles it to machine code first, which takes a second for a statement of a millisecond.
DO $$
DECLARE
    planned REGPROCEDURE;
BEGIN
    FOR planned IN
        SELECT oid FROM pg_proc
        WHERE pronamespace IN ('marketing'::REGNAMESPACE, 'intake'::REGNAMESPACE)
          AND proconfig && ARRAY['enable_nestloop=off']
    LOOP
        EXECUTE format('ALTER FUNCTION %s SET jit = off', planned);
    END LOOP;
END
$$;
