-- A session belongs to a user, so that a new password, a disabled or a removed user ends what is open.
-- Sessions from before name nobody: their people sign in once more.
DELETE FROM app.sessions;
ALTER TABLE app.sessions ADD COLUMN user_id BIGINT REFERENCES app.users ON DELETE CASCADE;
CREATE INDEX sessions_user_id ON app.sessions (user_id);
