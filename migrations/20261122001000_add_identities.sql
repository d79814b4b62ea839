-- People who sign in at a provider of OpenID Connect instead of with a password of ours.
CREATE TABLE app.identities (
    -- One each: whoever has one has no password here.
    user_id    BIGINT PRIMARY KEY REFERENCES app.users ON DELETE CASCADE,
    issuer     TEXT NOT NULL CHECK (issuer <> ''),
    -- The one name of a person that never changes and is never given to somebody else.
    subject    TEXT NOT NULL CHECK (length(subject) BETWEEN 1 AND 255),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    UNIQUE (issuer, subject)
);

-- No password at all, which nothing that is typed can match.
ALTER TABLE app.users ALTER COLUMN password_hash DROP NOT NULL;
