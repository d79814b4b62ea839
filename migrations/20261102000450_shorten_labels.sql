-- Intake takes whatever a file holds, a cell of a megabyte too, which a B-tree would refuse: such a text keeps its
-- beginning in the column and stands whole in extra. The WHEN spares all other rows the call.
CREATE FUNCTION intake.shorten_labels() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    NEW.extra := coalesce(NEW.extra, '{}') || jsonb_strip_nulls(jsonb_build_object(
        'industry', CASE WHEN octet_length(NEW.industry) > 1000 THEN NEW.industry END,
        'company_state', CASE WHEN octet_length(NEW.company_state) > 1000 THEN NEW.company_state END,
        'state_abbrev', CASE WHEN octet_length(NEW.state_abbrev) > 1000 THEN NEW.state_abbrev END));
    -- 250 characters are 1000 bytes at most.
    NEW.industry := CASE WHEN octet_length(NEW.industry) > 1000 THEN left(NEW.industry, 250) ELSE NEW.industry END;
    NEW.company_state := CASE WHEN octet_length(NEW.company_state) > 1000 THEN left(NEW.company_state, 250) ELSE NEW.company_state END;
    NEW.state_abbrev := CASE WHEN octet_length(NEW.state_abbrev) > 1000 THEN left(NEW.state_abbrev, 250) ELSE NEW.state_abbrev END;
    RETURN NEW;
END
$$;
CREATE TRIGGER shorten_labels BEFORE INSERT ON intake.company_raw_intake FOR EACH ROW
    WHEN (octet_length(NEW.industry) > 1000 OR octet_length(NEW.company_state) > 1000 OR octet_length(NEW.state_abbrev) > 1000)
    EXECUTE FUNCTION intake.shorten_labels();

-- Those that are there already. A transaction before that of the indexes: an index is built over old row versions too.
UPDATE intake.company_raw_intake
SET extra = coalesce(extra, '{}') || jsonb_strip_nulls(jsonb_build_object(
        'industry', CASE WHEN octet_length(industry) > 1000 THEN industry END,
        'company_state', CASE WHEN octet_length(company_state) > 1000 THEN company_state END,
        'state_abbrev', CASE WHEN octet_length(state_abbrev) > 1000 THEN state_abbrev END)),
    industry = CASE WHEN octet_length(industry) > 1000 THEN left(industry, 250) ELSE industry END,
    company_state = CASE WHEN octet_length(company_state) > 1000 THEN left(company_state, 250) ELSE company_state END,
    state_abbrev = CASE WHEN octet_length(state_abbrev) > 1000 THEN left(state_abbrev, 250) ELSE state_abbrev END
WHERE octet_length(industry) > 1000 OR octet_length(company_state) > 1000 OR octet_length(state_abbrev) > 1000;
UPDATE marketing.company_master SET industry = left(industry, 250) WHERE octet_length(industry) > 1000;
