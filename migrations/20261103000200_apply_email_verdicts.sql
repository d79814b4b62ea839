-- A verdict counts whoever wrote it: a stage, n8n or a person with psql. The newest verdict of a contact is the contact's
-- own, and people_master says whether the address of that contact is valid.
CREATE FUNCTION marketing.apply_email_verdicts(verification_ids INT[]) RETURNS VOID LANGUAGE sql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
    WITH latest AS (
        SELECT DISTINCT ON (v.enrichment_id) v.enrichment_id, v.verification_status AS status
        FROM marketing.email_verification v
        WHERE v.verification_status <> 'pending'
          AND v.enrichment_id = ANY (ARRAY(
              SELECT e.enrichment_id FROM marketing.email_verification e WHERE e.id = ANY (verification_ids)))
        ORDER BY v.enrichment_id, v.id DESC
    ), judged AS (
        UPDATE marketing.contact_enrichment c SET email_status = latest.status
        FROM latest
        WHERE c.id = latest.enrichment_id AND c.email_status IS DISTINCT FROM latest.status
        RETURNING c.company_slot_unique_id, c.email, c.email_status
    )
    UPDATE marketing.people_master p SET email_verified = judged.email_status = 'valid'
    FROM judged
    WHERE p.company_slot_unique_id = judged.company_slot_unique_id AND p.email = judged.email
      AND p.email_verified IS DISTINCT FROM (judged.email_status = 'valid')
$$;

CREATE FUNCTION marketing.on_email_verdict() RETURNS TRIGGER LANGUAGE plpgsql SECURITY DEFINER
SET search_path = marketing, pg_catalog AS $$
BEGIN
    PERFORM marketing.apply_email_verdicts(
        (SELECT array_agg(id) FROM new_rows WHERE verification_status <> 'pending'));
    RETURN NULL;
END
$$;
CREATE TRIGGER apply_email_verdicts_insert AFTER INSERT ON marketing.email_verification
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_email_verdict();
CREATE TRIGGER apply_email_verdicts_update AFTER UPDATE ON marketing.email_verification
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION marketing.on_email_verdict();

SELECT marketing.apply_email_verdicts((SELECT array_agg(id) FROM marketing.email_verification));

SELECT marketing.grant_roles();
