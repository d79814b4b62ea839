-- The page of an import counts its rejected rows, which must not read all of the batch.
CREATE INDEX company_raw_intake_rejected_batch ON intake.company_raw_intake (import_batch_id) WHERE validated = FALSE;
