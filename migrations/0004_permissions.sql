-- APIs with permissions, scopes that stand for them, roles that bundle them, groups that have
-- roles; what people said to applications, over time; versions, so that no edit is lost.

-- What tokens can be for.
CREATE TABLE apis (
    id TEXT PRIMARY KEY,
    -- Its absolute URI: the `aud` of its tokens and the `resource` of requests (RFC 8707).
    identifier TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    -- Whether its tokens say which roles and permissions are behind them.
    tells_roles BOOLEAN NOT NULL,
    tells_permissions BOOLEAN NOT NULL,
    -- Of this server itself: nobody changes or deletes it.
    built_in BOOLEAN NOT NULL DEFAULT FALSE,
    disabled_at BIGINT,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- What can be done at an API.
CREATE TABLE permissions (
    id TEXT PRIMARY KEY,
    api_id TEXT NOT NULL REFERENCES apis (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    UNIQUE (api_id, name)
);

-- What applications ask for at an API. A scope is of one API, so that its name in a token
-- means one thing.
CREATE TABLE api_scopes (
    name TEXT PRIMARY KEY,
    api_id TEXT NOT NULL REFERENCES apis (id),
    -- What people read on the consent page.
    description TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX api_scopes_by_api ON api_scopes (api_id, name);

-- A scope is given to whoever has all of its permissions.
CREATE TABLE scope_permissions (
    scope TEXT NOT NULL REFERENCES api_scopes (name),
    permission_id TEXT NOT NULL REFERENCES permissions (id),
    PRIMARY KEY (scope, permission_id)
);
CREATE INDEX scope_permissions_by_permission ON scope_permissions (permission_id);

ALTER TABLE roles ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE roles ADD COLUMN built_in BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE roles ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE roles ADD COLUMN updated_at BIGINT NOT NULL DEFAULT 0;
UPDATE roles SET updated_at = created_at;

CREATE TABLE role_permissions (
    role_id TEXT NOT NULL REFERENCES roles (id),
    permission_id TEXT NOT NULL REFERENCES permissions (id),
    PRIMARY KEY (role_id, permission_id)
);
CREATE INDEX role_permissions_by_permission ON role_permissions (permission_id);

-- Services have roles as people do.
CREATE TABLE client_roles (
    client_id TEXT NOT NULL REFERENCES clients (id),
    role_id TEXT NOT NULL REFERENCES roles (id),
    PRIMARY KEY (client_id, role_id)
);
CREATE INDEX client_roles_by_role ON client_roles (role_id);

-- People and services that have the same roles.
CREATE TABLE user_groups (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL,
    version BIGINT NOT NULL DEFAULT 1,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE TABLE group_users (
    group_id TEXT NOT NULL REFERENCES user_groups (id),
    user_id TEXT NOT NULL REFERENCES users (id),
    PRIMARY KEY (group_id, user_id)
);
CREATE INDEX group_users_by_user ON group_users (user_id);
CREATE TABLE group_clients (
    group_id TEXT NOT NULL REFERENCES user_groups (id),
    client_id TEXT NOT NULL REFERENCES clients (id),
    PRIMARY KEY (group_id, client_id)
);
CREATE INDEX group_clients_by_client ON group_clients (client_id);
CREATE TABLE group_roles (
    group_id TEXT NOT NULL REFERENCES user_groups (id),
    role_id TEXT NOT NULL REFERENCES roles (id),
    PRIMARY KEY (group_id, role_id)
);
CREATE INDEX group_roles_by_role ON group_roles (role_id);

ALTER TABLE users ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE clients ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
INSERT INTO revisions (topic, number) VALUES ('apis', 0);

-- What people said to applications, or others took back for them.
CREATE TABLE consent_changes (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    -- granted, widened, denied or withdrawn
    change TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    -- What it is about: what was newly allowed, denied or taken back.
    scope TEXT NOT NULL,
    -- JSON list of the words that stood on the page.
    words TEXT NOT NULL
);
CREATE INDEX consent_changes_by_user ON consent_changes (user_id, client_id, id);
CREATE INDEX consent_changes_by_client ON consent_changes (client_id, id);

-- What operators look through.
CREATE INDEX sessions_by_auth_time ON sessions (auth_time, id);
CREATE INDEX grants_by_time ON grants (created_at, id);
CREATE INDEX clients_by_name ON clients (name, id);
CREATE INDEX users_by_time ON users (created_at, id);
CREATE INDEX audit_events_by_client ON audit_events (client_id, at);
CREATE INDEX audit_events_by_session ON audit_events (session_id);
CREATE INDEX audit_events_by_grant ON audit_events (grant_id);
CREATE INDEX audit_events_by_action ON audit_events (action, at);

-- This server itself is an API: what operators may do are permissions like any others.
INSERT INTO apis (id, identifier, name, tells_roles, tells_permissions, built_in, created_at, updated_at)
VALUES ('signet', 'urn:signet:admin', 'Signet itself', FALSE, TRUE, TRUE, 0, 0);
INSERT INTO permissions (id, api_id, name, description, created_at) VALUES
    ('signet:users.read', 'signet', 'users.read', 'See people', 0),
    ('signet:users.write', 'signet', 'users.write', 'Add, change and delete people', 0),
    ('signet:users.support', 'signet', 'users.support', 'Help people who cannot sign in', 0),
    ('signet:clients.read', 'signet', 'clients.read', 'See applications', 0),
    ('signet:clients.write', 'signet', 'clients.write', 'Add, change and delete applications', 0),
    ('signet:roles.read', 'signet', 'roles.read', 'See APIs, permissions, roles and groups', 0),
    ('signet:roles.write', 'signet', 'roles.write', 'Change APIs, permissions, roles and groups', 0),
    ('signet:sessions.read', 'signet', 'sessions.read', 'See sessions and token families', 0),
    ('signet:sessions.end', 'signet', 'sessions.end', 'End sessions and token families', 0),
    ('signet:consents.read', 'signet', 'consents.read', 'See what people allowed', 0),
    ('signet:consents.withdraw', 'signet', 'consents.withdraw', 'Withdraw what people allowed', 0),
    ('signet:keys.read', 'signet', 'keys.read', 'See signing keys', 0),
    ('signet:keys.write', 'signet', 'keys.write', 'Rotate and revoke signing keys', 0),
    ('signet:audit.read', 'signet', 'audit.read', 'See what happened, and why', 0);
-- A role of such a name that was there before is somebody else's idea of it.
UPDATE roles SET name = name || ' (before)' WHERE name IN ('administrator', 'support', 'read-only');
INSERT INTO roles (id, name, mfa, created_at, updated_at, description, built_in) VALUES
    ('signet:administrator', 'administrator', 'required', 0, 0, 'Operators who may do everything', TRUE),
    ('signet:support', 'support', 'required', 0, 0, 'Operators who see everything and help people', TRUE),
    ('signet:read-only', 'read-only', 'required', 0, 0, 'Operators who see everything', TRUE);
INSERT INTO role_permissions (role_id, permission_id)
SELECT 'signet:administrator', id FROM permissions WHERE api_id = 'signet';
INSERT INTO role_permissions (role_id, permission_id)
SELECT 'signet:support', id FROM permissions WHERE api_id = 'signet' AND (name LIKE '%.read'
    OR name IN ('users.support', 'sessions.end', 'consents.withdraw'));
INSERT INTO role_permissions (role_id, permission_id)
SELECT 'signet:read-only', id FROM permissions WHERE api_id = 'signet' AND name LIKE '%.read';
