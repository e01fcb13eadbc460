-- Machines as clients, clients with keys, audiences, lifetimes and algorithms of their own;
-- refresh with evidence; signing keys that rotate.

-- A JWK set, or the address of one (private_key_jwt).
ALTER TABLE clients ADD COLUMN jwks TEXT;
ALTER TABLE clients ADD COLUMN jwks_uri TEXT;
-- JSON list of the APIs that it may ask tokens for (RFC 8707).
ALTER TABLE clients ADD COLUMN resources TEXT NOT NULL DEFAULT '[]';
-- Whether people are asked: ask or implied.
ALTER TABLE clients ADD COLUMN consent TEXT NOT NULL DEFAULT 'ask';
-- When it gets refresh tokens: prompted, remembered or always.
ALTER TABLE clients ADD COLUMN offline_access TEXT NOT NULL DEFAULT 'prompted';
UPDATE clients SET offline_access = 'remembered' WHERE kind <> 'web';
-- Seconds; NULL is as the settings say.
ALTER TABLE clients ADD COLUMN access_token_lifetime BIGINT;
ALTER TABLE clients ADD COLUMN id_token_lifetime BIGINT;
ALTER TABLE clients ADD COLUMN refresh_token_lifetime BIGINT;
ALTER TABLE clients ADD COLUMN id_token_alg TEXT NOT NULL DEFAULT 'RS256';
-- NULL is plain JSON.
ALTER TABLE clients ADD COLUMN userinfo_alg TEXT;
ALTER TABLE clients ADD COLUMN subject_type TEXT NOT NULL DEFAULT 'public';
-- The host whose clients know a person by the same pairwise subject.
ALTER TABLE clients ADD COLUMN sector_identifier TEXT;

ALTER TABLE grants ADD COLUMN resources TEXT NOT NULL DEFAULT '[]';
-- JSON of the claims that were asked for one by one.
ALTER TABLE grants ADD COLUMN claims TEXT;
-- Whether it lives on when its session ends.
ALTER TABLE grants ADD COLUMN outlives_session BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE grants SET outlives_session = TRUE
WHERE ' ' || replace(scope, '_', '-') || ' ' LIKE '% offline-access %';
-- The newest generation of tokens that somebody has used.
ALTER TABLE grants ADD COLUMN seen_generation BIGINT NOT NULL DEFAULT 0;

-- The address that used it.
ALTER TABLE refresh_tokens ADD COLUMN used_from TEXT;

-- When the next key begins to sign, once somebody has decided that.
ALTER TABLE signing_keys ADD COLUMN activates_at BIGINT;
CREATE UNIQUE INDEX signing_keys_one_next ON signing_keys (alg) WHERE state = 'next';

-- How or why, as JSON.
ALTER TABLE audit_events ADD COLUMN evidence TEXT;

-- Assertions that clients have used; each counts once (RFC 7523 §3).
CREATE TABLE client_assertions (
    client_id TEXT NOT NULL,
    -- SHA-256 of its jti.
    jti_hash TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, jti_hash)
);
CREATE INDEX client_assertions_by_expiry ON client_assertions (expires_at);

-- Access tokens without a grant that were given back before their end.
CREATE TABLE revoked_tokens (
    jti TEXT PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_tokens_by_expiry ON revoked_tokens (expires_at);

-- Random values that all servers share, sealed.
CREATE TABLE shared_secrets (
    name TEXT PRIMARY KEY,
    sealed TEXT NOT NULL
);

-- Counts changes, so that servers which remember rows notice that another process changed them.
CREATE TABLE revisions (
    topic TEXT PRIMARY KEY,
    number BIGINT NOT NULL
);
INSERT INTO revisions (topic, number) VALUES ('clients', 0), ('signing_keys', 0);
