-- What operators look for events by. Every index on pipeline_events is written to twice an event, once when it comes and
-- once when it is done; so two of these hold exceptions only, and there is none on time alone (see ARCHITECTURE.md).

-- A batch, newest first; a batch may be a million events.
CREATE INDEX pipeline_events_batch ON marketing.pipeline_events (batch_id, created_at, id) WHERE batch_id IS NOT NULL;

-- What was tried more than once.
CREATE INDEX pipeline_events_retried ON marketing.pipeline_events (created_at, id) WHERE retry_count > 0 OR attempt > 1;

-- Triggers write a company's name as company, which has an index, and as company_name; here are the events, made by
-- hand, in which it differs.
CREATE INDEX pipeline_events_company_name ON marketing.pipeline_events USING hash ((payload ->> 'company_name'))
    WHERE payload ->> 'company' IS DISTINCT FROM payload ->> 'company_name';

-- From a correlation id to the company, also when its events were deleted with age.
CREATE INDEX company_raw_intake_correlation ON intake.company_raw_intake (correlation_id);
