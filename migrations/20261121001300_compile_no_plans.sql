-- What pages ask takes milliseconds, and compiling a plan to machine code tens of them; sub-selects that run for one page
-- only look expensive to the planner, and were compiled. The private server has it off, too.
DO $$
BEGIN
    EXECUTE format('ALTER DATABASE %I SET jit = off', current_database());
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'not the owner of the database: set jit = off yourself';
END
$$;
