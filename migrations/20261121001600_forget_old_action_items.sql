-- What a bulk action changed, event by event, serves its undo, and would grow for ever: now it goes by age like the rest.
ALTER TABLE marketing.retention_settings DROP CONSTRAINT retention_settings_what_check;
ALTER TABLE marketing.retention_settings ADD CONSTRAINT retention_settings_what_check
    CHECK (what IN ('events', 'errors', 'dead_letters', 'runs', 'audit', 'schedule_runs', 'action_items'));
INSERT INTO marketing.retention_settings (what, keep_days) VALUES ('action_items', 30);
INSERT INTO marketing.schedules (name, title, cron, job) VALUES
    ('prune_action_items', 'Forget what old bulk actions changed', '50 3 * * *', 'prune_action_items');
