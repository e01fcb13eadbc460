-- How often everything was ended that a person was signed in to, consoles too: whoever signed
-- in at one before is out, whatever the clocks of the servers say.
ALTER TABLE users ADD COLUMN sign_outs BIGINT NOT NULL DEFAULT 0;
