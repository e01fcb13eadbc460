-- Second factors, what failing slows down, remembered browsers, roles with a policy,
-- sign-ins for this server's own pages.

-- What people have beside a password.
CREATE TABLE factors (
    id TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    -- totp, passkey or security-key
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    -- The seed of an application that makes codes, sealed.
    sealed_seed TEXT,
    -- The last of its periods (30 seconds each since the Unix epoch) whose code was accepted.
    last_period BIGINT,
    -- The id of a key, in base64url, and as JSON what is known of it.
    credential_id TEXT UNIQUE,
    credential TEXT,
    -- How often the key says that it has signed.
    sign_count BIGINT,
    created_at BIGINT NOT NULL,
    last_used_at BIGINT
);
CREATE INDEX factors_by_user ON factors (user_id);

CREATE TABLE recovery_codes (
    -- SHA-256 of 120 random bits.
    code_hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX recovery_codes_by_user ON recovery_codes (user_id);

-- What a browser was asked and may answer once.
CREATE TABLE challenges (
    id TEXT PRIMARY KEY,
    -- What the answer is for, and in which browser.
    purpose TEXT NOT NULL,
    browser_hash TEXT NOT NULL,
    -- What is needed to check the answer, sealed.
    sealed_state TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX challenges_by_expiry ON challenges (expires_at);

-- Failures to sign in, by what was tried and where from.
CREATE TABLE throttles (
    key TEXT PRIMARY KEY,
    failures BIGINT NOT NULL,
    last_failed_at BIGINT NOT NULL
);
CREATE INDEX throttles_by_time ON throttles (last_failed_at);

-- Browsers in which a person wished not to be asked for a second factor.
CREATE TABLE remembered_browsers (
    -- SHA-256 of the device cookie's secret.
    device_hash TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id),
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (device_hash, user_id)
);
CREATE INDEX remembered_browsers_by_user ON remembered_browsers (user_id);
CREATE INDEX remembered_browsers_by_expiry ON remembered_browsers (expires_at);

CREATE TABLE roles (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- off, optional or required; NULL says nothing about second factors.
    mfa TEXT,
    created_at BIGINT NOT NULL
);
CREATE TABLE user_roles (
    user_id TEXT NOT NULL REFERENCES users (id),
    role_id TEXT NOT NULL REFERENCES roles (id),
    PRIMARY KEY (user_id, role_id)
);
CREATE INDEX user_roles_by_role ON user_roles (role_id);

-- off, optional or required; NULL is as the settings say.
ALTER TABLE clients ADD COLUMN mfa TEXT;
-- JSON lists of its applications, which may use passkeys for this server's address: package
-- name and SHA-256 of the signing certificate; team and bundle id.
ALTER TABLE clients ADD COLUMN android_apps TEXT NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN apple_apps TEXT NOT NULL DEFAULT '[]';

-- The browser and the network address in which somebody signed in.
ALTER TABLE sessions ADD COLUMN user_agent TEXT;
ALTER TABLE sessions ADD COLUMN address TEXT;

-- People look at what happened to them.
CREATE INDEX audit_events_by_user ON audit_events (user_id, at);

-- Without a client, a sign-in is for this server's own pages. Those in progress begin anew.
DROP TABLE interactions;
CREATE TABLE interactions (
    id TEXT PRIMARY KEY,
    -- SHA-256 of the browser's secret; NULL until the first browser comes with it.
    browser_hash TEXT,
    client_id TEXT REFERENCES clients (id),
    request TEXT NOT NULL,
    session_id TEXT REFERENCES sessions (id),
    -- What was said on the consent page, and in which session.
    consent TEXT,
    consent_session_id TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX interactions_by_expiry ON interactions (expires_at);
CREATE INDEX interactions_by_client ON interactions (client_id);
