-- The list of contacts is read by time: all of them, those of one enrichment status, those of one state of the address.
CREATE INDEX contact_enrichment_created ON marketing.contact_enrichment (created_at, id);

DROP INDEX marketing.idx_enrichment_status;
CREATE INDEX idx_enrichment_status ON marketing.contact_enrichment (enrichment_status, created_at, id);

-- The newest verdict on the address; without one, whether there is an address. The list asks with these very words, or the
-- index would not be found. Whole and not for exceptions only: what an exception is, differs from provider to provider.
CREATE INDEX contact_enrichment_email_state ON marketing.contact_enrichment (
    (CASE WHEN email_status IN ('valid', 'invalid', 'risky', 'unknown') THEN email_status
          WHEN email IS NULL THEN 'none'
          ELSE 'pending' END), created_at, id);
