-- A list and its filters under a name: for its owner alone or for everybody.
CREATE TABLE app.saved_views (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner_id   BIGINT NOT NULL REFERENCES app.users ON DELETE CASCADE,
    path       TEXT NOT NULL,
    name       TEXT NOT NULL CHECK (name = btrim(name) AND length(name) BETWEEN 1 AND 60),
    -- As it stands in the URL behind the question mark.
    query      TEXT NOT NULL CHECK (length(query) BETWEEN 1 AND 2000),
    shared     BOOLEAN NOT NULL DEFAULT FALSE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    UNIQUE (owner_id, path, name)
);

-- Where the menu leads a person to, in place of the whole list.
CREATE TABLE app.default_views (
    user_id BIGINT NOT NULL REFERENCES app.users ON DELETE CASCADE,
    path    TEXT NOT NULL,
    view_id BIGINT NOT NULL REFERENCES app.saved_views ON DELETE CASCADE,
    PRIMARY KEY (user_id, path)
);
CREATE INDEX default_views_view ON app.default_views (view_id);
