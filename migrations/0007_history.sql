-- Sessions that ended long ago are deleted, unless a sign-in in progress still names them.

CREATE INDEX interactions_by_session ON interactions (session_id) WHERE session_id IS NOT NULL;
