-- A session tells where it was opened, so that people recognise theirs and can end the others. Those from before tell
-- nothing, and are shown with a dash.
ALTER TABLE app.sessions
    -- What pages and forms call it by; the id is a key.
    ADD COLUMN number BIGINT GENERATED ALWAYS AS IDENTITY UNIQUE,
    ADD COLUMN created_at TIMESTAMPTZ,
    ADD COLUMN seen_at TIMESTAMPTZ,
    ADD COLUMN agent TEXT CHECK (length(agent) <= 300),
    ADD COLUMN address TEXT;
ALTER TABLE app.sessions ALTER COLUMN created_at SET DEFAULT now();

-- The zone in which a person is shown times: UTC, or `browser` for that of each browser, or a name such as Europe/Berlin.
ALTER TABLE app.users ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'UTC' CHECK (length(time_zone) BETWEEN 1 AND 100);
