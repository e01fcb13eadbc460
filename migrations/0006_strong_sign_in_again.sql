-- What a password is worth without a second factor, and when sessions were last used.

-- Whether the password has fewer characters than one that stands alone. It is learned whenever a
-- password is set or typed right.
ALTER TABLE users ADD COLUMN password_is_short BOOLEAN NOT NULL DEFAULT FALSE;

-- When its owner last looked at a page of their account, give or take a minute; NULL if never.
ALTER TABLE sessions ADD COLUMN seen_at BIGINT;
