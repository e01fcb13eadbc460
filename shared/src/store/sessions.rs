//! Browsers in which somebody is signed in.

use super::row::{joined_row, read, row};
use super::{Result, StoreError, Tx, View, lock, run};
use crate::model::{Level, Session, SessionId, Timestamp, UserId};

row!(SessionRow {
    id: String,
    user_id: String,
    auth_time: i64,
    amr: String,
    acr: String,
    user_agent: Option<String>,
    address: Option<String>,
    created_at: i64,
    expires_at: i64,
});

impl TryFrom<SessionRow> for Session {
    type Error = StoreError;

    fn try_from(row: SessionRow) -> Result<Self> {
        Ok(Self {
            id: row.id.into(),
            user_id: row.user_id.into(),
            auth_time: Timestamp(row.auth_time),
            amr: row.amr,
            level: read("sessions", "acr", Level::parse(&row.acr))?,
            user_agent: row.user_agent,
            address: row.address,
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
        })
    }
}

row!(LastUse {
    seen_at: Option<i64>,
    entered_at: Option<i64>,
    last_refresh: Option<i64>,
});

joined_row!(UserSessionRow { session: SessionRow = "", last_use: LastUse = "" });

/// A session, as its owner looks at it.
#[derive(Debug, Clone)]
pub struct UserSession {
    /// The session.
    pub session: Session,
    /// When it last let an application in, an application that it let in last got new tokens,
    /// or its owner last looked at their account; else when they signed in.
    pub last_used_at: Timestamp,
}

impl View {
    /// The live sessions of a person, the newest first.
    pub async fn list_user_sessions(
        &mut self,
        user: &UserId,
        now: Timestamp,
    ) -> Result<Vec<UserSession>> {
        let rows: Vec<UserSessionRow> = run!(
            self,
            fetch_all,
            sqlx::query_as(
                "SELECT id, user_id, auth_time, amr, acr, user_agent, address, created_at,
                     expires_at, seen_at,
                     (SELECT MAX(created_at) FROM grants WHERE session_id = sessions.id)
                         AS entered_at,
                     (SELECT MAX(refresh_tokens.issued_at) FROM refresh_tokens
                         JOIN grants ON grants.id = refresh_tokens.grant_id
                         WHERE grants.session_id = sessions.id) AS last_refresh
                 FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2
                 ORDER BY auth_time DESC, id"
            )
            .bind(user.as_str())
            .bind(now.0)
        )?;
        let session = |row: UserSessionRow| {
            let session = Session::try_from(row.session)?;
            let LastUse { seen_at, entered_at, last_refresh } = row.last_use;
            let last = seen_at.max(entered_at).max(last_refresh).map(Timestamp);
            let last_used_at = last.unwrap_or(session.auth_time).max(session.auth_time);
            Ok(UserSession { session, last_used_at })
        };
        rows.into_iter().map(session).collect()
    }

    /// Whether the owner of a session looked at their account in it after a moment.
    pub async fn is_session_seen_since(
        &mut self,
        id: &SessionId,
        since: Timestamp,
    ) -> Result<bool> {
        let found: Option<i32> = run!(
            self,
            fetch_optional,
            sqlx::query_scalar("SELECT 1 FROM sessions WHERE id = $1 AND seen_at > $2")
                .bind(id.as_str())
                .bind(since.0)
        )?;
        Ok(found.is_some())
    }

    /// The live session whose cookie has this hash.
    pub async fn find_session(&mut self, hash: &str, now: Timestamp) -> Result<Option<Session>> {
        let row: Option<SessionRow> = run!(
            self,
            fetch_optional,
            sqlx::query_as(
                "SELECT id, user_id, auth_time, amr, acr, user_agent, address, created_at,
                     expires_at
                 FROM sessions WHERE token_hash = $1 AND ended_at IS NULL AND expires_at > $2"
            )
            .bind(hash)
            .bind(now.0)
        )?;
        row.map(Session::try_from).transpose()
    }
}

impl Tx {
    /// Adds a session.
    pub async fn add_session(&mut self, session: &Session, hash: &str) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query(
                "INSERT INTO sessions (id, token_hash, user_id, auth_time, amr, acr, created_at,
                     expires_at, user_agent, address)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
            )
            .bind(session.id.as_str())
            .bind(hash)
            .bind(session.user_id.as_str())
            .bind(session.auth_time.0)
            .bind(&session.amr)
            .bind(session.level.as_str())
            .bind(session.created_at.0)
            .bind(session.expires_at.0)
            .bind(&session.user_agent)
            .bind(&session.address)
        )?;
        Ok(())
    }

    /// Renews a live session of the same person after they proved again who they are:
    /// a new secret, a new `auth_time`, the same `sid`.
    pub async fn set_session_renewed(&mut self, session: &Session, hash: &str) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE sessions SET token_hash = $2, auth_time = $4, amr = $5, acr = $6,
                     expires_at = $7, user_agent = $8, address = $9
                 WHERE id = $1 AND user_id = $3 AND ended_at IS NULL"
            )
            .bind(session.id.as_str())
            .bind(hash)
            .bind(session.user_id.as_str())
            .bind(session.auth_time.0)
            .bind(&session.amr)
            .bind(session.level.as_str())
            .bind(session.expires_at.0)
            .bind(&session.user_agent)
            .bind(&session.address)
        )?;
        Ok(changed == 1)
    }

    /// Gives a live session of a person another secret; false if it is over.
    pub async fn set_session_secret(
        &mut self,
        user: &UserId,
        id: &SessionId,
        hash: &str,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE sessions SET token_hash = $3
                 WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $4"
            )
            .bind(id.as_str())
            .bind(user.as_str())
            .bind(hash)
            .bind(now.0)
        )?;
        Ok(changed == 1)
    }

    /// Takes note that the owner of a session looked at their account in it.
    pub async fn set_session_seen(&mut self, id: &SessionId, now: Timestamp) -> Result<()> {
        run!(
            self,
            execute,
            sqlx::query("UPDATE sessions SET seen_at = $2 WHERE id = $1")
                .bind(id.as_str())
                .bind(now.0)
        )?;
        Ok(())
    }

    /// Locks a session that is alive against being ended until this unit of work ends;
    /// false if it is over.
    ///
    /// Whatever ends what a person allowed (a password set anew, an operator, a sign-out)
    /// ends their sessions too, so who holds this lock cannot be passed by any of them.
    pub async fn lock_live_session(&mut self, id: &SessionId, now: Timestamp) -> Result<bool> {
        lock!(
            self,
            "SHARE",
            "SELECT 1 FROM sessions WHERE id = $1 AND ended_at IS NULL AND expires_at > $2",
            id.as_str(),
            now.0
        )
    }

    /// Locks a session that is alive for whoever is going to change it, until this unit of
    /// work ends; false if it is over.
    pub async fn lock_session_to_change(&mut self, id: &SessionId, now: Timestamp) -> Result<bool> {
        lock!(
            self,
            "NO KEY UPDATE",
            "SELECT 1 FROM sessions WHERE id = $1 AND ended_at IS NULL AND expires_at > $2",
            id.as_str(),
            now.0
        )
    }

    /// Ends a session; false if it had ended.
    pub async fn revoke_session(&mut self, id: &SessionId, now: Timestamp) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query("UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL")
                .bind(id.as_str())
                .bind(now.0)
        )?;
        Ok(changed == 1)
    }

    /// Ends all sessions of a person, also where they signed in as an operator, and gives the
    /// number of those in browsers.
    pub async fn revoke_user_sessions(&mut self, user: &UserId, now: Timestamp) -> Result<u64> {
        self.count_sign_out(user).await?;
        Ok(run!(
            self,
            execute,
            sqlx::query(
                "UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL"
            )
            .bind(user.as_str())
            .bind(now.0)
        )?)
    }

    /// Ends a live session of a person; false if they have none with this id.
    pub async fn revoke_user_session(
        &mut self,
        user: &UserId,
        id: &SessionId,
        now: Timestamp,
    ) -> Result<bool> {
        let changed = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE sessions SET ended_at = $3
                 WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $3"
            )
            .bind(id.as_str())
            .bind(user.as_str())
            .bind(now.0)
        )?;
        Ok(changed == 1)
    }

    /// Ends all live sessions of a person but one, also where they signed in as an operator, and
    /// gives the number of those in browsers.
    pub async fn revoke_other_sessions(
        &mut self,
        user: &UserId,
        keep: &SessionId,
        now: Timestamp,
    ) -> Result<u64> {
        self.count_sign_out(user).await?;
        Ok(run!(
            self,
            execute,
            sqlx::query(
                "UPDATE sessions SET ended_at = $3
                 WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL AND expires_at > $3"
            )
            .bind(user.as_str())
            .bind(keep.as_str())
            .bind(now.0)
        )?)
    }
}
