-- A test of a webhook is on record among its deliveries. It belongs to no event and is sent once: its number is one that no
-- event will have, so that it stands in the list where it was sent.
ALTER TABLE app.webhook_deliveries ADD COLUMN is_test BOOLEAN NOT NULL DEFAULT FALSE,
    ADD CONSTRAINT webhook_deliveries_test CHECK (NOT is_test OR status IN ('delivered', 'dead'));

SELECT marketing.note_bodies();
