-- The list of runs goes by time, within a workflow, a phase or what did not go well.

-- Runs are counted under the phase that they belong to when they come. A run that names none now says it, so that the list
-- behind a count finds it by the column. The pipeline's own runs name theirs and never get here.
CREATE FUNCTION marketing.name_phase() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    NEW.phase := marketing.workflow_phase(NEW.workflow_name);
    RETURN NEW;
END
$$;
CREATE TRIGGER name_phase BEFORE INSERT OR UPDATE OF phase ON marketing.workflow_stats
    FOR EACH ROW WHEN (NEW.phase IS NULL) EXECUTE FUNCTION marketing.name_phase();

UPDATE marketing.workflow_stats SET phase = marketing.workflow_phase(workflow_name) WHERE phase IS NULL;

-- By time and by workflow there are indexes. These two have no entry for a run of the pipeline that went well, which nearly
-- all are: the runs of enrichment are found by going through the newest, the others by their phase. The columns at the
-- end are looked at in the index, so that the few of one kind among very many others cost no look at the table.
CREATE INDEX workflow_stats_phase ON marketing.workflow_stats (phase, created_at, id, status) WHERE phase <> 'enrichment';
CREATE INDEX workflow_stats_not_ok ON marketing.workflow_stats (created_at, id, status, phase, workflow_name)
    WHERE status <> 'ok';

SELECT marketing.grant_roles();
SELECT marketing.note_bodies();
