//! Looking through sessions, and ending them.

use super::{
    Find, Order, Page, Whose, With, beginning, moment_cursor, of_crowd, of_crowd_among_next,
    of_people, read_moment,
};
use crate::model::grant::RevocationReason;
use crate::model::{ClientId, Session, SessionId, Timestamp, UserId};
use crate::store::row::{row, to_json};
use crate::store::sessions::SessionRow;
use crate::store::{Result, Tx, View, run};

row!(Whom { username: String, ended_at: Option<i64> });

/// A session, as operators look at it.
#[derive(Debug, Clone)]
pub struct FoundSession {
    /// The session.
    pub session: Session,
    /// Who signed in.
    pub username: String,
    /// When it was ended before its time.
    pub ended_at: Option<Timestamp>,
}

impl TryFrom<With<SessionRow, Whom>> for FoundSession {
    type Error = crate::store::StoreError;

    fn try_from(With(session, whose): With<SessionRow, Whom>) -> Result<Self> {
        Ok(Self {
            session: Session::try_from(session)?,
            username: whose.username,
            ended_at: whose.ended_at.map(Timestamp),
        })
    }
}

/// A statement that gives sessions with whose they are.
macro_rules! select_sessions {
    ($($which:expr),+) => {
        concat!(
            "SELECT sessions.id AS id, user_id, auth_time, amr, acr, user_agent, address,
                 sessions.created_at AS created_at, expires_at, ended_at, username
             FROM sessions JOIN users ON users.id = user_id ",
            $($which),+
        )
    };
}

/// The live sessions after one, in either direction.
macro_rules! part_of_sessions {
    ($which:expr, $oldest_first:expr) => {
        if $oldest_first {
            select_sessions!(
                "WHERE ended_at IS NULL AND expires_at > $1 AND (auth_time, sessions.id) > ($2, $3)",
                $which,
                " ORDER BY auth_time, sessions.id LIMIT $4"
            )
        } else {
            select_sessions!(
                "WHERE ended_at IS NULL AND expires_at > $1 AND (auth_time, sessions.id) < ($2, $3)",
                $which,
                " ORDER BY auth_time DESC, sessions.id DESC LIMIT $4"
            )
        }
    };
}

/// Whose sessions are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionsOf {
    /// This one.
    One(SessionId),
    /// All of a person.
    User(UserId),
    /// All in which a client got tokens.
    Client(ClientId),
    /// All.
    All,
}

/// Which sessions a statement is about, of those that live at the moment that is the first
/// parameter: the second says whose. `$all` comes after the condition if it is everybody's.
macro_rules! for_each_kind {
    ($of:expr, $before:literal, $all:literal, $after:literal) => {
        match $of {
            SessionsOf::One(id) => (concat!($before, "sessions.id = $2", $after), id.as_str()),
            SessionsOf::User(id) => {
                (concat!($before, "sessions.user_id = $2", $after), id.as_str())
            }
            SessionsOf::Client(id) => (
                concat!(
                    $before,
                    "sessions.id IN (SELECT session_id FROM grants WHERE client_id = $2)",
                    $after
                ),
                id.as_str(),
            ),
            SessionsOf::All => (concat!($before, "$2 = ''", $all, $after), ""),
        }
    };
}

impl View {
    /// A part of the live sessions, the newest first unless it is wanted otherwise. The filter
    /// is a person, or `client:` with the client that got tokens in them, or a session's id.
    pub async fn find_sessions(
        &mut self,
        find: &Find,
        now: Timestamp,
    ) -> Result<Page<FoundSession>> {
        let oldest_first = matches!(find.order, Order::Reversed | Order::Oldest);
        let after = read_moment(find.after.as_deref(), !oldest_first);
        let limit = find.limit.saturating_add(1);
        let probe = of_crowd_among_next!(
            "sessions",
            "auth_time",
            "id",
            "ended_at IS NULL AND expires_at > $5 AND ",
            oldest_first
        );
        let whose = self.whose_of_next(&find.filter, probe, (&after, limit), Some(now)).await?;
        let (at, id) = after;
        let (statement, value) = match whose {
            Whose::All => (part_of_sessions!("", oldest_first), None),
            Whose::User(id) => (part_of_sessions!(" AND user_id = $5", oldest_first), Some(id)),
            Whose::People(start) => {
                (part_of_sessions!(of_people!("$5"), oldest_first), Some(start))
            }
            Whose::Crowd(start) => {
                (part_of_sessions!(of_crowd!("$5"), oldest_first), Some(beginning(&start)))
            }
            Whose::Client(id) => (
                part_of_sessions!(
                    " AND sessions.id IN (SELECT session_id FROM grants WHERE client_id = $5)",
                    oldest_first
                ),
                Some(id),
            ),
            Whose::Session(id) | Whose::One(id) => {
                (part_of_sessions!(" AND sessions.id = $5", oldest_first), Some(id))
            }
        };
        let rows: Vec<With<SessionRow, Whom>> = match value {
            None => run!(
                self,
                fetch_all,
                sqlx::query_as(statement).bind(now.0).bind(at).bind(&id).bind(limit)
            ),
            Some(value) => run!(
                self,
                fetch_all,
                sqlx::query_as(statement).bind(now.0).bind(at).bind(&id).bind(limit).bind(&value)
            ),
        }?;
        let found = rows.into_iter().map(FoundSession::try_from).collect::<Result<Vec<_>>>()?;
        Ok(Page::cut(found, find.limit, |found| {
            moment_cursor(found.session.auth_time, found.session.id.as_str())
        }))
    }

    /// The session with this id, dead or alive.
    pub async fn find_any_session(&mut self, id: &SessionId) -> Result<Option<FoundSession>> {
        let row: Option<With<SessionRow, Whom>> = run!(
            self,
            fetch_optional,
            sqlx::query_as(select_sessions!("WHERE sessions.id = $1")).bind(id.as_str())
        )?;
        row.map(FoundSession::try_from).transpose()
    }

    /// How many live sessions are meant, and how many live token families end with them.
    pub async fn count_sessions_of(
        &mut self,
        of: &SessionsOf,
        now: Timestamp,
    ) -> Result<(u64, u64)> {
        let (statement, id) = for_each_kind!(
            of,
            "SELECT COUNT(*) FROM sessions WHERE ended_at IS NULL AND expires_at > $1 AND ",
            "",
            ""
        );
        let sessions: i64 =
            run!(self, fetch_one, sqlx::query_scalar(statement).bind(now.0).bind(id))?;
        let (statement, id) = for_each_kind!(
            of,
            "SELECT COUNT(*) FROM grants JOIN sessions ON sessions.id = session_id
             WHERE revoked_at IS NULL AND NOT outlives_session AND grants.expires_at > $1
                 AND ended_at IS NULL AND sessions.expires_at > $1 AND ",
            "",
            ""
        );
        let grants: i64 =
            run!(self, fetch_one, sqlx::query_scalar(statement).bind(now.0).bind(id))?;
        Ok((u64::try_from(sessions).unwrap_or(0), u64::try_from(grants).unwrap_or(0)))
    }
}

impl Tx {
    /// Ends live sessions, at most `limit`, with the token families that do not outlive them, and
    /// gives the numbers of both.
    pub async fn revoke_sessions_of(
        &mut self,
        of: &SessionsOf,
        now: Timestamp,
        limit: i64,
    ) -> Result<(u64, u64)> {
        if let SessionsOf::User(user) = of {
            self.count_sign_out(user).await?;
        }
        let (statement, id) = for_each_kind!(
            of,
            "UPDATE sessions SET ended_at = $1 WHERE id IN (SELECT id FROM sessions
                 WHERE ended_at IS NULL AND expires_at > $1 AND ",
            // In the order of an index, which those that were ended have left.
            " ORDER BY auth_time DESC, id DESC",
            " LIMIT $3) RETURNING id"
        );
        let sessions: Vec<String> =
            run!(self, fetch_all, sqlx::query_scalar(statement).bind(now.0).bind(id).bind(limit))?;
        let reason = RevocationReason::SessionEnded.as_str();
        let grants = run!(
            self,
            execute,
            sqlx::query(
                "UPDATE grants SET revoked_at = $1, revocation_reason = $2
                 WHERE revoked_at IS NULL AND NOT outlives_session
                     AND session_id IN (SELECT value FROM json_each($3))"
            )
            .bind(now.0)
            .bind(reason)
            .bind(to_json(&sessions)?),
            sqlx::query(
                "UPDATE grants SET revoked_at = $1, revocation_reason = $2
                 WHERE revoked_at IS NULL AND NOT outlives_session AND session_id = ANY($3)"
            )
            .bind(now.0)
            .bind(reason)
            .bind(&sessions)
        )?;
        Ok((u64::try_from(sessions.len()).unwrap_or(0), grants))
    }
}
