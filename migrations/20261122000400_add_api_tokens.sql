-- Tokens with which programs act on behalf of the person who made them. The secret itself is kept nowhere, only its hash.
CREATE TABLE app.api_tokens (
    id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- One among those that are live, whatever its case; whether one is live depends on the clock, so no index can say it.
    name           TEXT NOT NULL CHECK (name = btrim(name) AND length(name) BETWEEN 1 AND 60),
    -- SHA-256: the secret is random and long, so that nothing slower is needed.
    hash           BYTEA NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    -- The first characters of the secret, to recognise it by.
    prefix         TEXT NOT NULL,
    -- Never more than its maker may do when it is used.
    role           TEXT NOT NULL CHECK (role IN ('admin', 'operator', 'viewer')),
    created_by     BIGINT NOT NULL REFERENCES app.users ON DELETE CASCADE,
    created_at     TIMESTAMPTZ NOT NULL DEFAULT now(),
    expires_at     TIMESTAMPTZ NOT NULL CHECK (expires_at > created_at),
    -- Written at most once a minute.
    last_used_at   TIMESTAMPTZ,
    last_used_from TEXT,
    revoked_at     TIMESTAMPTZ,
    revoked_by     TEXT,
    CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
);
CREATE INDEX api_tokens_created_by ON app.api_tokens (created_by);
