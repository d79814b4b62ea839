-- A test of a webhook is on record among its deliveries. It belongs to no event and is sent once: its number is one that no
-- event will have, so that it stands in the list where it was sent.
ALTER TABLE app.webhook_deliveries ADD COLUMN is_test BOOLEAN NOT NULL DEFAULT FALSE,
    ADD CONSTRAINT webhook_deliveries_test CHECK (NOT is_test OR status IN ('delivered', 'dead'));

-- Tokens that ended go by age, as everything else does.
ALTER TABLE marketing.retention_settings DROP CONSTRAINT retention_settings_what_check;
ALTER TABLE marketing.retention_settings ADD CONSTRAINT retention_settings_what_check
    CHECK (what IN ('events', 'errors', 'dead_letters', 'runs', 'audit', 'schedule_runs', 'action_items', 'webhook_deliveries',
                    'api_tokens'));
INSERT INTO marketing.retention_settings (what, keep_days) VALUES ('api_tokens', 365);
INSERT INTO marketing.schedules (name, title, cron, job) VALUES
    ('prune_api_tokens', 'Delete tokens that ended long ago', '0 4 * * *', 'prune_api_tokens');

-- What somebody did is also what programs did for them: "ada via n8n".
CREATE INDEX audit_log_who ON marketing.audit_log (split_part(actor, ' via ', 1), at, id);

SELECT marketing.note_bodies();
