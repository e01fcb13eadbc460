-- Requests that went wrong in a way that somebody has to mend, by the code that was shown.
CREATE TABLE incidents (
    -- Eight characters of Crockford's base32: 40 random bits.
    code TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    -- JSON: the place, the error, the parameters that explain it; no secret, nobody's name.
    facts TEXT NOT NULL
);
CREATE INDEX incidents_by_time ON incidents (at, code);
CREATE INDEX incidents_by_expiry ON incidents (expires_at);
