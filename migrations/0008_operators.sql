-- How often everything was ended that a person was signed in to, consoles too: whoever signed
-- in at one before is out, whatever the clocks of the servers say.
ALTER TABLE users ADD COLUMN sign_outs BIGINT NOT NULL DEFAULT 0;

-- Lists that operators page through, in the order in which they are shown.
DROP INDEX sessions_by_auth_time;
CREATE INDEX sessions_by_auth_time ON sessions (auth_time, id) WHERE ended_at IS NULL;
DROP INDEX grants_by_client;
CREATE INDEX grants_by_client ON grants (client_id, created_at, id);
CREATE INDEX consents_by_time ON consents (updated_at, (user_id || ' ' || client_id));
DROP INDEX consents_by_client;
CREATE INDEX consents_by_client
    ON consents (client_id, updated_at, (user_id || ' ' || client_id));
DROP INDEX audit_events_by_time;
CREATE INDEX audit_events_by_time ON audit_events (at, action);
CREATE INDEX audit_events_by_address ON audit_events (address, at) WHERE address IS NOT NULL;
